"""Histories with time slots and opening hours: what is allowed, and each promise broken once."""

from dataclasses import replace

import pytest

from benchmarks.havoc.judge import hours, verdict
from benchmarks.havoc.judge.evidence import Moved, Period, PersonAct, Slot, Widget
from tests.support.samples.history import WIDGETS, History, rules

# The clock of these histories begins at midnight in UTC.
MINUTE = 60
OPEN = "Mo-Su 00:01-00:30"
SLOT, NEXT = Slot(10 * MINUTE, 11 * MINUTE), Slot(11 * MINUTE, 12 * MINUTE)
WITHOUT_SLOT = "Mo-Su 00:01-00:10,00:11-00:30"


@pytest.fixture
def history(monkeypatch: pytest.MonkeyPatch) -> History:
    """Return a history with one more widget, which has hours and one place in each slot.

    A visitor of another widget has been called.
    """
    desk = Widget(("bot-desk",), patience=300, hours=OPEN, slot_capacity=1)
    monkeypatch.setitem(WIDGETS, "desk", desk)
    history = History()
    history.call(history.visitor(62), 62.5)
    return history


def book(history: History, at: float = 70, slot: Slot = SLOT) -> int:
    request = history.visitor(at, "desk", slot=slot)
    history.change(request, slot=slot)
    return request


def move(history: History, request: int, at: float, slot: Slot) -> None:
    """Let the visitor move the call to another slot."""
    note = history.notes[request - 1]
    moved = (*note.moved, Moved(at, slot, at + 0.2))
    history.notes[request - 1] = replace(note, moved=moved)
    history.move(request, at + 0.1, "reschedule", "queued", "visitor")
    history.change(request, slot=slot)


def change_hours(history: History, at: float, text: str, *, is_done: bool | None = True) -> None:
    done_at = None if is_done is None else at + 0.2
    history.acts.append(PersonAct("hours", "anne", at, done_at, is_done, widget="desk", hours=text))


def fail(history: History, request: int, at: float, reason: str) -> None:
    history.move(request, at, "expire", "failed", "housekeeping", reason=reason)


# What is allowed.


def test_a_call_in_its_slot_is_right(history: History) -> None:
    history.call(book(history), SLOT.start + 0.4)
    assert verdict.violations(history.evidence()) == []


def test_a_call_in_the_slot_that_was_chosen_instead_is_right(history: History) -> None:
    request = book(history)
    move(history, request, 90, NEXT)
    other = book(history, 95)  # the place that was given back
    history.call(other, SLOT.start + 0.4)
    history.call(request, NEXT.start + 0.4)
    assert verdict.violations(history.evidence()) == []


def test_a_call_at_the_moment_when_the_hours_change_is_right(history: History) -> None:
    request = book(history)
    change_hours(history, SLOT.start + 0.5, WITHOUT_SLOT)
    history.call(request, SLOT.start + 1)
    assert verdict.violations(history.evidence()) == []


def test_a_booking_outside_the_changed_hours_may_fail_once_its_slot_is_over(
    history: History,
) -> None:
    request = book(history)
    change_hours(history, 100, WITHOUT_SLOT)
    fail(history, request, SLOT.end + 0.3, "closed")
    assert verdict.violations(history.evidence()) == []


def test_a_change_of_hours_without_an_answer_may_have_been_made(history: History) -> None:
    called, failed = book(history), book(history, slot=NEXT)
    change_hours(history, 100, "Mo-Su 00:01-00:10", is_done=None)
    history.call(called, SLOT.start + 1)
    fail(history, failed, NEXT.end + 0.3, "closed")
    assert verdict.violations(history.evidence()) == []


def test_a_booking_outside_the_hours_is_called_once_it_is_confirmed(history: History) -> None:
    request = book(history)
    change_hours(history, 100, WITHOUT_SLOT)
    history.person(request, 110, "confirm", "queued")
    history.call(request, SLOT.start + 5)
    assert verdict.violations(history.evidence()) == []


def test_staff_may_take_a_place_too_many_by_a_retry(history: History) -> None:
    first = book(history)
    history.person(first, 80, "mark_called", "called")
    history.person(first, 85, "retry", "queued")
    history.call(first, SLOT.start + 0.4)
    assert verdict.violations(history.evidence()) == []


