"""What needs a person stands first on the first page."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from django.test import Client
from django.urls import reverse

from callbacks.core import clock
from callbacks.dispatch import call_switch
from callbacks.models import (
    Alert,
    AlertKind,
    AuditEntry,
    CallControl,
    CircuitState,
    PeriodicJob,
    Status,
    WorkerProcess,
)
from callbacks.notifications import alerts
from callbacks.stats import counting
from callbacks.worker import heartbeat, housekeeping_job
from tests.support.factories import make_request, make_widget
from tests.support.staff.pages import make_staff, messages_on, signed_in

pytestmark = pytest.mark.django_db

INDEX = reverse("admin:index")
NOW = datetime(2026, 3, 3, 14, 30, tzinfo=UTC)


@pytest.fixture(autouse=True)
def all_is_well() -> Iterator[None]:
    """Workers and housekeeping run, at a time that stands still."""
    with clock.set_to(NOW):
        heartbeat.beat()
        housekeeping_job.take_job("host:1")
        yield


def titles(staff: Client) -> list[str]:
    return [warning.title for warning in staff.get(INDEX).context["warnings"]]


@pytest.mark.long
def test_when_all_is_well_nothing_is_said(staff: Client) -> None:
    make_request()
    make_request(status=Status.CALLED)
    assert titles(staff) == []
    assert "Needs attention" not in staff.get(INDEX).text


def test_no_worker(staff: Client) -> None:
    WorkerProcess.objects.update(seen_at=NOW - heartbeat.LASTS)
    assert titles(staff) == ["No call worker is running"]


def test_workers_that_place_no_calls(staff: Client) -> None:
    make_request(due_at=NOW - timedelta(minutes=3))
    assert titles(staff) == [
        "Call workers are running, but place no calls",
        "Calls are delayed: the oldest has been waiting 3 min 00 s",
    ]
    # While calls are stopped that is no wonder, and the banner says it.
    call_switch.stop(by="somebody")
    assert titles(staff) == ["Calls are delayed: the oldest has been waiting 3 min 00 s"]


def test_who_is_not_due_yet_does_not_wait(staff: Client) -> None:
    make_request(due_at=NOW + timedelta(hours=1), patience_until=NOW + timedelta(hours=2))
    make_request(due_at=NOW - timedelta(minutes=1))
    assert titles(staff) == []


@pytest.mark.parametrize("is_there", [True, False])
def test_no_housekeeping(staff: Client, is_there: bool) -> None:
    rows = PeriodicJob.objects.filter(name=housekeeping_job.NAME)
    if is_there:
        rows.update(until=NOW - timedelta(seconds=31))
    else:
        rows.delete()
    assert titles(staff) == ["Housekeeping is not running"]
    assert ("Last seen" in staff.get(INDEX).text) is is_there


def test_credentials_refused(staff: Client) -> None:
    call_switch.current()
    CallControl.objects.update(circuit=CircuitState.OPEN, opened_reason=AlertKind.CREDENTIALS)
    alerts.raise_alert(AlertKind.CREDENTIALS)
    # Said once, though there is an alert as well.
    assert titles(staff) == ["Calls are paused: The call service refuses the client ID and secret"]
    assert "UHLIVE_CLIENT_SECRET" in staff.get(INDEX).text


def make_decided(failed: int, called: int, ago: timedelta) -> None:
    """So many requests that failed and were called, asked so long ago; and their figures."""
    widget = make_widget()
    for number in range(failed + called):
        make_request(
            widget=widget,
            status=Status.FAILED if number < failed else Status.CALLED,
            created_at=NOW - ago,
            status_at=NOW - ago,
        )
    counting.rebuild(NOW - timedelta(days=10))


def test_more_calls_fail_than_usual(staff: Client) -> None:
    make_decided(5, 45, timedelta(days=5))
    make_decided(2, 7, timedelta(hours=1))
    assert titles(staff) == []  # too few to tell
    make_decided(1, 2, timedelta(hours=1))
    assert titles(staff) == ["Failure rate is high: 25% in the last hours (usually 10%)"]
    french = staff.get(INDEX, headers={"accept-language": "fr"}).text
    assert "25\N{NO-BREAK SPACE}% ces dernières heures (10\N{NO-BREAK SPACE}% d’habitude)" in french
    make_decided(9, 0, timedelta(days=6))
    assert titles(staff) == []  # it is as usual


def test_before_there_is_a_usual_nothing_is_said_about_it(staff: Client) -> None:
    """A site of one day: what went well this morning, and what went wrong since."""
    make_decided(0, 60, timedelta(hours=8))
    make_decided(5, 12, timedelta(hours=1))
    assert titles(staff) == ["Failure rate is high: 29% in the last hours"]
    make_decided(0, 40, timedelta(days=3))
    assert titles(staff) == ["Failure rate is high: 29% in the last hours"]
    make_decided(0, 10, timedelta(days=2))
    assert titles(staff) == ["Failure rate is high: 29% in the last hours (usually 0%)"]


def test_alerts_stand_until_a_person_has_dealt_with_them(staff: Client) -> None:
    name = make_widget(name="Lyon").name
    for minutes in (90, 50):
        with clock.set_to(NOW - timedelta(minutes=minutes)):
            alert = alerts.raise_alert(AlertKind.LIMIT, about=name)
    assert titles(staff) == ["A widget's limit is reached (Lyon)"]
    answer = staff.post(reverse("admin:alert_over", args=[alert.pk]), follow=True)
    assert "Alert dismissed" in messages_on(answer.text)[0]
    assert titles(staff) == []
    assert not Alert.objects.filter(over_at=None).exists()
    assert AuditEntry.objects.filter(action="alert.over").count() == 1


def test_only_who_may_act_takes_an_alert_off() -> None:
    alert = alerts.raise_alert(AlertKind.LIMIT)
    address = reverse("admin:alert_over", args=[alert.pk])
    sees = signed_in(make_staff("sees", "view_callrequest"))
    assert "Dismiss" not in sees.get(INDEX).text
    assert sees.post(address).status_code == 403
    acts = signed_in(make_staff("acts", "view_callrequest", "act_on_callrequest"))
    assert acts.get(address).status_code == 405
    assert "Dismiss" in acts.get(INDEX).text
    alert.refresh_from_db()
    assert alert.over_at is None


def test_what_stops_calls_stands_before_what_slows_them(staff: Client) -> None:
    alerts.raise_alert(AlertKind.LIMIT)
    PeriodicJob.objects.all().delete()
    WorkerProcess.objects.all().delete()
    kinds = [warning.kind for warning in staff.get(INDEX).context["warnings"]]
    assert kinds == ["failed", "failed", "uncertain"]
