"""A worker that is told to end finishes the call in hand, and leaves the rest to a message."""

from types import SimpleNamespace

import pytest
from huey.contrib.djhuey import HUEY

from callbacks.dispatch import PlaceResult
from callbacks.worker import tasks


@pytest.fixture
def turns(monkeypatch):
    """What `place_next` was asked for, of five calls that wait; and what was sent."""
    seen = SimpleNamespace(placed=0, sent=0)

    def place():
        seen.placed += 1
        return PlaceResult.WORKED if seen.placed <= 5 else PlaceResult.IDLE

    def notify_workers():
        seen.sent += 1

    monkeypatch.setattr(tasks, "place_next", place)
    monkeypatch.setattr(tasks, "notify_workers", notify_workers)
    return seen


def consumer():
    return HUEY.create_consumer(workers=1, worker_type="thread")


def test_a_worker_goes_on_until_nothing_is_due(turns, monkeypatch):
    monkeypatch.setattr(HUEY, "_consumer", None)
    consumer()
    tasks.work.call_local()
    assert (turns.placed, turns.sent) == (6, 0)


def test_a_worker_stops_when_its_process_is_told_to_end(turns, monkeypatch):
    monkeypatch.setattr(HUEY, "_consumer", None)
    consumer().stop_flag.set()
    tasks.work.call_local()
    assert (turns.placed, turns.sent) == (1, 1)


def test_now_and_then_it_lets_other_messages_pass(turns, monkeypatch):
    monkeypatch.setattr(HUEY, "_consumer", None)
    monkeypatch.setattr(tasks, "LONGEST_RUN_SECONDS", -1)
    tasks.work.call_local()
    assert (turns.placed, turns.sent) == (1, 1)
