"""A turn is one thread's at a time, goes to whoever has used it last, and is never lost."""

import threading
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace

import pytest

from callbacks.worker import last_used_first_lock as module
from callbacks.worker.last_used_first_lock import LastUsedFirstLock

PATIENCE = 20


@pytest.fixture
def waits(monkeypatch):
    """Released each time that a thread begins to wait for a turn."""
    waits = threading.Semaphore(0)

    class Telling(threading.Event):
        def wait(self, timeout=None):
            waits.release()
            return super().wait(timeout)

    events_are(monkeypatch, Telling)
    return waits


def events_are(monkeypatch, kind):
    """Only there: threads themselves are made of events."""
    primitives = SimpleNamespace(Lock=threading.Lock, local=threading.local, Event=kind)
    monkeypatch.setattr(module, "threading", primitives)


@pytest.fixture
def threads():
    """Three, each of which does one thing after the other."""
    pools = [ThreadPoolExecutor(1) for _ in range(3)]
    yield pools
    for pool in pools:
        pool.shutdown()


def test_the_lock_is_one_threads_at_a_time():
    turn = LastUsedFirstLock()
    assert turn.take(0)
    assert not turn.take(0)
    turn.release()
    assert turn.take(0)


def test_one_that_waits_gets_it_and_has_it_alone(waits, threads):
    turn = LastUsedFirstLock()
    assert turn.take(0)
    follower = threads[0].submit(turn.take, PATIENCE)
    assert waits.acquire(timeout=PATIENCE)
    assert not follower.done()
    turn.release()
    assert follower.result(PATIENCE)
    assert not turn.take(0)
    turn.release()
    assert turn.take(0)


def test_of_those_that_wait_the_one_that_used_it_last_comes_next(waits, threads):
    turn, came = LastUsedFirstLock(), []

    def have(name, is_used):
        assert turn.take(PATIENCE)
        came.append(name)
        if is_used:
            turn.used()
        turn.release()

    first, second, idle = threads
    for name, thread in (("first", first), ("second", second), ("idle", idle)):
        thread.submit(have, name, name != "idle").result(PATIENCE)
    came.clear()
    assert turn.take(0)
    following = []
    for name, thread in (("idle", idle), ("second", second), ("first", first)):
        following.append(thread.submit(have, name, False))
        assert waits.acquire(timeout=PATIENCE)
    turn.release()
    for one in following:
        one.result(PATIENCE)
    assert came == ["second", "first", "idle"]


def test_one_that_waited_in_vain_leaves_nothing_behind():
    turn = LastUsedFirstLock()
    assert turn.take(0)
    assert turn.take(0.01) is False
    turn.release()  # or this would be to nobody
    assert turn.take(0)


def test_one_that_comes_at_the_end_of_the_wait_is_not_lost(monkeypatch):
    class Late(threading.Event):
        def wait(self, timeout=None):
            turn.release()
            return False

    events_are(monkeypatch, Late)
    turn = LastUsedFirstLock()
    assert turn.take(0)
    assert turn.take(PATIENCE), "it was handed over, although the wait did not notice"
    turn.release()
    assert turn.take(0)
