"""Staff see the bookings outside the changed hours, and confirm them one by one or by list."""

import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from callbacks.core import clock
from callbacks.models import CallRequest, Move, OpenPeriod, Reason, Status, Widget
from tests.support.bookings import booked
from tests.support.factories import make_request
from tests.support.hours.december import NOW, TOWN_HALL, at, widget_with

pytestmark = pytest.mark.django_db

BOOKINGS = reverse("admin:bookings")
LIST = reverse("admin:callbacks_callrequest_changelist")
ACT = reverse("admin:callbacks_callrequest_act", args=["confirm"])
FLAG = "Outside opening hours"
BUTTON = f'href="{ACT}?request='


@pytest.fixture(autouse=True)
def december() -> Iterator[None]:
    with clock.set_to(NOW):
        yield


@pytest.fixture
def widget() -> Widget:
    return widget_with(**TOWN_HALL, name="Town hall", slot_capacity=2)


@pytest.fixture
def outside(widget: Widget) -> CallRequest:
    call_request = booked(widget, at(3, 14))
    OpenPeriod.objects.filter(widget=widget, starts_at=at(3, 14)).delete()
    return call_request


def page_of(client: Client, call_request: CallRequest) -> str:
    address = reverse("admin:callbacks_callrequest_change", args=[call_request.pk])
    return str(client.get(address).text)


def ask(client: Client, *rows: CallRequest) -> str:
    """Select these requests in the list, choose "Confirm", and return the page that asks."""
    sent: dict[str, Any] = {"action": "confirm", "_selected_action": [row.pk for row in rows]}
    return str(client.post(LIST, sent).text)


def send(client: Client, page: str, **fields: str) -> str:
    """Send the form of the page that asks, and return the page that follows."""
    seen = re.findall(r'name="seen" value="([^"]*)"', page)
    sent = {"seen": seen, "back": "list", **fields}
    return str(client.post(ACT, sent, follow=True).text)


def test_the_request_s_page_says_that_it_is_outside_and_offers_to_confirm(
    staff: Client, widget: Widget, outside: CallRequest
) -> None:
    page = page_of(staff, outside)
    assert FLAG in page
    assert BUTTON in page
    assert "only if you confirm it" in page
    assert "3 Dec. 2026 14:00–14:30" in page
    inside = page_of(staff, booked(widget, at(4, 14)))
    assert FLAG not in inside
    assert BUTTON not in inside


def test_a_person_is_asked_first_and_the_booking_is_confirmed(
    staff: Client, outside: CallRequest
) -> None:
    asked = staff.get(ACT, {"request": outside.pk}).text
    assert "Confirm: 1 request" in asked
    assert "3 Dec. 2026 14:00–14:30" in asked
    outside.refresh_from_db()
    assert outside.confirmed_for is None
    answer = send(staff, asked, note="She called us.", back="detail")
    assert "1 booking is confirmed." in answer
    assert "a colleague confirmed the time slot" in answer
    assert "Time slot confirmed" in answer
    assert FLAG not in answer
    outside.refresh_from_db()
    assert outside.confirmed_for == outside.due_at
    assert "Outside the opening hours" not in staff.get(BOOKINGS).text


def test_the_list_marks_what_is_outside(
    staff: Client, widget: Widget, outside: CallRequest
) -> None:
    booked(widget, at(4, 14))
    booked(widget, at(3, 14), status=Status.CALLED)
    assert staff.get(LIST).text.count(FLAG) == 1


def test_several_are_confirmed_together_and_the_others_are_left_as_they_are(
    staff: Client, widget: Widget, outside: CallRequest
) -> None:
    second = booked(widget, at(3, 14, 30))
    inside = booked(widget, at(4, 14))
    called = booked(widget, at(3, 15), status=Status.CALLED)
    now = make_request(widget=widget)
    page = ask(staff, outside, second, inside, called, now)
    assert "Confirm: 2 requests" in page
    assert "1 request is left as it is: its time slot is inside the opening hours" in page
    assert "2 requests are left as they are: their status does not allow this" in page
    assert "2 bookings are confirmed." in send(staff, page)
    assert set(Move.objects.filter(name="confirm").values_list("call_request", flat=True)) == {
        outside.pk,
        second.pk,
    }


def test_a_booking_that_the_visitor_moved_meanwhile_is_not_confirmed(
    staff: Client, outside: CallRequest
) -> None:
    page = ask(staff, outside)
    CallRequest.objects.update(
        due_at=at(3, 15), slot_start=at(3, 15), slot_end=at(3, 15, 30), patience_until=at(3, 15, 30)
    )
    assert "it has changed in the meantime" in send(staff, page)
    assert not Move.objects.filter(name="confirm").exists()


def test_after_a_restore_those_whose_slot_is_ahead_go_back_into_it_and_no_other(
    staff: Client, widget: Widget, outside: CallRequest
) -> None:
    held = {"status": Status.UNCERTAIN, "reason": Reason.RESTORED}
    ahead, passed = booked(widget, at(4, 14), **held), booked(widget, at(1, 9), **held)
    CallRequest.objects.filter(pk=outside.pk).update(**held)
    outside.refresh_from_db()
    assert "which is still to come" in page_of(staff, ahead)
    assert BUTTON not in page_of(staff, passed)
    page = ask(staff, ahead, outside, passed)
    assert "Confirm: 2 requests" in page
    assert "or has passed" in page
    assert "Confirm: 2 requests" in send(staff, page)  # asked again: the box is not ticked
    assert not Move.objects.exists()
    assert "2 bookings are confirmed." in send(staff, page, confirmed="on")
    for row, status in ((ahead, "queued"), (outside, "queued"), (passed, "uncertain")):
        row.refresh_from_db()
        assert row.status == status
    assert (ahead.due_at, ahead.patience_until) == (at(4, 14), at(4, 14, 30))
    assert (outside.due_at, outside.confirmed_for) == (at(3, 14), at(3, 14))


def test_what_is_outside_a_slot_that_passed_while_the_page_was_open_is_told(
    staff: Client, outside: CallRequest
) -> None:
    page = ask(staff, outside)
    with clock.set_to(at(3, 14, 30) + timedelta(seconds=1)):
        answer = send(staff, page)
    assert (
        "Not confirmed, because the time slot is inside the opening hours, has passed, or" in answer
    )


def test_who_may_only_read_cannot_confirm(
    client: Client, outside: CallRequest, admin_user: User
) -> None:
    reader = User.objects.create_user("reader", password="x", is_staff=True)
    client.force_login(reader)
    assert client.post(ACT, {"seen": f"{outside.pk}:queued:0"}).status_code in {302, 403}
    outside.refresh_from_db()
    assert outside.confirmed_for is None
