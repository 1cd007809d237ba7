"""A booked call as a file for the visitor's calendar: one event, updated and cancelled in place."""

from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.test import Client
from django.urls import reverse
from icalendar import Calendar

from callbacks.core import clock
from callbacks.lifecycle import actions, transitions
from callbacks.models import CallRequest, Status, Widget
from callbacks.scheduling import calendar_file
from callbacks.scheduling.slots import spelled
from tests.support import bookings
from tests.support.factories import make_request
from tests.support.hours.december import TOWN_HALL, at, widget_with

pytestmark = pytest.mark.django_db

ENDED = {Status.FAILED, Status.CANCELLED}


def booking(widget: Widget | None = None, **fields: Any) -> CallRequest:
    widget = widget or widget_with(**TOWN_HALL, slot_minutes=30, company_name="Mairie")
    return bookings.booking(widget, **{"language": "en"} | fields)


def path_of(call_request: CallRequest) -> str:
    return reverse("public:calendar", args=[call_request.token])


def file_of(call_request: CallRequest) -> tuple[Any, Any, str]:
    """The calendar, its only event, and the text of the file."""
    with clock.set_to(at(1, 20)):
        answer = Client().get(path_of(call_request))
    assert answer.status_code == 200
    assert answer["Content-Type"] == "text/calendar; charset=utf-8"
    assert answer["Content-Disposition"] == 'attachment; filename="call.ics"'
    assert "no-store" in answer["Cache-Control"]
    assert not answer.cookies
    calendar = Calendar.from_ical(answer.content)
    [event] = calendar.events
    return calendar, event, answer.content.decode().replace("\r\n ", "")


def test_the_status_page_links_to_the_event_of_the_booked_call() -> None:
    call_request = booking()
    with clock.set_to(at(1, 20)):
        page = Client().get(call_request.get_absolute_url()).content.decode()
    assert f'href="{path_of(call_request)}"' in page
    assert "Add to my calendar" in page
    calendar, event, text = file_of(call_request)
    assert calendar["method"] == "PUBLISH"
    assert event["uid"] == f"{call_request.public_id}@testserver"
    assert (event["sequence"], event["status"]) == (0, "CONFIRMED")
    assert (event.start, event.end) == (at(2, 9), at(2, 9, 30))
    assert event["summary"] == "Phone call from Mairie"
    assert call_request.token not in text
    assert "612345678" not in text
    assert "DTSTART:2026" in text


def test_moving_the_call_updates_the_event_and_cancelling_removes_it() -> None:
    call_request = booking()
    _calendar, first, _text = file_of(call_request)
    with clock.set_to(at(1, 20)):
        move = reverse("public:time", args=[call_request.token])
        assert Client().post(move, {"when": spelled(at(3, 14))}).status_code == 303
    _calendar, moved, _text = file_of(call_request)
    assert (moved.start, moved.end) == (at(3, 14), at(3, 14, 30))
    assert moved["uid"] == first["uid"]
    assert moved["sequence"] > first["sequence"]
    call_request.refresh_from_db()
    with clock.set_to(at(1, 20)):
        assert actions.cancel_by_visitor(call_request)
        page = Client().get(call_request.get_absolute_url()).content.decode()
    assert "Remove the call from my calendar" in page
    calendar, cancelled, _text = file_of(call_request)
    assert (calendar["method"], cancelled["status"]) == ("CANCEL", "CANCELLED")
    assert cancelled["uid"] == first["uid"]
    assert cancelled["sequence"] > moved["sequence"]


def test_a_booking_that_staff_close_after_a_restored_backup_leaves_the_calendar() -> None:
    call_request = booking(status=Status.UNCERTAIN)
    calendar, before, _text = file_of(call_request)
    assert calendar["method"] == "PUBLISH"
    person = get_user_model().objects.create_user("anne")
    with clock.set_to(at(1, 20)):
        assert actions.close(call_request, person)
    calendar, closed, _text = file_of(call_request)
    assert (calendar["method"], closed["status"]) == ("CANCEL", "CANCELLED")
    assert closed["sequence"] > before["sequence"]


