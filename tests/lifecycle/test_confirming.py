"""A booking outside the changed hours is called in its slot once a person has confirmed it."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import User

from callbacks import call_api
from callbacks.core import clock
from callbacks.dispatch import place_next
from callbacks.dispatch.place_call import PlaceResult
from callbacks.intake.rescheduling import reschedule
from callbacks.lifecycle import actions, confirming, errors, retrying, transitions
from callbacks.models import Actor, AuditEntry, CallRequest, Move, Reason, Status, Widget
from callbacks.scheduling.slots import spelled
from callbacks.worker import housekeeping, tasks
from tests.support.bookings import booking, change, round_at
from tests.support.call_service.fake_api import FakeApi
from tests.support.hours.december import TOWN_HALL, at, widget_with

pytestmark = pytest.mark.django_db

AFTERNOONS = "Mo-Fr 14:00-18:00; PH off"


@pytest.fixture
def widget() -> Widget:
    return widget_with(**TOWN_HALL)


@pytest.fixture
def outside(widget: Widget) -> CallRequest:
    """A booking at nine, of a widget that by now opens in the afternoon only."""
    call_request = booking(widget)
    change(widget, AFTERNOONS)
    return CallRequest.objects.get(pk=call_request.pk)


def confirm(call_request: CallRequest, person: User) -> bool:
    with clock.set_to(at(1, 20)):
        return confirming.confirm(call_request, person)


def place_at_once(*answers: Exception) -> PlaceResult:
    housekeeping.run_round()
    return place_next(FakeApi(*answers))  # type: ignore[arg-type]


def place_at(minute: int, *answers: Exception) -> PlaceResult:
    with clock.set_to(at(2, 9, minute)):
        return place_at_once(*answers)


def state(call_request: CallRequest) -> tuple[str, str]:
    call_request.refresh_from_db()
    return call_request.status, call_request.reason


def test_a_confirmed_booking_is_called_in_its_slot(outside: CallRequest, admin_user: User) -> None:
    assert confirm(outside, admin_user)
    with clock.set_to(at(2, 8, 59)):
        assert place_at_once() is PlaceResult.IDLE
    place_at(0)
    assert state(outside) == (Status.CALLED, "")


def test_the_confirmation_is_on_record_with_the_person(
    outside: CallRequest, admin_user: User
) -> None:
    with clock.set_to(at(1, 20)):
        assert confirming.confirm(outside, admin_user, note="She called us.")
    move = Move.objects.get(name="confirm")
    assert (move.actor, move.person, move.note) == (Actor.STAFF, admin_user, "She called us.")
    assert AuditEntry.objects.get(action="request.confirm").person == admin_user


def test_a_confirmed_booking_fails_as_too_late_if_no_call_could_be_placed(
    outside: CallRequest, admin_user: User
) -> None:
    confirm(outside, admin_user)
    round_at(at(2, 9, 30))
    assert state(outside) == (Status.FAILED, Reason.TOO_LATE)


def test_after_a_failed_attempt_it_is_called_again_within_the_slot_only(
    outside: CallRequest, admin_user: User
) -> None:
    confirm(outside, admin_user)
    place_at(0, call_api.TryLater(retry_after=60))
    assert state(outside)[0] == Status.QUEUED
    place_at(10)
    assert state(outside)[0] == Status.CALLED


def test_it_is_not_called_after_the_slot_when_the_service_asks_to_wait_so_long(
    outside: CallRequest, admin_user: User
) -> None:
    confirm(outside, admin_user)
    place_at(20, call_api.TryLater(retry_after=1200))
    assert state(outside) == (Status.FAILED, Reason.TOO_LATE)


def test_it_is_not_called_once_the_slot_is_over(outside: CallRequest, admin_user: User) -> None:
    confirm(outside, admin_user)
    with clock.set_to(at(2, 9, 30)):
        assert place_at_once() is PlaceResult.IDLE


def test_moving_the_call_takes_the_confirmation_away(
    widget: Widget, outside: CallRequest, admin_user: User
) -> None:
    confirm(outside, admin_user)
    with clock.set_to(at(1, 20)):
        assert reschedule(outside, spelled(at(2, 14)))
    outside.refresh_from_db()
    assert outside.confirmed_for is None
    change(widget, "Mo-Fr 16:00-18:00; PH off")
    with clock.set_to(at(2, 14)):
        assert place_at_once() is PlaceResult.IDLE


def test_the_confirmation_counts_for_its_time_alone(outside: CallRequest, admin_user: User) -> None:
    """Whatever else writes the time of the call later."""
    confirm(outside, admin_user)
    CallRequest.objects.update(due_at=at(2, 9, 5), slot_start=at(2, 9, 5))
    assert place_at(10) is PlaceResult.IDLE


def test_a_booking_that_was_moved_meanwhile_is_not_confirmed(
    outside: CallRequest, admin_user: User
) -> None:
    as_read = CallRequest.objects.get(pk=outside.pk)
    CallRequest.objects.update(due_at=at(3, 9), slot_start=at(3, 9), slot_end=at(3, 9, 30))
    assert not confirm(as_read, admin_user)
    assert not Move.objects.filter(name="confirm").exists()


@pytest.mark.parametrize("column", ["due_at", "slot_start"])
def test_a_booking_whose_time_has_changed_in_part_is_not_confirmed(
    outside: CallRequest, admin_user: User, column: str
) -> None:
    CallRequest.objects.filter(pk=outside.pk).update(**{column: at(2, 9, 10)})
    assert not confirm(outside, admin_user)
    assert CallRequest.objects.get().confirmed_for is None


@pytest.mark.django_db(transaction=True)
def test_a_confirmation_notifies_the_workers_and_stands_even_if_that_fails(
    outside: CallRequest, admin_user: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    notified: list[str] = []

    def fail() -> None:
        notified.append("now")
        raise OSError("the queue's storage is away")

    monkeypatch.setattr(tasks, "notify_workers", fail)
    assert confirm(outside, admin_user)
    assert notified == ["now"]


def test_a_booking_that_was_cancelled_meanwhile_is_not_confirmed(
    outside: CallRequest, admin_user: User
) -> None:
    as_read = CallRequest.objects.get(pk=outside.pk)
    assert actions.cancel(outside, admin_user)
    with pytest.raises(errors.NothingToConfirm):
        confirm(as_read, admin_user)
    assert state(outside)[0] == Status.CANCELLED


def test_a_booking_inside_the_hours_needs_no_confirmation(widget: Widget, admin_user: User) -> None:
    with pytest.raises(errors.NothingToConfirm):
        confirm(booking(widget), admin_user)


def test_a_booking_is_confirmed_once(outside: CallRequest, admin_user: User) -> None:
    assert confirm(outside, admin_user)
    with pytest.raises(errors.NothingToConfirm):
        confirm(outside, admin_user)


def test_a_slot_that_is_over_cannot_be_confirmed(outside: CallRequest, admin_user: User) -> None:
    with clock.set_to(at(2, 9, 30)), pytest.raises(errors.NothingToConfirm):
        confirming.confirm(outside, admin_user)


def test_a_slot_under_way_can_still_be_confirmed(outside: CallRequest, admin_user: User) -> None:
    with clock.set_to(at(2, 9, 10)):
        assert confirming.confirm(outside, admin_user)
    place_at(10)
    assert state(outside)[0] == Status.CALLED


def test_a_widget_that_never_opens_again_keeps_a_confirmed_booking(
    widget: Widget, admin_user: User
) -> None:
    call_request = booking(widget)
    with clock.set_to(at(1, 20)):
        widget.holidays = ""
    change(widget, "2026 Nov 30 09:00-12:00")
    call_request.refresh_from_db()
    assert confirm(call_request, admin_user)
    with clock.set_to(at(1, 20)):
        assert not transitions.transition(
            call_request, transitions.EXPIRE_CLOSED, Actor.HOUSEKEEPING, reason=Reason.CLOSED
        )
    place_at(0)
    assert state(call_request)[0] == Status.CALLED


def held(widget: Widget, **fields: object) -> CallRequest:
    return booking(widget, status=Status.UNCERTAIN, reason=Reason.RESTORED, **fields)


def test_a_booking_set_aside_before_its_slot_goes_back_into_it(
    widget: Widget, admin_user: User
) -> None:
    call_request = held(widget)
    with clock.set_to(at(1, 20)):
        with pytest.raises(errors.NeedsCheck):
            confirming.confirm(call_request, admin_user)
        assert confirming.confirm(call_request, admin_user, checked=True)
    call_request.refresh_from_db()
    assert (call_request.slot_start, call_request.confirmed_for) == (at(2, 9), None)
    place_at(0)
    assert state(call_request)[0] == Status.CALLED


def test_a_booking_set_aside_goes_back_into_a_slot_that_is_closed_by_now(
    widget: Widget, admin_user: User
) -> None:
    call_request = held(widget)
    change(widget, AFTERNOONS)
    with clock.set_to(at(1, 20)):
        assert confirming.confirm(call_request, admin_user, checked=True)
    place_at(0)
    assert state(call_request)[0] == Status.CALLED


def test_a_booking_set_aside_whose_slot_has_begun_is_not_called_by_a_confirmation(
    widget: Widget, admin_user: User
) -> None:
    call_request = held(widget)
    with clock.set_to(at(2, 9)), pytest.raises(errors.NothingToConfirm):
        confirming.confirm(call_request, admin_user, checked=True)
    assert state(call_request)[0] == Status.UNCERTAIN
    with clock.set_to(at(1, 20)):
        assert confirming.to_confirm([call_request]) == {call_request.pk}
    with clock.set_to(at(2, 9)):
        assert confirming.to_confirm([call_request]) == set()


def test_a_retry_keeps_the_confirmation_of_its_slot_and_no_other(
    outside: CallRequest, admin_user: User
) -> None:
    confirm(outside, admin_user)
    assert actions.hold(outside)
    with clock.set_to(at(1, 20)):
        assert retrying.retry(outside, admin_user, checked=True)
    outside.refresh_from_db()
    assert (outside.due_at, outside.confirmed_for) == (at(2, 9), at(2, 9))
    assert actions.hold(outside)
    with clock.set_to(at(2, 9) + timedelta(minutes=1)):
        assert retrying.retry(outside, admin_user, checked=True)
    outside.refresh_from_db()
    assert (outside.due_at, outside.confirmed_for) == (at(2, 14), None)


@pytest.mark.long
def test_nobody_confirms_a_slot_outside_the_legal_hours_for_sales_calls(admin_user: User) -> None:
    widget = widget_with(**TOWN_HALL)
    waiting, set_aside = booking(widget), booking(widget)
    widget.sales_hours = True
    change(widget, AFTERNOONS)
    CallRequest.objects.filter(pk=set_aside.pk).update(status=Status.UNCERTAIN)
    for row in (waiting, set_aside):
        fresh = CallRequest.objects.get(pk=row.pk)
        with clock.set_to(at(1, 20)), pytest.raises(errors.NothingToConfirm):
            confirming.confirm(fresh, admin_user, checked=True)
    with clock.set_to(at(1, 20)):
        assert confirming.to_confirm(CallRequest.objects.all()) == set()
    place_at(0)
    assert state(waiting)[0] == Status.QUEUED


def test_only_the_requests_that_were_asked_about_are_looked_up(
    widget: Widget, outside: CallRequest
) -> None:
    asked = booking(widget, slot_start=at(2, 14), slot_end=at(2, 14, 30))
    with clock.set_to(at(1, 20)):
        assert confirming.to_confirm([asked]) == set()
        CallRequest.objects.filter(pk=outside.pk).update(erased_at=at(1, 20))
        assert confirming.to_confirm([outside]) == set()


def test_the_note_of_the_person_stays_when_an_uncertain_booking_is_confirmed(
    widget: Widget, admin_user: User
) -> None:
    with clock.set_to(at(1, 20)):
        confirming.confirm(held(widget), admin_user, checked=True, note="She called us.")
    assert Move.objects.get(name="retry").note == "She called us."


def test_that_another_widget_keeps_to_the_legal_hours_does_not_matter(
    outside: CallRequest, admin_user: User
) -> None:
    widget_with(**TOWN_HALL, sales_hours=True)
    assert confirm(outside, admin_user)


@pytest.mark.long
def test_the_confirmation_ends_when_the_widget_keeps_to_the_legal_hours(
    widget: Widget, outside: CallRequest, admin_user: User
) -> None:
    """At nine in the morning no sales call is legal, whoever had confirmed it before."""
    assert confirm(outside, admin_user)
    widget.sales_hours = True
    change(widget, TOWN_HALL["opening_hours"])
    outside.refresh_from_db()
    assert outside.confirmed_for is None
    assert place_at(10) is PlaceResult.IDLE
    round_at(at(2, 9, 31))
    assert state(outside) == (Status.FAILED, Reason.CLOSED)
