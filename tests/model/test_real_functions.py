"""The product's own functions do what the model says, on the way of every kind of step."""

from collections import defaultdict

import pytest
from django.contrib.auth.models import User
from django.db import transaction
from django.test import override_settings
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from callbacks.dispatch import claimed, record
from tests.support.interleavings.driver import Driver, stand_still
from tests.support.interleavings.model import Rules, State
from tests.support.interleavings.search import booked, start
from tests.support.interleavings.steps import Label, steps

pytestmark = [pytest.mark.django_db, pytest.mark.minutes]

ALL = tuple(Rules().answers)
# Requests, workers, acts of people, answers.
TOURS = {
    "one worker, every answer": (1, 1, 0, ALL),
    "two workers": (1, 2, 1, ("2xx", "5xx", "held back")),
    "people": (1, 1, 2, ("5xx", "held back")),
    "a booking": (1, 1, 2, ("held back",)),
}


@pytest.fixture
def ground(settings, monkeypatch):
    settings.PACE_CALLS = 0
    with stand_still():
        yield monkeypatch


def rules(answers=ALL, **more):
    return Rules(answers={name: Rules().answers[name] for name in answers}, **more)


@pytest.mark.parametrize("tour", TOURS)
def test_every_kind_of_step_is_as_in_the_model(tour, ground, admin_user):
    requests, workers, acts, answers = TOURS[tour]
    told = rules(answers, most_attempts=2)
    for module in (claimed, record):
        ground.setattr(module, "MOST_SENDS", told.most_sends)
    first = (booked if tour == "a booking" else start)(requests, workers, acts)
    ways, kinds = plan(first, told)
    driver = Driver(first, admin_user)
    taken = walk(first, told, ways, driver)
    print(tour, kinds, taken)
    assert taken >= kinds > 100


def kind_of(label: Label, state: State) -> object:
    """Steps of a kind differ in nothing that their function looks at."""
    actor, act, place, choice = label
    of_worker = actor in ("worker", "service") or act == "too old"
    worker = state.workers[place] if of_worker else None
    i = worker.request if worker and worker.at != "idle" else place
    i, choice = (int(choice), "") if act in ("claim", "no token") else (i, choice)
    row = state.requests[i]
    kind = (actor, act, choice, row.status)
    if act == "read" or actor == "time":
        return kind
    made = len(row.attempts)
    seen = dict(state.copies).get(actor)
    return (
        *kind,
        (
            row.late,
            row.erased,
            row.overdue and actor == "housekeeping",
            row.number in state.blocked,
            (row.slot > 0, row.outside, row.confirmed == row.slot),
        ),
        worker and (worker.at, made - worker.attempt, worker.sends, worker.answer),
        seen
        and (
            *(seen.status, made - seen.attempts),
            *(seen.number == row.number, seen.slot == row.slot),
        ),
    )


def plan(first: State, told: Rules) -> tuple[dict[State, set[Label]], int]:
    """For each state on the way, the steps to take there: one of each kind, on shortest ways."""
    came_from: dict[State, tuple[State, Label] | None] = {first: None}
    ways: dict[State, set[Label]] = defaultdict(set)
    kinds: set[object] = set()
    queue = [first]
    for state in queue:
        for label, world in steps(state, told):
            after = world.state()
            if after not in came_from:
                came_from[after] = (state, label)
                queue.append(after)
            kind = kind_of(label, state)
            if kind not in kinds:
                kinds.add(kind)
                ways[state].add(label)
                here = state
                while (step := came_from[here]) is not None and step[1] not in ways[step[0]]:
                    here, by = step
                    ways[here].add(by)
    return ways, len(kinds)


def walk(first: State, told: Rules, ways: dict[State, set[Label]], driver: Driver) -> int:
    """Take all steps of the plan, each from a savepoint that the next one goes back to."""
    taken, seen = 0, set()

    def go(state: State) -> None:
        nonlocal taken
        seen.add(state)
        for label, world in steps(state, told):
            if label not in ways[state]:
                continue
            taken += 1
            hand = driver.hand
            with transaction.atomic():
                driver.take(label, state, world)
                after = world.state()
                if after not in seen and after in ways:
                    go(after)
                transaction.set_rollback(True)
            driver.hand = hand

    go(first)
    return taken


WALK = st.lists(st.integers(0, 99), min_size=10, max_size=45)


@given(WALK)
@hypothesis_settings(max_examples=30)
def test_longer_ways_are_as_in_the_model(choices):
    walk_along(start(2, 2, 12), choices)


@given(WALK)
@hypothesis_settings(max_examples=30)
def test_longer_ways_of_a_booking_are_as_in_the_model(choices):
    walk_along(booked(1, 2, 12), choices)


def walk_along(state, choices):
    """Take the steps that `choices` choose, with the model and the product, and compare."""
    told = Rules(most_attempts=9, most_sends=claimed.MOST_SENDS)
    with transaction.atomic(), stand_still(), override_settings(PACE_CALLS=0):
        driver = Driver(state, User.objects.create(username="anne"))
        for choice in choices:
            possible = [step for step in steps(state, told) if step[0][1] != "die" or choice < 10]
            if not possible:
                break
            label, world = possible[choice % len(possible)]
            driver.take(label, state, world)
            assert not world.faults
            state = world.state()
        transaction.set_rollback(True)
