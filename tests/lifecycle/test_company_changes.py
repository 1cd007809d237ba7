"""Whether the company moved or cancelled a call follows from its own moves and entries alone."""

from typing import Any

import pytest
from django.contrib.auth.models import User

from callbacks.accounts import audit_log
from callbacks.core import clock
from callbacks.intake.rescheduling import reschedule
from callbacks.lifecycle import actions, retrying
from callbacks.lifecycle.company_changes import Rescheduled, is_cancelled, rescheduled
from callbacks.models import AuditEntry, CallRequest, Status, Widget
from callbacks.scheduling.slots import spelled
from tests.support.bookings import booking
from tests.support.hours.december import TOWN_HALL, at, widget_with

pytestmark = pytest.mark.django_db


@pytest.fixture
def widget() -> Widget:
    return widget_with(**TOWN_HALL, slot_minutes=30)


def booked(widget: Widget, **fields: Any) -> CallRequest:
    return CallRequest.objects.get(pk=booking(widget, **fields).pk)


def move(call_request: CallRequest, person: User, hour: int = 14) -> None:
    """Move the call to this hour of 3 December."""
    with clock.set_to(at(1, 20)):
        assert reschedule(call_request, spelled(at(3, hour)), person=person)


def test_a_retry_by_staff_is_not_a_move(widget: Widget, admin_user: User) -> None:
    failed = booked(widget, status=Status.FAILED)
    with clock.set_to(at(1, 20)):
        assert retrying.retry(failed, admin_user)
    assert rescheduled(failed) is None


def test_a_note_right_after_the_move_does_not_hide_the_old_time(
    widget: Widget, admin_user: User
) -> None:
    call_request = booked(widget)
    move(call_request, admin_user)
    with clock.set_to(at(1, 20)):
        actions.add_note(call_request, admin_user, "Is on the phone in the morning.")
    assert rescheduled(call_request) == Rescheduled(at(2, 9))


def test_the_entry_of_an_earlier_move_does_not_tell_the_old_time_of_a_later_one(
    widget: Widget, admin_user: User
) -> None:
    call_request = booked(widget)
    move(call_request, admin_user)
    AuditEntry.objects.update(at=at(1, 19))
    assert rescheduled(call_request) == Rescheduled(None)


def test_the_move_of_another_request_at_the_same_moment_is_not_its_own(
    widget: Widget, admin_user: User
) -> None:
    later = {"slot_start": at(2, 10), "slot_end": at(2, 10, 30), "due_at": at(2, 10)}
    call_request, other = booked(widget), booked(widget, **later)
    move(call_request, admin_user)
    move(other, admin_user, 15)
    assert rescheduled(call_request) == Rescheduled(at(2, 9))


def test_an_entry_about_something_else_with_the_same_number_is_not_its_own(
    widget: Widget, admin_user: User
) -> None:
    call_request = booked(widget)
    move(call_request, admin_user)
    with clock.set_to(at(1, 20)):
        audit_log.record(admin_user, audit_log.RESCHEDULE, widget)
    AuditEntry.objects.filter(object_type="callbacks.widget").update(object_id=call_request.pk)
    assert rescheduled(call_request) == Rescheduled(at(2, 9))


def test_a_visitor_who_cancels_is_not_the_company_also_after_a_retry_by_staff(
    widget: Widget, admin_user: User
) -> None:
    call_request = booked(widget, status=Status.FAILED)
    with clock.set_to(at(1, 20)):
        assert retrying.retry(call_request, admin_user)
        assert actions.cancel_by_visitor(call_request)
    assert not is_cancelled(call_request)
