"""The page that says what a visitor would be offered on a date and time, and why."""

import re
from datetime import UTC, datetime
from html import unescape
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from callbacks.core import clock
from callbacks.models import Widget
from callbacks.models.widget_hours import WhenClosed
from callbacks.widget_changes import widget_store
from tests.support.factories import make_request

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 12, 1, 9, 30, tzinfo=UTC)  # a Tuesday, 10:30 in Paris
HOURS = 'Mo-Th 09:00-12:00,14:00-18:00; Fr 20:00-02:00; PH off; Dec 24 09:00-12:00 "Eve"'


def make(**fields: Any) -> Widget:
    chosen = {"opening_hours": HOURS, "holidays": "FR"} | fields
    widget = Widget(name="W", originate="s", slot_minutes=60, slot_lead_minutes=0, **chosen)
    with clock.set_to(NOW):
        widget.full_clean()
        widget_store.save(widget)
    return widget


def asked(client: Client, widget: Widget, **fields: str) -> str:
    """Return the words of the page."""
    address = reverse("admin:callbacks_widget_offer", args=[widget.pk])
    with clock.set_to(NOW):
        answer = client.get(address, fields)
    assert answer.status_code == 200
    return " ".join(unescape(re.sub("<[^>]+>", " ", answer.text)).split())


@pytest.mark.parametrize(
    ("at", "parts"),
    [
        (
            "2026-12-01T11:30",
            [
                "Open Why Tuesday: 09:00–12:00, 14:00–18:00",
                "A call now, until Tuesday 1 Dec. 2026 11:45 at the latest.",
                "slots Tuesday 1 Dec. 2026 14:00",
            ],
        ),
        (
            "2026-12-01T13:00",
            [
                "Closed Why Tuesday: 09:00–12:00",
                "Offer times, and a call at the next opening",
                "Next opening: Tuesday 1 Dec. 2026 14:00.",
            ],
        ),
        ("2026-12-05T01:30", ["Open Why Friday: 20:00–02:00 Saturday: closed", "A call now"]),
        ("2026-12-05T02:00", ["Closed Why Saturday: closed"]),
        ("2026-12-24T10:00", ["Open Why December 24 each year: 09:00–12:00 (Eve)"]),
        ("2026-12-25T21:00", ["Closed Why Public holidays: closed", "Monday 28 Dec. 2026 09:00."]),
    ],
)
def test_the_answer_says_what_and_why(staff: Client, at: str, parts: list[str]) -> None:
    said = asked(staff, make(), at=at)
    for part in parts:
        assert part in said


def test_a_full_slot_is_not_among_the_free_ones(staff: Client) -> None:
    widget = make()
    slot = {
        "slot_start": NOW.replace(hour=13, minute=0),
        "slot_end": NOW.replace(hour=14, minute=0),
    }
    make_request(widget=widget, due_at=slot["slot_start"], is_scheduled=True, **slot)
    said = asked(staff, widget, at="2026-12-01T13:00")
    assert "First free time slots Tuesday 1 Dec. 2026 15:00" in said


def test_the_legal_hours_are_those_of_the_person_called(staff: Client) -> None:
    widget = make(sales_hours=True)
    assert "Open Why" in asked(staff, widget, at="2026-12-01T11:30", zone="Europe/Paris")
    # 10:30 in Paris is 13:30 on Réunion, between the legal hours.
    said = asked(staff, widget, at="2026-12-01T10:30", zone="Indian/Reunion")
    assert "Closed Why" in said
    assert "the law allows no sales calls to this person" in said


def test_a_widget_without_hours_is_always_open(staff: Client) -> None:
    said = asked(staff, make(opening_hours="", holidays=""), at="2026-12-06T03:00")
    assert "Open Why This widget has no opening hours" in said


@pytest.mark.parametrize("field", ["is_paused", "is_active"])
def test_a_widget_whose_form_is_not_shown_offers_nothing(staff: Client, field: str) -> None:
    widget = make(**{field: field == "is_paused"})
    said = asked(staff, widget, at="2026-12-01T11:30")
    assert "Nothing: the widget is" in said
    assert "First free time slots None" in said


def test_a_widget_that_offers_no_times_names_no_free_ones(staff: Client) -> None:
    widget = make(when_closed=WhenClosed.NEXT_OPENING)
    said = asked(staff, widget, at="2026-12-01T13:00")
    assert "Next opening: Tuesday 1 Dec. 2026 14:00." in said
    assert "First free time slots None" in said


@pytest.mark.parametrize("at", ["2026-11-30T10:00", "2028-01-01T10:00", "soon", "2026-12-01"])
def test_another_time_is_refused(staff: Client, at: str) -> None:
    assert "Why" not in asked(staff, make(), at=at).split("Check")[-1]


def test_the_page_of_the_widget_leads_there(staff: Client) -> None:
    widget = make()
    page = staff.get(reverse("admin:callbacks_widget_change", args=[widget.pk])).text
    assert f'href="{reverse("admin:callbacks_widget_offer", args=[widget.pk])}"' in page
    assert "at" in asked(staff, widget)