def test_every_move_that_ends_a_call_raises_the_sequence() -> None:
    ending = {move.name for move in transitions.MOVES.values() if move.target in ENDED}
    assert ending <= set(calendar_file.CHANGES)


LEFT = "This call has no time slot any more. If the old one is in your calendar, remove it."
REMOVE = "Remove the call from my calendar"


def page_of(call_request: CallRequest) -> str:
    with clock.set_to(at(1, 20)):
        return Client().get(call_request.get_absolute_url()).text


def move(call_request: CallRequest, when: str) -> None:
    with clock.set_to(at(1, 20)):
        path = reverse("public:time", args=[call_request.token])
        assert Client().post(path, {"when": when}).status_code == 303


def test_a_booking_that_is_moved_to_the_next_opening_leaves_the_calendar() -> None:
    call_request = booking(asked_for=spelled(at(2, 9)))
    assert LEFT not in page_of(call_request)
    _calendar, booked, _text = file_of(call_request)
    move(call_request, "opening")
    page = page_of(call_request)
    assert LEFT in page
    assert f'href="{path_of(call_request)}"' in page
    assert page.count(REMOVE) == 1
    assert "Add to my calendar" not in page
    calendar, event, _text = file_of(call_request)
    assert (calendar["method"], event["status"]) == ("CANCEL", "CANCELLED")
    assert event["uid"] == booked["uid"]
    assert event["sequence"] > booked["sequence"]
    assert "dtstart" not in event
    move(call_request, spelled(at(3, 14)))
    calendar, again, _text = file_of(call_request)
    assert (calendar["method"], again.start) == ("PUBLISH", at(3, 14))
    assert again["sequence"] > event["sequence"]
    assert LEFT not in page_of(call_request)


def test_a_call_that_was_booked_in_between_leaves_the_calendar_too() -> None:
    call_request = booking(slot_start=None, slot_end=None, asked_for="opening")
    assert LEFT not in page_of(call_request)
    move(call_request, spelled(at(3, 14)))
    move(call_request, "opening")
    assert LEFT in page_of(call_request)
    assert file_of(call_request)[0]["method"] == "CANCEL"
    call_request.refresh_from_db()
    with clock.set_to(at(1, 20)):
        assert actions.cancel_by_visitor(call_request)
    page = page_of(call_request)
    assert page.count(REMOVE) == 1
    assert LEFT not in page


@pytest.mark.parametrize(
    "company",
    ["A; B, C\\n", 'Quote " and : colon', "Très" + " longue" * 12, "日本電話株式会社" * 10],
)
def test_any_company_name_is_escaped(company: str) -> None:
    widget = widget_with(
        **TOWN_HALL, slot_minutes=30, company_name=company, caller_number="+33123456789"
    )
    calendar, event, text = file_of(booking(widget))
    assert event["summary"] == f"Phone call from {company}"
    assert "23 45 67 89" in event["description"].replace("\N{NO-BREAK SPACE}", " ")
    assert len(calendar.events) == 1
    assert text.count("BEGIN:VEVENT") == 1
    assert event["organizer"].startswith("mailto:")


def test_the_file_speaks_the_language_of_the_request() -> None:
    _calendar, event, _text = file_of(booking(language="fr"))
    assert event["summary"] == "Appel téléphonique de Mairie"


def test_there_is_no_file_without_a_time_slot_or_after_an_erasure() -> None:
    for call_request in (make_request(), booking(erased_at=at(1, 10), status=Status.CANCELLED)):
        with clock.set_to(at(1, 20)):
            assert Client().get(path_of(call_request)).status_code == 404
            page = Client().get(call_request.get_absolute_url()).content.decode()
        assert "calendar.ics" not in page
    assert Client().get(reverse("public:calendar", args=["unknown"])).status_code == 404
    assert Client().post(path_of(booking())).status_code == 405
