"""Stopping all calls and letting them through: who may, what is shown, what is recorded."""

from datetime import UTC, datetime, timedelta

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse
from django.utils.html import escape

from callbacks.core import clock
from callbacks.dispatch import call_switch
from callbacks.models import AlertKind, AuditEntry, CallControl, CircuitState, Status
from callbacks.scheduling import pauses
from tests.support.factories import make_request, make_widget
from tests.support.hours.december import TOWN_HALL, at, widget_with
from tests.support.staff.pages import make_staff, messages_on, signed_in

pytestmark = pytest.mark.django_db

CALLING = reverse("admin:calling")
STOP = {"action": "stop", "confirmed": "on", "note": "Fire drill"}
RESUME = {"action": "resume", "confirmed": "on"}


def press(client: Client, data: dict[str, str]) -> list[str]:
    answer = client.post(CALLING, data, follow=True)
    assert answer.status_code == 200
    return messages_on(answer.content.decode())


def test_calls_are_stopped_and_the_person_recorded(staff: Client, chief: User) -> None:
    assert press(staff, STOP) == [
        "All calls are stopped. New requests are still accepted, and wait."
    ]
    row = call_switch.current()
    assert (row.stopped_by, row.stopped_note) == ("chief", "Fire drill")
    entry = AuditEntry.objects.get(action__startswith="calls.")
    assert (entry.action, entry.person, entry.detail) == ("calls.stop", chief, "Fire drill")
    html = staff.get(CALLING).content.decode()
    assert "Fire drill" in html
    assert "All calls are stopped" in html


def test_calls_go_through_again(staff: Client, chief: User) -> None:
    call_switch.stop(by="somebody")
    assert press(staff, RESUME) == ["Calls have resumed."]
    assert call_switch.current().stopped_at is None
    assert AuditEntry.objects.get(action__startswith="calls.").action == "calls.resume"
    assert "Calls are running" in staff.get(CALLING).content.decode()


@pytest.mark.parametrize("data", [STOP, RESUME])
def test_nothing_is_switched_without_the_tick(staff: Client, data: dict[str, str]) -> None:
    if data is RESUME:
        call_switch.stop(by="somebody")
    before = CallControl.objects.values().first()
    answer = staff.post(CALLING, {"action": data["action"]})
    assert "This field is required." in answer.content.decode()
    assert CallControl.objects.values().first() == before or before is None


def test_who_comes_second_is_told(staff: Client) -> None:
    call_switch.stop(by="somebody", note="first")
    assert "already stopped" in press(staff, STOP)[0]
    assert call_switch.current().stopped_note == "first"
    call_switch.resume(by="somebody")
    assert "were not stopped" in press(staff, RESUME)[0]
    assert not AuditEntry.objects.filter(action__startswith="calls.").exists()


def test_only_who_may_change_the_call_control_switches() -> None:
    looker, switcher = (
        make_staff("looker", "view_callcontrol"),
        make_staff("switcher", "change_callcontrol"),
    )
    client = signed_in(looker)
    assert 'value="stop"' not in client.get(CALLING).content.decode()
    assert client.post(CALLING, STOP).status_code == 403
    assert call_switch.current().stopped_at is None
    assert signed_in(make_staff("other", "view_callrequest")).get(CALLING).status_code == 403
    assert signed_in(switcher).post(CALLING, STOP).status_code == 302
    assert call_switch.current().stopped_by == "switcher"


@pytest.mark.parametrize(
    ("reason", "hint"),
    [
        (AlertKind.CREDENTIALS, "UHLIVE_CLIENT_ID"),
        (AlertKind.NO_TOKEN, "manage.py check_call_api"),
        (AlertKind.OUTAGE, "uncertain"),
    ],
)
def test_an_open_circuit_says_since_when_why_and_what_to_do(
    staff: Client, reason: AlertKind, hint: str
) -> None:
    call_switch.current()
    CallControl.objects.update(
        circuit=CircuitState.OPEN,
        opened_at=clock.datetime.fromisoformat("2026-03-01T12:34:00+01:00"),  # type: ignore[attr-defined]
        opened_by="host:1:worker-1",
        opened_reason=reason,
    )
    html = staff.get(CALLING).content.decode()
    for text in ("Calls are paused", reason.label, "1 March 2026 12:34", "host:1:worker-1", hint):
        assert escape(str(text)) in html


