"""Widgets with their hours, and their free time slots, as the form offers them."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from callbacks.api import problems
from callbacks.core import clock
from callbacks.models import Scope, Widget
from callbacks.scheduling import offer, slots
from tests.support.api import API, caller, check_problem
from tests.support.factories import make_widget
from tests.support.hours.widgets import open_widget

pytestmark = pytest.mark.django_db

MONDAY = datetime(2026, 6, 1, 5, tzinfo=UTC)


def test_a_widget_without_hours_is_always_open() -> None:
    widget = make_widget()
    told = caller(Scope.READ).get(f"{API}/widgets/{widget.public_id}/slots").json()
    assert (told["takes_requests"], told["is_open"], told["slots"]) == (True, True, [])


def test_an_inactive_widget_is_not_found() -> None:
    widget = make_widget(is_active=False)
    path = f"{API}/widgets/{widget.public_id}/slots"
    check_problem(caller(Scope.READ).get(path), problems.NOT_FOUND)


def test_a_paused_widget_offers_nothing() -> None:
    widget = make_widget()
    Widget.objects.filter(pk=widget.pk).update(is_paused=True)
    told = caller().get(f"{API}/widgets/{widget.public_id}/slots").json()
    assert (told["takes_requests"], told["slots"]) == (False, [])


@pytest.mark.parametrize("count", [1, 3])
def test_the_slots_are_those_of_the_form(count: int) -> None:
    with clock.set_to(MONDAY):
        widget = open_widget(
            MONDAY,
            opening_hours="Mo-Fr 09:00-18:00",
            when_closed="offer_times",
            days_ahead=count + 2,
        )
        client = caller(Scope.READ, widget=widget)
        client.get(f"{API}/requests")  # stores the last use
        path = f"{API}/widgets/{widget.public_id}/slots"
        with CaptureQueriesContext(connection) as queries:
            told = client.get(path).json()
        offered = offer.of(widget, all_days=True)
    assert offered.slots
    assert [one["when"] for one in told["slots"]] == [
        slots.spelled(slot.start) for slot in offered.slots
    ]
    assert (told["is_open"], told["takes_opening"]) == (False, True)
    assert datetime.fromisoformat(told["opens_at"]) == offered.opens_at
    assert len(queries) <= 7, [one["sql"] for one in queries]


def test_widgets_are_read_with_their_hours(settings: Any) -> None:
    shop = make_widget(
        name="Shop", has_hours=True, opening_hours="Mo-Fr 09:00-18:00", time_zone="Europe/Paris"
    )
    other = make_widget(name="Other", is_active=False, language="fr")
    client = caller()
    listed = client.get(f"{API}/widgets").json()["widgets"]
    assert [one["id"] for one in listed] == [other.public_id, shop.public_id]
    told = client.get(f"{API}/widgets/{shop.public_id}").json()
    assert told == listed[1]
    assert told["opening_hours"] == Widget.objects.get(pk=shop.pk).opening_hours != ""
    assert (told["time_zone"], told["name"], told["is_active"]) == ("Europe/Paris", "Shop", True)
    assert told["form_url"] == f"{settings.PUBLIC_URL}/w/{shop.public_id}/"
    assert (listed[0]["is_active"], listed[0]["language"]) == (False, "fr")
    assert listed[0]["opening_hours"] == ""


def test_a_widget_says_whether_it_is_paused() -> None:
    until = clock.now() + timedelta(hours=1)
    widget = make_widget(is_paused=True, paused_until=until)
    path = f"{API}/widgets/{widget.public_id}"
    told = caller().get(path).json()
    assert told["is_paused"] is True
    assert datetime.fromisoformat(told["paused_until"]) - until < timedelta(milliseconds=1)
    with clock.set_to(until + timedelta(seconds=1)):
        told = caller().get(path).json()
    assert (told["is_paused"], told["paused_until"]) == (False, None)


def test_a_key_of_one_widget_reads_no_other() -> None:
    mine, other = make_widget(), make_widget()
    client = caller(*Scope, widget=mine)
    listed = client.get(f"{API}/widgets").json()["widgets"]
    assert [one["id"] for one in listed] == [mine.public_id]
    check_problem(client.get(f"{API}/widgets/{other.public_id}"), problems.NOT_FOUND)
    check_problem(Client().get(f"{API}/widgets"), problems.KEY_NEEDED)
