"""A few threads of a process are at the database at once, and nobody waits for that for long."""

import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager

import pytest

from callbacks.dispatch import database_slots
from callbacks.dispatch.database_slots import MOST, slot

PATIENCE = 20


class Telling:
    """The places; `waits` is set once somebody finds none."""

    def __init__(self, places):
        self.places, self.waits = places, threading.Event()
        self.release = places.release

    def acquire(self, timeout):
        if self.places.acquire(blocking=False):
            return True
        self.waits.set()
        return self.places.acquire(timeout=timeout)


@contextmanager
def inside(count):
    """So many of them."""
    with ExitStack() as stack:
        for _ in range(count):
            stack.enter_context(slot())
        yield


def free_places():
    """How many there are."""
    taken = 0
    while database_slots._places.acquire(blocking=False):
        taken += 1
    for _ in range(taken):
        database_slots._places.release()
    return taken


def test_one_more_waits_until_somebody_goes_out(monkeypatch):
    places = Telling(database_slots._places)
    monkeypatch.setattr(database_slots, "_places", places)
    monkeypatch.setattr(database_slots, "LONGEST_WAIT_SECONDS", PATIENCE)
    is_inside = threading.Event()

    def go_in():
        with slot():
            is_inside.set()

    with inside(MOST - 1), ThreadPoolExecutor(1) as pool:
        with slot():
            assert not places.waits.is_set()
            one_more = pool.submit(go_in)
            assert places.waits.wait(PATIENCE / 2)
            assert not is_inside.is_set()
        one_more.result(PATIENCE / 2)
    assert is_inside.is_set()


def test_nobody_waits_for_longer_than_a_moment(monkeypatch):
    monkeypatch.setattr(database_slots, "LONGEST_WAIT_SECONDS", 0.01)
    with inside(MOST):
        with slot():
            pass
        assert free_places() == 0, "a place was given back that it never had"
    assert free_places() == MOST


def test_who_fails_inside_gives_the_place_back():
    with pytest.raises(ZeroDivisionError), slot():
        raise ZeroDivisionError
    assert free_places() == MOST


def test_a_slot_may_be_given_back_before_the_block_ends():
    with slot() as give_back:
        assert free_places() == MOST - 1
        give_back()
        assert free_places() == MOST
    assert free_places() == MOST