def test_what_waits_is_counted(staff: Client) -> None:
    make_request(created_at=clock.now() - timedelta(minutes=2, seconds=30))
    make_request()
    make_request(status=Status.CALLING)
    context = staff.get(CALLING).context
    assert (context["waiting"], context["calling"]) == (2, 1)
    assert context["oldest"].startswith("2 min 3")


@pytest.mark.parametrize(
    "data", [{}, {"action": "explode"}, {"action": "stop", "confirmed": "on", "note": "x" * 201}]
)
def test_a_broken_form_changes_nothing(staff: Client, data: dict[str, str]) -> None:
    assert staff.post(CALLING, data).status_code == 200
    assert call_switch.current().stopped_at is None


@pytest.mark.parametrize(
    ("end", "until"),
    [
        ("", None),
        ("hour", datetime(2026, 6, 1, 13, 30, tzinfo=UTC)),
        ("day", datetime(2026, 6, 1, 22, tzinfo=UTC)),  # midnight in Paris
    ],
)
def test_staff_choose_when_a_stop_ends_and_each_page_says_it(
    staff: Client, end: str, until: datetime | None
) -> None:
    with clock.set_to(datetime(2026, 6, 1, 12, 30, tzinfo=UTC)):
        press(staff, STOP | {"end": end})
        assert call_switch.current().stopped_until == until
        entry = AuditEntry.objects.get(action="calls.stop")
        assert entry.facts == ({"until": until.isoformat()} if until else {})
        expected = {"": "", "hour": "1 June 2026 15:30", "day": "2 June 2026 00:00"}[end]
        for page in (CALLING, reverse("admin:index")):
            assert ("Until" in staff.get(page).text) is bool(until)
            assert expected in staff.get(page).text
    if until:
        with clock.set_to(until):
            assert "Calls are running" in staff.get(CALLING).text
            assert "All calls are stopped" not in staff.get(reverse("admin:index")).text


def test_a_stop_until_the_first_widget_opens_is_offered_if_one_does(staff: Client) -> None:
    make_widget()  # always open
    with clock.set_to(at(1, 12, 30)):
        answer = staff.post(CALLING, STOP | {"end": "opening"}).text
        assert "is not one of the available choices" in answer
        assert call_switch.current().stopped_at is None
        widget_with(**TOWN_HALL)
        page = staff.get(CALLING).text.replace("\u00a0", " ")
        assert "Until the next opening" in page
        assert "Next opening of a widget: 1 Dec. 2026 14:00." in page
        press(staff, STOP | {"end": "opening"})
        assert call_switch.current().stopped_until == at(1, 14)


def test_the_first_opening_is_that_of_any_active_widget() -> None:
    """Of a widget that keeps to the legal hours for sales calls, it is that of the mainland."""
    with clock.set_to(at(1, 12, 30)):
        assert pauses.first_opening(clock.now()) is None
        widget_with(opening_hours="Tu 13:00-18:00", is_active=False)
        widget_with(**TOWN_HALL)
        assert pauses.first_opening(clock.now()) == at(1, 14)
        widget_with(opening_hours="Tu 13:45-18:00")
        assert pauses.first_opening(clock.now()) == at(1, 13, 45)
    with clock.set_to(at(1, 10)):  # the town hall is open
        assert pauses.first_opening(clock.now()) == at(1, 13, 45)
    with clock.set_to(at(2, 2)):  # in New Caledonia, sales calls are legal from 4:00 on
        widget_with(sales_hours=True, allowed_regions=["FR", "NC"])
        assert pauses.first_opening(clock.now()) == at(2, 9)
