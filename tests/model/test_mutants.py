"""The search can fail: it finds each of these mutants by the promise that it breaks."""

from dataclasses import replace

import pytest
from django.db import connection

from tests.support.interleavings.model import ANSWERS, MOVES, Answer, Worker
from tests.support.interleavings.search import rules, search, start

# No database is asked: one run is enough.
pytestmark = pytest.mark.skipif(connection.vendor != "sqlite", reason="runs with SQLite's tests")


def moves(**changed):
    return {"moves": MOVES | {name: MOVES[name]._replace(**new) for name, new in changed.items()}}


def answer(name, meaning):
    return {"changed_answers": {name: meaning}}


AGAIN = Answer("try_later", "requeue", False)
STUCK = "a promise without an end: nothing goes on"
ERASED = "erased although a call is promised"
UNDER_WAY = {"status": "calling", "attempts": ("pending",)}
# A worker is at it.
SENT = UNDER_WAY | {"overdue": True, "sends": 1, "sent": 1, "may_have_rung": frozenset({1})}
# Its slot has not begun.
BOOKED = {"slot": 1, "due": False, "early": True}
CONFIRMED = BOOKED | {"outside": True, "confirmed": 1, "agreed": 1}
NOBODY_CONFIRMED = "outside the hours that nobody confirmed"

