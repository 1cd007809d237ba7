"""The checklist on the overview of a new site: what it lists, to whom, and until when."""

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from callbacks.core import clock
from callbacks.models import WebhookEvent, Widget
from callbacks.staff.overview.first_steps import NEW_UNTIL_REQUESTS, first_steps
from callbacks.stats import counting
from callbacks.webhooks import endpoints
from callbacks.worker import heartbeat
from tests.support.factories import make_called, make_request, make_widget
from tests.support.staff.pages import make_staff, signed_in

pytestmark = pytest.mark.django_db

INDEX = reverse("admin:index")
TITLES = [
    "Start the call workers",
    "Create a widget",
    "Tell visitors who calls",
    "Choose who receives alerts",
    "Place a test call",
    "Put the widget on your site",
]


@pytest.fixture(autouse=True)
def nobody_is_alerted(settings: Any) -> None:
    settings.ALERT_EMAILS = []


def left(person: User, called: int = 0) -> list[str]:
    steps = first_steps(person, called=called, now=clock.now())
    return [step.title for step in steps if not step.is_done]


def shown(staff: Client) -> list[str]:
    return [step.title for step in staff.get(INDEX).context["first_steps"] if not step.is_done]


def test_a_new_site_has_everything_to_do(staff: Client, chief: User) -> None:
    assert left(chief) == TITLES
    html = staff.get(INDEX).text.partition("First steps")[2]
    places = [html.index(title) for title in TITLES]
    assert places == sorted(places)
    assert reverse("admin:callbacks_widget_add") in html


def test_each_step_is_ticked_by_what_it_asks_for(chief: User, settings: Any) -> None:
    heartbeat.beat()
    assert left(chief) == TITLES[1:]
    widget = make_widget(company_name="", allowed_origins=[])
    assert left(chief) == TITLES[2:]
    Widget.objects.update(company_name="Boats")
    assert left(chief) == TITLES[3:]
    settings.ALERT_EMAILS = ["boss@boats.example"]
    assert left(chief) == TITLES[4:]
    assert left(chief, called=1) == TITLES[5:]
    Widget.objects.filter(pk=widget.pk).update(allowed_origins=["https://boats.example"])
    assert first_steps(chief, called=1, now=clock.now()) == []


def test_an_endpoint_for_alerts_counts_unless_it_is_paused(chief: User) -> None:
    endpoint = endpoints.create("https://hooks.example/", [WebhookEvent.ALERT], None)
    assert TITLES[3] not in left(chief)
    endpoint.paused_at = clock.now()
    endpoint.save()
    assert TITLES[3] in left(chief)


def test_the_figures_say_that_a_call_was_placed(staff: Client) -> None:
    assert TITLES[4] in shown(staff)
    make_called(3)
    counting.rebuild(clock.now() - timedelta(days=1))
    assert TITLES[4] not in shown(staff)


def test_a_site_with_requests_is_not_new(staff: Client) -> None:
    for _ in range(NEW_UNTIL_REQUESTS - 1):
        make_request()
    counting.rebuild(clock.now() - timedelta(days=1))
    assert shown(staff)
    make_request()
    counting.rebuild(clock.now() - timedelta(days=1))
    assert not shown(staff)
    assert "First steps" not in staff.get(INDEX).text


def test_a_quiet_widget_of_a_busy_site_shows_none(staff: Client) -> None:
    quiet = make_widget()
    assert "First steps" not in staff.get(INDEX, {"widget": quiet.pk}).text


def test_only_who_may_take_the_steps_sees_them() -> None:
    person = make_staff("other", "view_callrequest")
    assert left(person) == []
    assert "First steps" not in signed_in(person).get(INDEX).text


def test_it_takes_three_queries_whatever_the_number_of_widgets(chief: User) -> None:
    for _ in range(5):
        make_widget()
    chief.has_perm("callbacks.change_widget")
    now = clock.now()
    with CaptureQueriesContext(connection) as captured:
        first_steps(chief, called=0, now=now)
    assert len(captured) == 3
