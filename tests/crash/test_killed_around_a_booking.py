"""A process killed at any step of a booking: at most one call, in the slot, or staff see why."""

from datetime import datetime, timedelta

import pytest

from callbacks.core import clock
from callbacks.intake import accept, rescheduling
from callbacks.models import CallRequest, LimitHit, Outcome, Reason, Status
from callbacks.scheduling import bookings, slots
from callbacks.scheduling.slot_places import Slot
from tests.support.factories import make_request, make_submission
from tests.support.hours.december import TOWN_HALL, at, widget_with
from tests.support.processes import steps

NUMBER = "+33612345678"
BOOKED_AT = at(1, 10)
SLOT = Slot(at(2, 9), at(2, 9, 30))
OTHER_SLOT = Slot(at(2, 15), at(2, 15, 30))
MINUTE = timedelta(minutes=1)
AFTERNOON = "Mo-Fr 14:00-18:00; PH off"
MORNING = "Mo-Fr 08:00-13:00; PH off"


@pytest.fixture
def widget(transactional_db):
    return widget_with(**TOWN_HALL)


def book(widget, nonce="one-form", number=NUMBER, slot=SLOT):
    """Send a form with this time slot; sent again, it is the same form."""
    with clock.set_to(BOOKED_AT):
        form = make_submission(widget, nonce=nonce, number=number, when=slots.spelled(slot.start))
        return accept.accept(form)


def booked(widget, **fields):
    return book(widget, **fields).call_request


def outcome_of(call_request):
    """Its status, reason, and the outcomes of its attempts."""
    call_request.refresh_from_db()
    return (
        call_request.status,
        call_request.reason,
        [attempt.outcome for attempt in call_request.attempts.all()],
    )


def assert_called_in_time(call_request, sandbox, *, since: datetime, until: datetime):
    """Check that its phone rang once, by an attempt that began from `since` on, before `until`."""
    assert outcome_of(call_request) == (Status.CALLED, "", [Outcome.ACCEPTED])
    number = str(call_request.number)
    assert [call["destination"] for call in sandbox.calls()].count(number) == 1
    assert since <= call_request.attempts.get().started_at < until


def assert_called_in(slot, call_request, sandbox):
    assert_called_in_time(call_request, sandbox, since=slot.start, until=slot.end)


def assert_too_early(later, sandbox):
    """Check that nobody is called the evening before."""
    later.comes(at(1, 20))
    assert sandbox.calls() == []


IN_DOUBT = (Status.UNCERTAIN, Reason.WORKER_DIED, [Outcome.UNKNOWN])


@pytest.mark.parametrize("step", steps.NOT_YET_ACCEPTED, ids=str)
def test_before_a_booking_is_committed_its_place_is_free_and_the_form_can_be_sent_again(
    nursery, later, sandbox, widget, step
):
    when = slots.spelled(SLOT.start)
    nursery.die(
        step, "accept", at=BOOKED_AT, widget=widget.pk, nonce="one-form", number=NUMBER, when=when
    )
    assert not CallRequest.objects.exists()
    assert not LimitHit.objects.exists()
    again = book(widget)
    assert again.is_new
    assert_too_early(later, sandbox)
    later.comes(SLOT.start)
    assert_called_in(SLOT, again.call_request, sandbox)


@pytest.mark.parametrize("step", [steps.DURING_ACCEPTED, steps.AFTER_ACCEPTED], ids=str)
def test_a_booking_that_was_committed_holds_one_place_and_is_called_once_in_its_slot(
    nursery, later, sandbox, widget, step
):
    when = slots.spelled(SLOT.start)
    nursery.die(
        step, "accept", at=BOOKED_AT, widget=widget.pk, nonce="one-form", number=NUMBER, when=when
    )
    again = book(widget)
    assert step is steps.DURING_ACCEPTED or not again.is_new
    [row] = bookings.by_slot([widget.pk], BOOKED_AT)
    assert row["booked"] == 1
    assert_too_early(later, sandbox)
    later.comes(SLOT.start)
    later.comes(SLOT.start)
    assert_called_in(SLOT, again.call_request, sandbox)


@pytest.mark.parametrize(
    ("step", "slot"),
    [(steps.BEFORE_MOVED, SLOT), (steps.DURING_MOVED, None), (steps.AFTER_MOVED, OTHER_SLOT)],
    ids=str,
)
def test_a_move_that_was_killed_is_made_or_not_and_the_call_comes_once_in_that_slot(
    nursery, later, sandbox, widget, step, slot
):
    call_request = booked(widget)
    when = slots.spelled(OTHER_SLOT.start)
    nursery.die(step, "reschedule", at=BOOKED_AT, call_request=call_request.pk, when=when)
    call_request.refresh_from_db()
    now = Slot(call_request.slot_start, call_request.slot_end)
    assert now == slot if slot else now in (SLOT, OTHER_SLOT)
    assert (call_request.due_at, call_request.patience_until) == now
    for moment in (SLOT.start, OTHER_SLOT.start):
        later.comes(moment)
    assert_called_in(now, call_request, sandbox)


def test_a_move_that_was_killed_blocks_neither_slot(nursery, widget):
    call_request = booked(widget)
    when = slots.spelled(OTHER_SLOT.start)
    nursery.die(
        steps.BEFORE_MOVED, "reschedule", at=BOOKED_AT, call_request=call_request.pk, when=when
    )
    with clock.set_to(BOOKED_AT):
        call_request.refresh_from_db()
        assert rescheduling.reschedule(call_request, when)
    assert booked(widget, nonce="another", number="+33612345679").slot_start == SLOT.start


