"""Staff who retry a booking whose slot is full by now are told so first, one by one and by list."""

from collections.abc import Iterator

import pytest
from django.test import Client
from django.urls import reverse

from callbacks.core import clock
from callbacks.models import CallRequest, Status, Widget
from tests.support.bookings import booked
from tests.support.hours.december import NOW, TOWN_HALL, at, widget_with
from tests.support.staff.pages import action_url, ask, confirm, fields_of, select

pytestmark = pytest.mark.django_db

DONE = ["1 request is back in the queue."]


@pytest.fixture(autouse=True)
def december() -> Iterator[None]:
    with clock.set_to(NOW):
        yield


@pytest.fixture
def widget() -> Widget:
    return widget_with(**TOWN_HALL, slot_capacity=2)


@pytest.fixture
def failed(widget: Widget) -> CallRequest:
    """A booking for 3 December at 14:00, whose slot has one other call."""
    booked(widget, at(3, 14))
    return booked(widget, at(3, 14), status=Status.FAILED, reason="closed")


def page(client: Client, call_request: CallRequest) -> str:
    """Return the page that asks, with single spaces."""
    html = client.get(action_url("retry"), {"request": call_request.pk}).text
    return " ".join(html.split())


def test_a_slot_with_a_free_place_asks_nothing_more(staff: Client, failed: CallRequest) -> None:
    html = page(staff, failed)
    assert "1 person is called in the time slot that they booked" in html
    assert "The time slot is full." not in html
    assert "outside the opening hours" not in html
    assert confirm(staff, "retry", fields_of(html, action_url("retry"))) == DONE


def test_a_full_slot_is_named_and_going_on_puts_one_more_call_into_it(
    staff: Client, failed: CallRequest, widget: Widget
) -> None:
    booked(widget, at(3, 14))
    html = page(staff, failed)
    assert "The time slot is full." in html
    assert "its time slot holds one more call than it has places:" in html
    assert "3 Dec. 2026 14:00–14:30: 2 of 2 places taken" in html
    assert confirm(staff, "retry", fields_of(html, action_url("retry"))) == DONE
    failed.refresh_from_db()
    assert (failed.status, failed.slot_start) == (Status.QUEUED, at(3, 14))
    assert "Over capacity" in staff.get(reverse("admin:bookings")).text


def test_a_slot_that_fills_while_the_page_is_open_is_told_and_nothing_is_done(
    staff: Client, failed: CallRequest, widget: Widget
) -> None:
    shown = ask(staff, "retry", failed)
    booked(widget, at(3, 14))
    (told,) = confirm(staff, "retry", shown)
    assert told.startswith("Not retried, because the time slot has filled in the meantime: ")
    failed.refresh_from_db()
    assert failed.status == Status.FAILED
    assert confirm(staff, "retry", ask(staff, "retry", failed)) == DONE


def test_in_the_list_those_after_the_last_place_are_named(
    staff: Client, failed: CallRequest, widget: Widget
) -> None:
    second = booked(widget, at(3, 14), status=Status.FAILED)
    html = " ".join(select(staff, "retry", second, failed).split())
    assert "2 people are called in the time slots that they booked" in html
    assert html.count("2 of 2 places taken") == 1
    shown = fields_of(html, action_url("retry"))
    assert shown["overbook"] == [str(second.pk)]
    assert confirm(staff, "retry", shown) == ["2 requests are back in the queue."]


@pytest.mark.parametrize("typed", ["x", "9" * 99, "\0", "-1"])
def test_a_hostile_field_overbooks_nothing(
    staff: Client, failed: CallRequest, widget: Widget, typed: str
) -> None:
    booked(widget, at(3, 14))
    shown = ask(staff, "retry", failed) | {"overbook": [typed]}
    (told,) = confirm(staff, "retry", shown)
    assert "has filled in the meantime" in told
