"""While PostgreSQL looks for a request, a worker rehearses its claim."""

import pytest
from django.db import connection
from psycopg.pq import TransactionStatus

from callbacks.core import database
from callbacks.dispatch import PlaceResult, begin_attempt, call_switch, claim, place_next, rehearsal
from callbacks.dispatch.rehearsal import Rehearsal
from tests.support.call_service.fake_api import FakeApi
from tests.support.factories import make_request

pytestmark = [pytest.mark.postgresql, pytest.mark.django_db(transaction=True)]


@pytest.fixture(autouse=True)
def later(monkeypatch):
    """A clock that stands, and a function that moves it on by some seconds."""
    at = [1000.0]
    monkeypatch.setattr(rehearsal.time, "monotonic", lambda: at[0])
    monkeypatch.setattr(claim._rehearsal, "_known_until", 0.0)

    def move(seconds: float) -> None:
        at[0] += seconds

    return move


@pytest.fixture
def states(monkeypatch):
    """What the connection was doing at each rehearsal."""
    states = []

    def rehearse(call_request):
        states.append((call_request.pk, connection.connection.pgconn.transaction_status))
        raise ZeroDivisionError  # what goes wrong there is of no importance

    monkeypatch.setattr(begin_attempt, "rehearse", rehearse)
    return states


def test_it_is_rehearsed_while_the_database_looks_for_a_request(states):
    call_request = make_request()
    assert place_next(FakeApi()) is PlaceResult.WORKED
    assert states == [(0, TransactionStatus.ACTIVE)]
    assert call_request.attempts.count() == 1


def test_only_a_process_that_has_not_claimed_for_a_while_rehearses(states, later):
    call_switch.current()  # its row is there from the first call on
    for seconds, rehearsals in ((0, 1), (0, 1), (0.01, 1), (rehearsal.KNOWN_FOR_SECONDS + 0.01, 2)):
        later(seconds)
        make_request()
        assert place_next(FakeApi()) is PlaceResult.WORKED
        assert len(states) == rehearsals


def test_where_nothing_is_due_it_was_not_done(states):
    assert place_next(FakeApi()) is PlaceResult.IDLE
    assert place_next(FakeApi()) is PlaceResult.IDLE
    assert len(states) == 2


def test_all_of_it_is_rehearsed_and_the_database_is_asked_nothing(
    django_assert_num_queries, monkeypatch
):
    made, really = [], database.as_text
    monkeypatch.setattr(database, "as_text", lambda *parts: made.append(really(*parts)))
    connection.ensure_connection()
    with django_assert_num_queries(0):
        claim._rehearse()
    [statement] = made
    assert begin_attempt.CLAIM.function in statement.sql


def test_whatever_goes_wrong_is_of_no_importance():
    Rehearsal(lambda: 1 / 0)()