# What is broken: the rules, the workers and acts of people that it takes, the first state, and the
# promise that the search must find broken.
MUTANTS = {
    "a dead worker's request is queued again": (
        moves(mark_uncertain={"target": "queued"}),
        1,
        0,
        {},
        "queued although a phone may have rung",
    ),
    "a machine queues what is uncertain": (
        {"machines_leave_the_uncertain_alone": False}
        | moves(
            requeue={"sources": ("calling", "uncertain"), "actors": ("worker", "housekeeping")}
        ),
        1, 0, {}, "queued although a phone may have rung",
    ),
    "503 is again": (answer("5xx", AGAIN), 1, 0, {}, "queued although a phone may have rung"),
    "a lost answer is a refusal": (
        answer("5xx", ANSWERS["4xx"]), 1, 0, {}, "failed although a phone may have rung",
    ),
    "a refusal counts as called": (
        answer("4xx", Answer("accepted", "accept", False)), 1, 0, {},
        "called although nothing was accepted and nobody says so",
    ),
    "moves do not compare the status": (
        {"moves_compare_the_status": False}, 0, 2, {"late": True},
        "a move from where it may not start",
    ),
    "moves do not compare the attempts": (
        {"moves_compare_the_attempts": False}, 2, 2, UNDER_WAY | {"overdue": True},
        "queued although a phone may have rung",
    ),
    "the claim is made whatever became of the row": (
        {"claim_is_compare_and_set": False}, 2, 0, {}, "two attempts are under way",
    ),
    "the claim is not committed before the send": (
        {"claim_is_committed_before_the_send": False}, 2, 0, {},
        "queued although a phone may have rung",
    ),
    "the claim does not look at the patience": (
        {"claim_looks_at_patience": False}, 1, 0, {}, "a claim after the patience was over",
    ),
    "the claim does not ask the block list": (
        {"claim_asks_the_block_list": False}, 1, 2, {"status": "failed"},
        "somebody is claimed whose number is on the block list",
    ),
    "the claim takes what no key reads": (
        {"claim_sets_the_unreadable_aside": False}, 1, 1, {}, "a claim of what no key reads",
    ),
    "no look before the send": ({"last_look": False}, 1, 2, {}, "a send after"),
    "somebody may come between look and send": (
        {"last_look_and_send_are_one": False}, 1, 2, {}, "a send after",
    ),
    "sends are not counted": (
        {"sends_are_counted": False}, 1, 0, {},
        "more sends by machines than a person's wish allows",
    ),
    "what was put off is due at once": (
        {"put_off_waits": False, "sends_are_counted": False, "most_sends": 9, "most_attempts": 2},
        1, 0, {}, "a promise without an end: a circle",
    ),
    "an ended attempt is written over": (
        {"answers_end_open_attempts_only": False}, 1, 0, {},
        "an attempt that has ended is written over",
    ),
    "a late acceptance of any attempt": (
        {"late_accept_is_of_the_latest": False}, 2, 2, SENT,
        "called although nothing was accepted and nobody says so",
    ),
    "expiry does not look at the patience": (
        {"expire_looks_at_patience": False}, 0, 4, {"late": True},
        "too late before the patience was over",
    ),
    "housekeeping leaves the dead attempt open": (
        {"doubt_ends_the_attempt": False}, 1, 2, UNDER_WAY | {"overdue": True},
        "two attempts are under way",
    ),
    "a held attempt stays open": (
        {"hold_ends_the_attempt": False}, 1, 4, UNDER_WAY, "two attempts are under way",
    ),
    "nobody finds dead workers": ({"housekeeping_doubts": False}, 1, 0, {}, STUCK),
    "nobody ends what is too late": ({"housekeeping_expires": False}, 1, 0, {}, STUCK),
    "retry of an erased request": (
        {"retry_leaves_the_erased_alone": False}, 1, 3, {"status": "failed"}, ERASED,
    ),
    "erasure during a call": ({"erasure_waits_for_calls": False}, 1, 1, {}, ERASED),
    "erasure leaves waiting what waits": (
        {"erasure_cancels_what_waits": False}, 0, 1, {}, ERASED,
    ),
    "retention of what is promised": (
        {"retention_leaves_open_ones_alone": False}, 0, 1, {}, ERASED,
    ),
    "a correction during a call": (
        {"correction_looks_at_the_status": False}, 1, 2, {},
        "a send to another number than the request's",
    ),
    "the same form is another wish": (
        {"same_form_is_same_request": False}, 1, 1, {}, "queued although a phone may have rung",
    ),
    "a refusal for want of a token compares nothing": (
        {"refusal_for_want_of_a_token_compares": False}, 2, 0, {},
        "calling without an attempt under way",
    ),
    "the claim does not look at the hours": (
        {"claim_looks_at_the_hours": False}, 1, 0, BOOKED, f"a claim {NOBODY_CONFIRMED}",
    ),
    "the last look does not look at the hours": (
        {"last_look_looks_at_the_hours": False}, 1, 0, BOOKED, f"a send {NOBODY_CONFIRMED}",
    ),
    "a confirmation is for any slot, and is kept": (
        {"confirmation_is_for_one_slot": False, "reschedule_ends_the_confirmation": False},
        1, 2, BOOKED, f"a claim {NOBODY_CONFIRMED}",
    ),
    "a move keeps the confirmation, and the booking comes back to its slot": (
        {"reschedule_ends_the_confirmation": False}, 1, 2, CONFIRMED,
        f"a claim {NOBODY_CONFIRMED}",
    ),
    "a confirmation does not compare the slot": (
        {"confirm_compares_the_slot": False}, 0, 2, BOOKED,
        "a confirmation of another slot than the booking's",
    ),
    "a move does not compare the slot": (
        {"reschedule_compares_the_slot": False}, 0, 2, BOOKED,
        "a move from a slot that the person did not see",
    ),
    "a move does not wait for the new slot": (
        {"reschedule_waits_for_the_slot": False}, 1, 1, BOOKED, "a claim before the time slot",
    ),
    "a move during the call": (
        moves(reschedule={"sources": ("queued", "calling")}), 1, 1, BOOKED,
        "queued although a phone may have rung",
    ),
    "a confirmation during the call": (
        moves(confirm={"sources": ("queued", "calling")}), 1, 2, BOOKED,
        "queued although a phone may have rung",
    ),
}  # fmt: skip


@pytest.mark.parametrize("mutant", MUTANTS)
def test_the_search_finds_each_mutant(mutant):
    broken, workers, acts, first, fault = MUTANTS[mutant]
    changed = dict(broken)
    intended = rules()
    told = intended.answers | changed.pop("changed_answers", {})
    mutated = replace(intended, answers=told, **changed)
    beginning = start(1, workers, acts, **first)
    if "block list" in fault:
        beginning = beginning._replace(blocked=frozenset("a"))
    if first is SENT:
        at_it = Worker("sent", 0, 1, "a", 0, 1)
        beginning = beginning._replace(workers=(Worker(), at_it))
    found = search(beginning, mutated)
    assert fault in found.fault, f"{found.fault or 'nothing'} in {len(found.states)} states"
    assert found.way or fault == ERASED
