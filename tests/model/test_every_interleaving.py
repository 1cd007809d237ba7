"""Every interleaving of all actors keeps the promises."""

import pytest
from django.db import connection

from tests.support.interleavings.search import FEW, booked, rules, search, start

# No database is asked: one run is enough.
pytestmark = pytest.mark.skipif(connection.vendor != "sqlite", reason="runs with SQLite's tests")


# Requests, workers, acts of people (reading a page is one), attempts, answers.
SCOPES = {
    "one request, two workers, any answer": (1, 2, 0, 2, FEW),
    "one request, two workers": (1, 2, 1, 2, ("2xx", "5xx", "429", "held back")),
    "two requests, two workers, nobody else": (2, 2, 0, 2, ("2xx", "5xx", "held back")),
    "two requests, one worker": (2, 1, 1, 1, ("2xx", "held back")),
}
WIDE_SCOPES = {
    "one request, two workers, a person who acts": (1, 2, 2, 2, ("5xx", "429", "held back")),
    "two requests, two workers, a person": (2, 2, 1, 1, ("2xx", "5xx", "held back")),
}

BOOKINGS = {
    "a booking, one worker, three acts of people": (1, 1, 3, 1, ("5xx", "held back")),
    "a booking, two workers, a person": (1, 2, 1, 2, ("2xx", "5xx", "held back")),
}
WIDE_BOOKINGS = {
    "a booking, one worker, two acts": (1, 1, 2, 2, ("2xx", "5xx", "429", "held back")),
    "a booking, two workers, two acts": (1, 2, 2, 1, ("5xx", "held back")),
}


@pytest.mark.slow
@pytest.mark.parametrize("scope", SCOPES)
def test_no_interleaving_breaks_a_promise(scope):
    check(*SCOPES[scope])


@pytest.mark.minutes
@pytest.mark.parametrize("scope", WIDE_SCOPES)
def test_no_interleaving_of_more_breaks_a_promise(scope):
    check(*WIDE_SCOPES[scope])


@pytest.mark.slow
@pytest.mark.parametrize("scope", BOOKINGS)
def test_no_interleaving_breaks_the_promises_of_a_booking(scope):
    """Staff confirm and move it, and its visitor moves it, while the hours change."""
    check(*BOOKINGS[scope], first=booked)


@pytest.mark.minutes
@pytest.mark.parametrize("scope", WIDE_BOOKINGS)
def test_no_interleaving_of_more_breaks_the_promises_of_a_booking(scope):
    check(*WIDE_BOOKINGS[scope], first=booked)


def check(requests, workers, acts, attempts, answers, first=start):
    found = search(first(requests, workers, acts), rules(answers, most_attempts=attempts))
    assert not found.fault, f"{found.fault}: {found.way}"
    seen = {row.status for state in found.states for row in state.requests}
    assert {"queued", "calling", "uncertain", "failed"} <= seen