def test_a_retry_that_calls_at_once_is_right_although_the_visitor_then_moves_the_call(
    history: History,
) -> None:
    request = book(history)
    change_hours(history, 100, WITHOUT_SLOT)
    history.person(request, 110, "mark_called", "called")
    history.person(request, 120, "retry", "queued")
    history.call(request, 121, 503)
    history.person(request, 130, "retry", "queued")
    move(history, request, 140, NEXT)
    history.call(request, NEXT.start + 0.4)
    assert verdict.violations(history.evidence()) == []


@pytest.fixture
def calm(history: History) -> History:
    """Return the history of a run in which nothing is broken for the last part."""
    history.settings = replace(history.settings, calm=(Period(500, 2000),), calm_bound=60.0)
    return history


def test_a_call_moved_in_calm_times_is_waited_for_in_the_slot_chosen_last(calm: History) -> None:
    request = book(calm)
    move(calm, request, SLOT.start - 20, NEXT)
    calm.call(request, NEXT.start + 0.4)
    assert verdict.violations(calm.evidence()) == []


def test_a_booking_whose_slot_is_in_doubt_is_not_waited_for_in_calm_times(calm: History) -> None:
    request = book(calm, 520)
    calm.move(request, 530, "reschedule", "queued", "visitor")  # the visitor was told of none
    calm.change(request, slot=NEXT)
    calm.call(request, NEXT.start + 0.4)
    assert rules(calm) == {"bookings_are_what_was_chosen"}


def test_a_slot_that_was_asked_for_in_vain_does_not_bind_the_form_after_it(
    history: History,
) -> None:
    """One click of two found the slot taken, and the other got no answer."""
    request = history.visitor(70, "desk", form="for now")
    in_vain = replace(history.notes[-1], asked_at=65, promise="", promised_at=None, slot=SLOT)
    history.notes.append(replace(in_vain, form="for the slot"))
    history.call(request, 70.5)
    assert verdict.violations(history.evidence()) == []


def test_one_of_two_slots_that_were_asked_for_without_an_answer_is_not_judged(
    history: History,
) -> None:
    request = book(history)
    note = replace(history.notes[-1], promise="", promised_at=None)
    history.notes[-1:] = [note, replace(note, slot=NEXT, form="another")]
    history.change(request, slot=NEXT)
    history.call(request, NEXT.start + 0.4)
    assert verdict.violations(history.evidence()) == []


# What is broken.


def test_a_call_moved_in_calm_times_that_is_not_placed(calm: History) -> None:
    request = book(calm)
    move(calm, request, SLOT.start - 20, NEXT)
    calm.call(calm.visitor(NEXT.end + 60), NEXT.end + 61)
    assert "everybody_is_called_in_calm_times" in rules(calm)


def test_a_call_while_it_is_closed(history: History) -> None:
    request = history.visitor(30, "desk")
    history.call(request, 31)
    assert "nobody_is_called_outside_the_hours" in rules(history)


@pytest.mark.parametrize("later", [3.0, 30.0])
def test_a_call_after_the_hours_were_changed(history: History, later: float) -> None:
    request = book(history)
    change_hours(history, SLOT.start, WITHOUT_SLOT)
    history.call(request, SLOT.start + later)
    assert rules(history) == {"nobody_is_called_outside_the_hours"}


def test_a_call_after_the_confirmed_time_was_changed(history: History) -> None:
    request = book(history)
    change_hours(history, 100, "Mo-Su 00:01-00:10,00:12-00:30")
    history.person(request, 110, "confirm", "queued")
    move(history, request, 120, NEXT)
    history.call(request, NEXT.start + 5)
    assert "nobody_is_called_outside_the_hours" in rules(history)


@pytest.mark.parametrize("at", [SLOT.start - 5, SLOT.end + 5])
def test_a_call_before_or_after_its_slot(history: History, at: float) -> None:
    history.call(book(history), at)
    assert "nobody_is_called_outside_their_slot" in rules(history)


def test_a_call_in_the_slot_that_was_given_up(history: History) -> None:
    request = book(history)
    move(history, request, 90, NEXT)
    history.call(request, SLOT.start + 1)
    assert "nobody_is_called_outside_their_slot" in rules(history)


