"""What becomes of a call in a time slot when the hours change, or when staff retry it."""

import pytest
from django.contrib.auth.models import User

from callbacks.core import clock
from callbacks.dispatch import place_next
from callbacks.lifecycle import retrying
from callbacks.models import Reason, Status
from callbacks.models.widget_hours import WhenClosed
from callbacks.widget_changes import widget_store
from callbacks.worker import housekeeping
from tests.support.bookings import booking, change, round_at
from tests.support.call_service.fake_api import FakeApi
from tests.support.hours.december import TOWN_HALL, at, widget_with

pytestmark = pytest.mark.django_db


@pytest.mark.long
def test_a_change_of_hours_never_drops_a_booking_and_never_calls_outside_them():
    widget = widget_with(**TOWN_HALL)
    call_request = booking(widget)
    change(widget, "Mo-Fr 14:00-18:00; PH off")
    call_request.refresh_from_db()
    assert (call_request.status, call_request.slot_start) == (Status.QUEUED, at(2, 9))
    with clock.set_to(at(2, 9, 10)):
        housekeeping.run_round()
        place_next(FakeApi())
    call_request.refresh_from_db()
    assert call_request.status == Status.QUEUED
    round_at(at(2, 9, 30))
    call_request.refresh_from_db()
    assert (call_request.status, call_request.reason) == (Status.FAILED, Reason.CLOSED)


def test_a_booking_that_nobody_could_call_in_time_was_too_late() -> None:
    call_request = booking(widget_with(**TOWN_HALL))
    round_at(at(2, 9, 30))
    call_request.refresh_from_db()
    assert (call_request.status, call_request.reason) == (Status.FAILED, Reason.TOO_LATE)


def test_a_booking_is_called_when_its_widget_has_no_hours_any_more():
    widget = widget_with(**TOWN_HALL)
    call_request = booking(widget)
    with clock.set_to(at(1, 20)):
        widget.opening_hours = widget.holidays = ""
        widget.full_clean()
        widget_store.save(widget)
    with clock.set_to(at(2, 9)):
        place_next(FakeApi())
    call_request.refresh_from_db()
    assert call_request.status == Status.CALLED


def test_a_widget_that_is_closed_for_good_keeps_a_booking_until_its_end() -> None:
    widget = widget_with(**TOWN_HALL)
    call_request = booking(widget)
    with clock.set_to(at(1, 20)):
        widget.holidays = ""
    change(widget, "2026 Nov 30 09:00-12:00")
    call_request.refresh_from_db()
    assert call_request.status == Status.QUEUED
    round_at(at(2, 9, 30))
    call_request.refresh_from_db()
    assert (call_request.status, call_request.reason) == (Status.FAILED, Reason.CLOSED)


def test_a_retry_before_the_slot_goes_back_into_it(admin_user: User) -> None:
    call_request = booking(widget_with(**TOWN_HALL), status=Status.FAILED)
    with clock.set_to(at(1, 20)):
        assert retrying.retry(call_request, admin_user)
    call_request.refresh_from_db()
    assert (call_request.due_at, call_request.patience_until) == (at(2, 9), at(2, 9, 30))
    assert (call_request.slot_start, call_request.slot_end) == (at(2, 9), at(2, 9, 30))
    assert call_request.queue_position is None


def test_a_retry_after_the_slot_is_for_now_and_holds_no_place(admin_user: User) -> None:
    widget = widget_with(**TOWN_HALL, patience_minutes=15)
    call_request = booking(widget, status=Status.FAILED)
    with clock.set_to(at(2, 10)):
        assert retrying.retry(call_request, admin_user)
    call_request.refresh_from_db()
    assert (call_request.due_at, call_request.patience_until) == (at(2, 10), at(2, 10, 15))
    assert (call_request.slot_start, call_request.slot_end) == (None, None)


def test_a_retry_of_a_slot_that_is_closed_by_now_is_for_the_next_opening(admin_user: User) -> None:
    widget = widget_with(**TOWN_HALL)
    call_request = booking(widget, status=Status.FAILED)
    change(widget, "Mo-Fr 14:00-18:00; PH off")
    with clock.set_to(at(1, 20)):
        assert retrying.retry(call_request, admin_user)
    call_request.refresh_from_db()
    assert (call_request.due_at, call_request.slot_start) == (at(2, 14), None)


def test_a_retry_goes_back_into_its_slot_although_another_booking_is_closed_by_now(
    admin_user: User,
) -> None:
    call_request = booking(widget_with(**TOWN_HALL), status=Status.FAILED)
    closed = widget_with(**TOWN_HALL)
    booking(closed)
    change(closed, "Mo-Fr 14:00-18:00; PH off")
    with clock.set_to(at(1, 20)):
        assert retrying.retry(call_request, admin_user)
    call_request.refresh_from_db()
    assert call_request.slot_start == at(2, 9)


def test_an_uncertain_booking_is_retried_in_its_own_slot_although_it_is_full(
    admin_user: User,
) -> None:
    widget = widget_with(
        **TOWN_HALL, when_closed=WhenClosed.OFFER_TIMES, slot_minutes=30, slot_capacity=1
    )
    call_request = booking(widget, status=Status.UNCERTAIN)
    with clock.set_to(at(1, 20)):
        assert retrying.retry_in_chosen_slot(
            call_request, admin_user, checked=True, slot_start=at(2, 9)
        )
    call_request.refresh_from_db()
    assert (call_request.status, call_request.slot_start) == (Status.QUEUED, at(2, 9))