@pytest.mark.parametrize("step", [*steps.NOT_YET_IN_THE_QUEUE, *steps.IN_THE_QUEUE], ids=str)
def test_housekeeping_killed_as_bookings_join_the_queue_is_finished_by_the_next(
    nursery, later, sandbox, step
):
    widget = widget_with(**TOWN_HALL, slot_capacity=3)
    requests = [
        booked(widget, nonce=f"form {index}", number=f"+3361234567{index}") for index in range(3)
    ]
    nursery.die(step, "housekeeping", at=SLOT.start)
    assert sandbox.calls() == []
    later.comes(SLOT.start)
    for call_request in requests:
        assert_called_in(SLOT, call_request, sandbox)
    assert len({one.queue_position for one in requests}) == 3


@pytest.mark.parametrize("step", [*steps.NOT_YET_IN_THE_QUEUE[1:], steps.IN_THE_QUEUE[0]], ids=str)
def test_a_worker_killed_as_it_lets_a_booking_join_the_queue_holds_up_nobody(
    nursery, later, sandbox, widget, step
):
    call_request = booked(widget)
    nursery.die(step, "place", at=SLOT.start)
    later.comes(SLOT.start)
    assert_called_in(SLOT, call_request, sandbox)


@pytest.mark.parametrize("step", [*steps.NOT_YET_CLAIMED, *steps.RECORDED], ids=str)
def test_a_worker_killed_before_its_claim_or_after_its_record_is_one_call_in_the_slot(
    nursery, later, sandbox, widget, step
):
    call_request = booked(widget)
    nursery.die(step, "place", at=SLOT.start)
    later.comes(SLOT.start)
    assert_called_in(SLOT, call_request, sandbox)


@pytest.mark.parametrize(
    ("step", "rings"),
    [
        *((step, 0) for step in steps.CLAIMED_NOT_SENT),
        *((step, 1) for step in steps.SENT_NOT_RECORDED),
    ],
    ids=str,
)
def test_a_worker_killed_in_the_call_leaves_a_doubt_that_keeps_its_place(
    nursery, later, sandbox, widget, step, rings
):
    call_request = booked(widget)
    nursery.die(step, "place", at=SLOT.start)
    later.comes(SLOT.start)
    later.comes(SLOT.end)
    assert outcome_of(call_request) == IN_DOUBT
    assert len(sandbox.wait_for_calls(rings)) == rings
    [row] = bookings.by_slot([widget.pk], BOOKED_AT)
    assert (row["booked"], row["uncertain"]) == (1, 1)


@pytest.mark.parametrize("step", [steps.NOT_YET_IN_THE_QUEUE[1], steps.BEFORE_CLAIMED], ids=str)
def test_a_booking_that_nobody_could_call_in_its_slot_fails_where_staff_see_it(
    nursery, later, sandbox, widget, step
):
    call_request = booked(widget)
    nursery.die(step, "place", at=SLOT.start)
    later.comes(SLOT.end)
    assert outcome_of(call_request) == (Status.FAILED, Reason.TOO_LATE, [])
    assert sandbox.calls() == []


@pytest.mark.parametrize("step", steps.HOURS_NOT_YET_NEW, ids=str)
def test_a_change_of_hours_killed_before_its_commit_has_not_happened(
    nursery, later, sandbox, widget, step
):
    call_request = booked(widget)
    nursery.die(step, "change_hours", at=at(1, 20), widget=widget.pk, opening_hours=AFTERNOON)
    later.comes(SLOT.start)
    assert_called_in(SLOT, call_request, sandbox)


@pytest.mark.parametrize("step", [steps.DURING_NEW_HOURS, steps.AFTER_NEW_HOURS], ids=str)
def test_a_change_of_hours_killed_after_its_commit_flags_a_booking_and_calls_nobody(
    nursery, later, sandbox, widget, step
):
    call_request = booked(widget)
    nursery.die(step, "change_hours", at=at(1, 20), widget=widget.pk, opening_hours=AFTERNOON)
    widget.refresh_from_db()
    if step is steps.DURING_NEW_HOURS and widget.opening_hours != AFTERNOON:
        return  # the commit did not happen; the test above is about that
    [row] = bookings.outside_hours([widget.pk], at(1, 20))
    assert row["slot_start"] == SLOT.start
    later.comes(SLOT.start)
    assert outcome_of(call_request) == (Status.QUEUED, "", [])
    later.comes(SLOT.end)
    assert outcome_of(call_request) == (Status.FAILED, Reason.CLOSED, [])
    assert sandbox.calls() == []


@pytest.mark.parametrize("step", steps.NEW_TIMES, ids=str)
def test_housekeeping_killed_as_it_works_out_new_times_is_finished_by_the_next(
    nursery, later, sandbox, widget, step
):
    call_request = booked(widget)
    # Both wait for the opening, of different zones, so that their times are written one by one.
    overnight = [
        make_request(
            widget=widget,
            due_at=SLOT.start,
            is_scheduled=True,
            queue_position=None,
            patience_until=SLOT.start + widget.patience,
            consumer_zone=zone,
        )
        for zone in ("Europe/Paris", "Indian/Reunion")
    ]
    nursery.run("change_hours", at=at(1, 20), widget=widget.pk, opening_hours=MORNING)
    nursery.die(step, "housekeeping", at=at(1, 20) + MINUTE)
    later.comes(at(1, 20) + MINUTE)
    assert sandbox.calls() == []
    later.comes(at(2, 8))
    for one in overnight:
        assert_called_in_time(one, sandbox, since=at(2, 8), until=at(2, 8) + widget.patience)
    assert outcome_of(call_request) == (Status.QUEUED, "", [])
    later.comes(SLOT.start)
    assert_called_in(SLOT, call_request, sandbox)
