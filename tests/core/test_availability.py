"""An outage is one line in the log, and its end another, however many notice it how often."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from callbacks.core import availability


@pytest.fixture
def thing():
    return availability.Outage("thing")


def events(caplog):
    return [record.msg["event"] for record in caplog.records]


def test_it_is_said_once_by_many_threads(thing, caplog):
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(thing.goes_on, [OSError("secret")] * 100))
        list(pool.map(lambda _: thing.is_over(), range(100)))
    assert events(caplog) == ["thing_away", "thing_back"]
    assert "secret" not in caplog.text


def test_all_well_is_not_worth_a_word(thing, caplog):
    thing.is_over()
    assert events(caplog) == []


def test_what_comes_and_goes_is_said_once_a_minute(thing, caplog, monkeypatch):
    now = [1000.0]
    monkeypatch.setattr(availability.time, "monotonic", lambda: now[0])
    for _ in range(5):
        thing.goes_on(OSError())
        thing.is_over()
        now[0] += 1
    assert events(caplog) == ["thing_away", "thing_back"]
    now[0] += availability.QUIET_SECONDS
    thing.goes_on(OSError())
    assert events(caplog) == ["thing_away", "thing_back", "thing_away"]
