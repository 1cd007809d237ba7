"""Staff move a booking to another free time slot, and a cancelled one frees its place."""

import re
from collections.abc import Iterator
from datetime import datetime

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse
from django.utils import translation

from callbacks.core import clock
from callbacks.intake import rescheduling
from callbacks.lifecycle import actions
from callbacks.models import Actor, AuditEntry, CallRequest, Move, Status, Widget
from callbacks.scheduling import slots
from callbacks.scheduling.slots import spelled
from tests.support.bookings import booked
from tests.support.factories import make_request
from tests.support.hours.december import NOW, TOWN_HALL, at, widget_with
from tests.support.staff.pages import messages_on, signed_in

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def december() -> Iterator[None]:
    with clock.set_to(NOW):
        yield


@pytest.fixture
def widget() -> Widget:
    return widget_with(**TOWN_HALL, name="Town hall", slot_capacity=1)


@pytest.fixture
def booking(widget: Widget) -> CallRequest:
    return booked(widget, at(3, 14), queue_position=None)


def address(call_request: CallRequest) -> str:
    return reverse("admin:callbacks_callrequest_reschedule", args=[call_request.pk])


def move(client: Client, call_request: CallRequest, start: datetime, page: str = "") -> str:
    """Ask, send the form, and return the page that follows."""
    asked = page or client.get(address(call_request)).text
    [seen] = re.findall(r'name="seen" value="([^"]*)"', asked)
    sent = {"seen": seen, "when": spelled(start), "note": "as agreed"}
    return str(client.post(address(call_request), sent, follow=True).text)


def free(widget: Widget) -> set[datetime]:
    return {slot.start for slot in slots.free_slots(widget, "", NOW)}


@pytest.mark.long
def test_a_booking_is_moved_on_record_and_frees_its_place(
    agent: User, widget: Widget, booking: CallRequest
) -> None:
    client = signed_in(agent)
    own_page = reverse("admin:callbacks_callrequest_change", args=[booking.pk])
    assert address(booking) in client.get(own_page).text
    asked = client.get(address(booking)).text
    assert "3 Dec. 2026 14:00–14:30" in asked
    booking.refresh_from_db()
    assert booking.slot_start == at(3, 14)  # asking changes nothing
    answer = move(client, booking, at(3, 15))
    assert "The call is moved to the new time slot." in messages_on(answer)
    assert "Moved to another time" in answer
    booking.refresh_from_db()
    assert (booking.due_at, booking.slot_start, booking.slot_end, booking.patience_until) == (
        *(at(3, 15), at(3, 15), at(3, 15, 30), at(3, 15, 30)),
    )
    made = Move.objects.get()
    assert (made.name, made.actor, made.person, made.note) == (
        *("reschedule", Actor.STAFF, agent, "as agreed"),
    )
    assert AuditEntry.objects.get(action="request.reschedule").person == agent
    assert at(3, 14) in free(widget)
    assert at(3, 15) not in free(widget)


def test_it_does_not_count_among_the_visitor_s_moves(staff: Client, booking: CallRequest) -> None:
    for hour in (9, 10, 11, 9, 10, 11, 9):
        assert "The call is moved to the new time slot." in move(staff, booking, at(4, hour))
    assert rescheduling.may_be_rescheduled(booking)
    booking.refresh_from_db()
    for hour in (14, 15, 16, 14, 15):
        assert rescheduling.reschedule(booking, spelled(at(4, hour)))
    assert not rescheduling.may_be_rescheduled(booking)
    assert "The call is moved to the new time slot." in move(staff, booking, at(4, 9))


def test_a_slot_that_is_full_or_closed_cannot_be_chosen(
    staff: Client, widget: Widget, booking: CallRequest
) -> None:
    page = staff.get(address(booking)).text
    booked(widget, at(3, 15))
    for start in (at(3, 15), at(5, 10), at(3, 14, 7), at(1, 9)):
        assert "This time can no longer be chosen." in move(staff, booking, start, page)
    assert not Move.objects.exists()


def test_a_booking_that_has_changed_meanwhile_is_left_alone(
    staff: Client, widget: Widget, booking: CallRequest
) -> None:
    page = staff.get(address(booking)).text
    assert rescheduling.reschedule(booking, spelled(at(4, 9)))
    assert "the request has changed in the meantime" in move(staff, booking, at(3, 15), page)
    booking.refresh_from_db()
    assert booking.slot_start == at(4, 9)


def test_what_does_not_wait_for_a_later_call_cannot_be_moved(staff: Client, widget: Widget) -> None:
    for row in (make_request(widget=widget), booked(widget, at(3, 14), status=Status.CALLED)):
        own_page = reverse("admin:callbacks_callrequest_change", args=[row.pk])
        assert address(row) not in staff.get(own_page).text
        assert "No other time slot can be chosen" in staff.get(address(row)).text
        staff.post(address(row), {"when": spelled(at(3, 15))})
    assert not Move.objects.exists()


def test_the_confirmation_of_a_slot_does_not_move_with_the_call(
    staff: Client, booking: CallRequest
) -> None:
    CallRequest.objects.update(confirmed_for=booking.due_at)
    move(staff, booking, at(3, 15))
    booking.refresh_from_db()
    assert booking.confirmed_for is None


def test_a_cancelled_booking_frees_its_place(
    chief: User, widget: Widget, booking: CallRequest
) -> None:
    assert at(3, 14) not in free(widget)
    with translation.override("en"):
        assert actions.cancel(booking, chief)
    assert at(3, 14) in free(widget)
