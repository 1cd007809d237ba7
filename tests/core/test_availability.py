"""An outage is one line in the log, and its end another, however many notice it how often."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from callbacks.core import availability, boot_clock


@pytest.fixture
def thing():
    return availability.Availability("thing")


def events(caplog):
    return [record.msg["event"] for record in caplog.records]


def test_an_outage_is_said_once_by_many_threads(thing, caplog):
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(thing.failed, [OSError("secret")] * 100))
        list(pool.map(lambda _: thing.recovered(), range(100)))
    assert events(caplog) == ["thing_away", "thing_back"]
    assert "secret" not in caplog.text


def test_all_well_is_not_worth_a_word(thing, caplog):
    thing.recovered()
    assert events(caplog) == []


def test_what_comes_and_goes_is_said_once_a_minute(thing, caplog, monkeypatch):
    now = [1000.0]
    monkeypatch.setattr(boot_clock, "now", lambda: now[0])
    for _ in range(5):
        thing.failed(OSError())
        thing.recovered()
        now[0] += 1
    assert events(caplog) == ["thing_away", "thing_back"]
    now[0] += availability.QUIET_SECONDS
    thing.failed(OSError())
    assert events(caplog) == ["thing_away", "thing_back", "thing_away"]


def test_an_outage_that_begins_within_the_quiet_minute_is_told_once_that_is_over(
    thing, caplog, monkeypatch
):
    now = [1000.0]
    monkeypatch.setattr(boot_clock, "now", lambda: now[0])
    thing.failed(OSError())
    thing.recovered()
    thing.failed(OSError())
    assert events(caplog) == ["thing_away", "thing_back"]
    now[0] += availability.QUIET_SECONDS
    for _ in range(3):
        thing.failed(OSError())
    thing.recovered()
    assert events(caplog) == ["thing_away", "thing_back", "thing_away", "thing_back"]
