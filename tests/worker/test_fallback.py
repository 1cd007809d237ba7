"""The housekeeping process places calls by itself when no worker does, and only then."""

import threading
import time
from datetime import timedelta

import pytest

from callbacks.core import clock
from callbacks.dispatch import PlaceResult
from callbacks.worker import fallback, tasks
from callbacks.worker.fallback import Fallback
from callbacks.worker.housekeeping import HousekeepingReport, run_round
from tests.support.factories import make_request

pytestmark = pytest.mark.django_db


@pytest.fixture
def standing_in(monkeypatch):
    """A fallback, and for each of its turns what it came to (idle in the end)."""
    turns = []

    def place_next():
        turns.append(threading.current_thread().name)
        return PlaceResult.WORKED if len(turns) < 3 else PlaceResult.IDLE

    monkeypatch.setattr(fallback, "place_next", place_next)
    monkeypatch.setattr(fallback, "close_old_connections", lambda: None)
    one = Fallback()
    yield one, turns
    one.end()


def done(one):
    for work in one._at_work:
        work.result(timeout=10)


def test_the_fallback_places_what_nobody_could_be_woken_for(standing_in):
    one, turns = standing_in
    one.look_at(HousekeepingReport(ready=1, unwoken=1))
    done(one)
    assert len(turns) == 3
    assert all(name.startswith("fallback") for name in turns)


def test_the_fallback_leaves_to_the_workers_what_they_were_told_of(standing_in):
    one, turns = standing_in
    one.look_at(HousekeepingReport(ready=3, woken=3))
    done(one)
    assert turns == []


def test_the_fallback_places_what_the_workers_do_not_come_for(standing_in, monkeypatch):
    one, turns = standing_in
    now = [time.monotonic()]
    monkeypatch.setattr(fallback.time, "monotonic", lambda: now[0])
    one.look_at(HousekeepingReport(ready=1, woken=1))
    now[0] += fallback.NOBODY_COMES_SECONDS + 1
    one.look_at(HousekeepingReport(ready=1, woken=1))
    done(one)
    assert len(turns) == 3


def test_workers_that_come_late_are_left_alone(standing_in, monkeypatch):
    one, turns = standing_in
    now = [time.monotonic()]
    monkeypatch.setattr(fallback.time, "monotonic", lambda: now[0])
    for ready in (1, 0, 1, 0, 1):
        one.look_at(HousekeepingReport(ready=ready, woken=ready))
        now[0] += fallback.NOBODY_COMES_SECONDS - 1
    done(one)
    assert turns == []


def test_the_call_in_hand_is_finished_and_no_other_begun(monkeypatch):
    in_a_call, go_on, finished = threading.Event(), threading.Event(), []

    def place_next():
        in_a_call.set()
        assert go_on.wait(10)
        finished.append(1)
        return PlaceResult.WORKED

    monkeypatch.setattr(fallback, "place_next", place_next)
    monkeypatch.setattr(fallback, "close_old_connections", lambda: None)
    one = Fallback()
    one.look_at(HousekeepingReport(ready=1, unwoken=1))
    assert in_a_call.wait(10)
    ending = threading.Thread(target=one.end)
    ending.start()
    assert one._is_ending.wait(10)
    go_on.set()
    ending.join(10)
    assert not ending.is_alive()
    assert finished == [1]


def test_an_unforeseen_error_is_logged_and_does_not_stop_it(monkeypatch, caplog):
    def broken():
        raise RuntimeError("a mistake")

    monkeypatch.setattr(fallback, "place_next", broken)
    monkeypatch.setattr(fallback, "close_old_connections", lambda: None)
    one = Fallback()
    one.look_at(HousekeepingReport(ready=1, unwoken=1))
    done(one)
    one.end()
    assert "fallback_failed" in caplog.text


def test_housekeeping_says_what_it_could_tell_nobody(monkeypatch):
    monkeypatch.setattr(tasks, "send", lambda *args: False)
    monkeypatch.setattr(tasks, "waiting", lambda: 0)
    make_request()
    make_request(due_at=clock.now() + timedelta(minutes=1))
    report = run_round()
    assert (report.ready, report.woken, report.unwoken) == (1, 0, 1)
