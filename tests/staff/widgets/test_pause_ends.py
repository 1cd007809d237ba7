"""A widget may be paused for a while: the pause ends by itself, for everything that reads it."""

from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest
from django.test import Client, RequestFactory
from django.urls import reverse
from django.utils import translation

from callbacks.api import widgets as api_widgets
from callbacks.core import clock
from callbacks.intake import accept, call_again
from callbacks.intake.errors import Rejected
from callbacks.models import ApiKey, AuditEntry, CallRequest, Widget
from callbacks.staff.widgets.hours import offer
from callbacks.widgets import cache
from tests.support.factories import make_request, make_submission, make_widget
from tests.support.hours.december import NOW, TOWN_HALL, at, widget_with
from tests.support.staff.pages import messages_on

pytestmark = pytest.mark.django_db

SECOND = timedelta(seconds=1)
UNTIL = NOW + timedelta(hours=1)
LIST = reverse("admin:callbacks_widget_changelist")
PAUSED = "Call requests are paused"


@pytest.fixture(autouse=True)
def december() -> Iterator[None]:
    with clock.set_to(NOW):
        yield


def tool(widget: Widget) -> str:
    return reverse("admin:callbacks_widget_pause", args=[widget.pk])


def paused(**fields: object) -> Widget:
    return make_widget(**{"language": "en", "is_paused": True, "paused_until": UNTIL} | fields)


@pytest.mark.long
@pytest.mark.parametrize(
    ("end", "until"),
    [
        ("", None),
        ("hour", UNTIL),
        ("day", at(2, 0)),
        ("opening", at(1, 14)),
    ],
)
def test_staff_choose_when_the_pause_ends(staff: Client, end: str, until: datetime | None) -> None:
    widget = widget_with(**TOWN_HALL, language="en")
    with clock.set_to(at(1, 9)):
        until = at(1, 10) if end == "hour" else until
        answer = staff.post(tool(widget), {"end": end}, follow=True).text
        assert messages_on(answer) == ["The widget is paused. Waiting requests are still called."]
        widget.refresh_from_db()
        assert (widget.is_paused, widget.paused_until) == (True, until)
        entry = AuditEntry.objects.get(action="widget.pause")
        stored = entry.facts.get("until")
        assert (stored and datetime.fromisoformat(stored)) == until
        trail = staff.get(reverse("admin:callbacks_auditentry_changelist")).text
        assert ("until 1 Dec. 2026 14:00" in trail) is (end == "opening")


def test_the_end_of_the_day_is_that_of_the_widget_s_time_zone(staff: Client) -> None:
    widget = make_widget(time_zone="Pacific/Tahiti")
    staff.post(tool(widget), {"end": "day"})
    widget.refresh_from_db()
    assert widget.paused_until is not None
    assert widget.paused_until.isoformat() == "2026-12-01T10:00:00+00:00"


def test_until_the_next_opening_is_offered_only_if_one_is_ahead(staff: Client) -> None:
    always, hours = make_widget(), widget_with(**TOWN_HALL)
    assert "Until the next opening" not in staff.get(tool(always)).text
    assert "Until the next opening" in staff.get(tool(hours)).text
    assert "Until the next opening" not in staff.post(tool(always), {"end": "opening"}).text
    always.refresh_from_db()
    assert not always.is_paused


@pytest.mark.parametrize(("moment", "is_paused"), [(UNTIL - SECOND, True), (UNTIL, False)])
def test_each_reader_of_the_pause_looks_at_its_end(
    staff: Client, moment: datetime, is_paused: bool
) -> None:
    widget = paused()
    called = make_request(widget=widget)
    cache.find(widget.public_id)  # kept in memory, from before the end
    with clock.set_to(moment):
        page = Client().get(widget.get_absolute_url()).text
        assert (PAUSED in page) is is_paused
        assert ("<form" in page) is not is_paused
        assert call_again.may_come(called) is not is_paused
        with translation.override("en"):
            offered = offer.at(widget, "", moment).choices[0]
        assert ("the widget is paused" in offered) is is_paused
        assert ("Paused until 1 Dec. 2026" in staff.get(LIST).text) is is_paused
        for value, is_listed in (("1", is_paused), ("0", not is_paused)):
            shown = staff.get(LIST, {"is_paused__exact": value}).context["cl"].result_list
            assert list(shown) == ([widget] if is_listed else [])
        own = staff.get(reverse("admin:callbacks_widget_change", args=[widget.pk]))
        assert ("End the pause" in own.text) is is_paused
        assert own.context["adminform"].form["is_paused"].value() is is_paused
        assert ("Otherwise, the pause ends" in staff.get(tool(widget)).text) is is_paused
        if is_paused:
            with pytest.raises(Rejected):
                accept.accept(make_submission(widget))
        else:
            accept.accept(make_submission(widget))
        with pytest.MonkeyPatch.context() as patched:
            patched.setattr(api_widgets, "key_of", lambda request: ApiKey())
            answer = api_widgets.free_slots(RequestFactory().get("/"), widget.public_id)
        assert answer.takes_requests is not is_paused
    assert CallRequest.objects.exclude(pk=called.pk).exists() is not is_paused


def test_the_visitor_reads_when_the_pause_ends() -> None:
    widget = paused(time_zone="Europe/Paris")
    page = Client().get(widget.get_absolute_url()).text
    assert "not taking call requests at the moment." in page
    time = '<time id="opens-at" datetime="2026-12-01T09:30:00Z">Tuesday 1 December, 10:30</time>'
    assert f"You can ask for a call again from: {time}." in page
    assert "Times are in the time zone of Paris." in page
    for_ever = Client().get(paused(paused_until=None).get_absolute_url()).text
    assert "You can ask for a call again" not in for_ever


def test_a_pause_is_ended_by_hand_before_its_end(staff: Client) -> None:
    widget = paused()
    staff.post(tool(widget))
    widget.refresh_from_db()
    assert (widget.is_paused, widget.paused_until) == (False, None)
    assert AuditEntry.objects.filter(action="widget.resume").count() == 1


def test_a_pause_that_has_ended_can_be_made_again(staff: Client) -> None:
    widget = paused()
    with clock.set_to(UNTIL):
        staff.post(tool(widget), {"end": ""})
    widget.refresh_from_db()
    assert (widget.is_paused, widget.paused_until) == (True, None)
