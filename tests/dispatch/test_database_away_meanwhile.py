"""An answer that cannot be recorded waits for the database, for an hour and not for a mistake."""

from collections.abc import Callable, Iterator
from types import SimpleNamespace

import pytest
from django.db import IntegrityError, OperationalError

from callbacks.core import availability
from callbacks.dispatch import PlaceResult, place_call, place_next, record
from tests.support.call_service.fake_api import FakeApi
from tests.support.factories import make_request

pytestmark = pytest.mark.django_db

Place = Callable[[Callable[[], None]], None]


@pytest.fixture
def waits(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[float]]:
    """The waits between two tries; no time passes but these."""
    waited: list[float] = []
    fake = SimpleNamespace(monotonic=lambda: 1000 + sum(waited), sleep=waited.append)
    monkeypatch.setattr(place_call, "time", fake)
    monkeypatch.setattr(place_call, "close_old_connections", lambda: None)
    availability.database.forget()
    yield waited
    availability.database.forget()


@pytest.fixture
def place(monkeypatch):
    """Place a call, whose answer `write` records."""

    def placed(write):
        make_request()
        monkeypatch.setattr(record, "accepted", lambda claim, answer: write())
        assert place_next(FakeApi()) is PlaceResult.WORKED

    return placed


def test_it_waits_longer_each_time_and_gives_up_after_an_hour(
    waits: list[float], place: Place
) -> None:
    def away() -> None:
        raise OperationalError

    with pytest.raises(OperationalError):
        place(away)
    assert waits[:6] == pytest.approx([0.1, 0.2, 0.4, 0.8, 1.6, 2.0])
    assert max(waits) == 2.0
    assert 3590 < sum(waits) <= 3600
    assert availability.database.is_away


def test_it_is_written_once_when_the_database_is_back(waits: list[float], place: Place) -> None:
    written, seen = [], []

    def write() -> None:
        seen.append(availability.database.is_away)
        if len(seen) < 3:
            raise OperationalError
        written.append(1)

    place(write)
    assert (written, seen) == ([1], [False, True, True])
    assert waits == pytest.approx([0.1, 0.2])
    assert not availability.database.is_away


def test_each_try_begins_with_a_connection_that_works(
    waits: list[float], place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    closed: list[int] = []
    monkeypatch.setattr(place_call, "close_old_connections", lambda: closed.append(len(waits)))

    def write() -> None:
        if len(waits) < 2:
            raise OperationalError

    place(write)
    assert closed == [1, 2]


def test_a_mistake_of_ours_is_raised_at_once(waits: list[float], place: Place) -> None:
    def mistaken() -> None:
        raise IntegrityError

    with pytest.raises(IntegrityError):
        place(mistaken)
    assert waits == []