def test_a_retry_before_the_slot_that_calls_at_once(history: History) -> None:
    request = book(history)
    history.person(request, 80, "mark_called", "called")
    history.person(request, 85, "retry", "queued")
    history.call(request, 86)
    assert "nobody_is_called_outside_their_slot" in rules(history)


def test_two_bookings_for_one_place(history: History) -> None:
    for at in (70, 71):
        history.call(book(history, at), SLOT.start + at / 100)
    assert rules(history) == {"no_slot_is_overfull"}


def test_a_move_into_a_slot_that_is_full(history: History) -> None:
    first, second = book(history), book(history, 75, NEXT)
    move(history, second, 90, SLOT)
    for place, request in enumerate((first, second)):
        history.call(request, SLOT.start + 1 + place)
    assert rules(history) == {"no_slot_is_overfull"}


def test_a_place_that_overlaps_another(history: History) -> None:
    for slot in (SLOT, Slot(SLOT.start + 30, SLOT.end + 30)):
        history.call(book(history, slot=slot), slot.start + 1)
    assert rules(history) == {"no_slot_is_overfull"}


def test_a_booking_that_nobody_moved_stands_elsewhere(history: History) -> None:
    request = book(history)
    history.move(request, 90, "reschedule", "queued", "visitor")
    history.change(request, slot=NEXT)
    history.call(request, NEXT.start + 1)
    assert "bookings_are_what_was_chosen" in rules(history)


def test_a_booking_without_its_slot(history: History) -> None:
    request = book(history)
    history.change(request, slot=None)
    history.call(request, SLOT.start + 1)
    assert rules(history) == {"bookings_are_what_was_chosen"}


def test_a_booking_that_is_dropped_when_the_hours_change(history: History) -> None:
    request = book(history)
    change_hours(history, 100, WITHOUT_SLOT)
    fail(history, request, 101, "closed")
    assert rules(history) == {"bookings_are_not_dropped"}


def test_a_booking_that_fails_as_closed_inside_the_hours(history: History) -> None:
    fail(history, book(history), SLOT.end + 1, "closed")
    assert rules(history) == {"bookings_are_not_dropped"}


def test_a_booking_outside_the_hours_that_does_not_say_so(history: History) -> None:
    request = book(history)
    change_hours(history, 100, WITHOUT_SLOT)
    fail(history, request, SLOT.end + 1, "too_late")
    assert rules(history) == {"bookings_are_not_dropped"}


def test_a_call_for_now_that_fails_as_closed_although_it_opens_again(history: History) -> None:
    fail(history, history.visitor(70, "desk"), 75, "closed")
    assert rules(history) == {"bookings_are_not_dropped"}


def test_a_booking_that_is_too_late_for_nothing(history: History) -> None:
    fail(history, book(history), SLOT.end + 1, "too_late")
    assert rules(history) == {"doubts_have_a_cause"}


def test_counts_tell_how_much_was_booked_and_moved(history: History) -> None:
    request = book(history)
    book(history, 75, NEXT)
    move(history, request, 90, Slot(NEXT.end, NEXT.end + MINUTE))
    change_hours(history, 100, WITHOUT_SLOT)
    counts = verdict.count(history.evidence())
    assert (counts["bookings"], counts["moved bookings"], counts["changes of hours"]) == (2, 1, 1)


# The judge's own hours.


@pytest.mark.parametrize(
    ("text", "zone", "at", "expected"),
    [
        ("", "UTC", 0, True),
        (OPEN, "UTC", 59, False),
        (OPEN, "UTC", 60, True),
        (OPEN, "UTC", 30 * MINUTE - 1, True),
        (OPEN, "UTC", 30 * MINUTE, False),
        ("Mo-Su 05:46-06:00", "Asia/Kathmandu", 60, False),  # 05:31 in 1970
        ("Mo-Su 05:31-06:00", "Asia/Kathmandu", 60, True),
        ("Mo-We 00:00-24:00", "UTC", 60, False),  # a Thursday
        ("Mo-Su 00:00-24:00; Th off", "UTC", 60, False),
        ("Mo-Su off; Th 00:00-00:02", "UTC", 60, True),
    ],
)
def test_the_judge_knows_when_it_is_open(text: str, zone: str, at: float, expected: bool) -> None:
    assert hours.is_open(text, zone, at) is expected
