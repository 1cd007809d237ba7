"""What needs a person now, in sentences: the first thing on the overview.

Nothing of it is cached.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Min
from django.db.models.functions import Coalesce
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from callbacks.accounts.roles import may_act, may_see_calling, may_see_requests
from callbacks.core import clock
from callbacks.dispatch import call_switch, circuit_breaker
from callbacks.models import (
    CIRCUIT_REASONS,
    Alert,
    Attempt,
    CallControl,
    CircuitState,
    MessageState,
    OutboxMessage,
    PeriodicJob,
    Status,
)
from callbacks.notifications import alerts, outbox
from callbacks.scheduling.due import may_be_called
from callbacks.staff.common.formatting import duration, moment, percent
from callbacks.staff.common.urls import requests_list
from callbacks.stats import hourly
from callbacks.worker import heartbeat, housekeeping_job

# A due request is normally called within seconds. A longer wait has a cause.
OLD = timedelta(minutes=2)
# Housekeeping renews its lock every few seconds.
HOUSEKEEPING_LATE = timedelta(seconds=30)
# "Failure rate is high" needs three things in the last hours: `FEWEST` requests with a result, a
# share of failures of `SHARE`, and `TIMES` the usual share. The usual share comes from the 30 days
# before, without the last one, and needs `FEWEST_USUAL` requests with a result.
RECENT = timedelta(hours=2)
USUAL, NOT_YET_USUAL = timedelta(days=30), timedelta(days=1)
FEWEST, SHARE, TIMES = 10, 0.1, 2
FEWEST_USUAL = 50
MOST_ALERTS = 10
GIVEN_UP_LATELY = timedelta(days=1)


@dataclass(frozen=True)
class StaffWarning:
    """One warning.

    `kind` colours it: "failed" if calls are not placed, else "uncertain". `key` names its link
    within the page, so that the link keeps the focus when the page is refreshed.
    """

    kind: str
    key: str
    title: str
    text: str
    address: str = ""
    link: str = ""
    # The primary key of an alert, for the button that dismisses it. None for other warnings.
    alert: int | None = None


def staff_warnings(request: HttpRequest) -> list[StaffWarning]:
    """Return the warnings, the gravest first, or nothing if the account may not see requests.

    It takes at most nine queries.
    """
    if not may_see_requests(request.user):
        return []
    now, row = clock.now(), call_switch.current()
    calling = reverse("admin:calling") if may_see_calling(request.user) else ""
    found = [
        *_circuit(row, calling),
        *_workers(row, now, calling),
        *_housekeeping(now),
        *_failure_rate(now),
        *_outbox(now),
        *_alerts(row, may_close=may_act(request.user)),
    ]
    return sorted(found, key=lambda warning: warning.kind != Status.FAILED)


def _circuit(row: CallControl, calling: str) -> Iterator[StaffWarning]:
    """Warn that the circuit breaker has paused calls."""
    if row.circuit == CircuitState.CLOSED or not row.opened_reason:
        return
    yield StaffWarning(
        kind="failed",
        key="circuit",
        title=_("Calls are paused: %(why)s") % {"why": row.get_opened_reason_display()},
        text=alerts.what_to_do(row.opened_reason),
        address=calling,
        link=_("Go to “Calling”"),
    )


def _workers(row: CallControl, now: datetime, calling: str) -> Iterator[StaffWarning]:
    """Warn that no call worker runs, that none places calls, or that calls are late."""
    oldest = may_be_called(now).aggregate(value=Min(Coalesce("backoff_until", "due_at")))["value"]
    waits = {"time": duration(now - oldest)} if oldest and now - oldest > OLD else None
    if not heartbeat.alive(now).exists():
        yield StaffWarning(
            kind="failed",
            key="workers",
            title=_("No call worker is running"),
            text=_(
                "No calls are placed until this is fixed. Start the call workers (“manage.py "
                "run_huey”, or all programs with “make serve”)."
            ),
        )
    elif waits and not circuit_breaker.must_wait(row, now) and row.circuit == CircuitState.CLOSED:
        started = Attempt.objects.order_by("-pk").values_list("started_at", flat=True).first()
        if started is None or now - started > OLD:
            yield StaffWarning(
                kind="failed",
                key="workers",
                title=_("Call workers are running, but place no calls"),
                text=_("Check the call workers' log. You can restart them safely."),
            )
    if waits:
        yield StaffWarning(
            kind="uncertain",
            key="delay",
            title=_("Calls are delayed: the oldest has been waiting %(time)s") % waits,
            text=_(
                "Calls are paused, or more people ask for calls than the call rates allow. Check "
                "the “Calling” page and the widgets' call rates."
            ),
            address=requests_list(status__exact=Status.QUEUED, o="1"),
            link=_("See waiting requests"),
        )


def _housekeeping(now: datetime) -> Iterator[StaffWarning]:
    """Warn that housekeeping is not running."""
    job = PeriodicJob.objects.filter(name=housekeeping_job.NAME).first()
    if (
        job is not None
        and now - HOUSEKEEPING_LATE < job.until <= now + housekeeping_job.LOCKED_FOR + clock.SLACK
    ):
        return
    text = _(
        "Interrupted calls are not detected, and late requests do not expire. Start it with "
        "“manage.py run_housekeeping”."
    )
    if job is not None:
        text = _("Last seen %(when)s.") % {"when": moment(job.until)} + " " + text
    yield StaffWarning(
        kind="failed", key="housekeeping", title=_("Housekeeping is not running"), text=text
    )


def _failure_rate(now: datetime) -> Iterator[StaffWarning]:
    """Warn that more calls than usual have failed in the last hours."""
    start = hourly.floor(now - RECENT)
    recent = hourly.total(start, now)
    if recent.decided < FEWEST or recent.failure_share < SHARE:
        return
    title = _("Failure rate is high: %(now)s in the last hours")
    usual = hourly.total(start - USUAL, start - NOT_YET_USUAL)
    if usual.decided >= FEWEST_USUAL:
        if recent.failure_share < TIMES * usual.failure_share:
            return
        title = _("Failure rate is high: %(now)s in the last hours (usually %(usual)s)")
    shares = {"now": percent(recent.failure_share), "usual": percent(usual.failure_share)}
    yield StaffWarning(
        kind="failed",
        key="failure-rate",
        title=title % shares,
        text=_("Check why the latest calls failed."),
        address=requests_list(todo="person", first=timezone.localtime(start).date()),
        link=_("See these requests"),
    )


def _outbox(now: datetime) -> Iterator[StaffWarning]:
    """Warn that messages were given up in the last day.

    An address that its mail server refuses needs nobody.
    """
    given_up = OutboxMessage.objects.filter(
        state=MessageState.FAILED,
        created_at__gt=now - outbox.KEPT,
        ended_at__gt=now - GIVEN_UP_LATELY,
    ).exclude(problem=outbox.REFUSED)
    if count := given_up.count():
        title = ngettext(
            "%(count)d message could not be sent", "%(count)d messages could not be sent", count
        )
        address = reverse("admin:callbacks_outboxmessage_changelist")
        yield StaffWarning(
            kind="uncertain",
            key="outbox",
            title=title % {"count": count},
            text=_(
                "The mail server or the receiving site did not accept them for more than a day. "
                "The outbox says why. They are not sent any more."
            ),
            address=f"{address}?state__exact={MessageState.FAILED}",
            link=_("See these messages"),
        )


def _alerts(row: CallControl, *, may_close: bool) -> Iterator[StaffWarning]:
    """Show the alerts that nobody has dismissed, each kind once."""
    said = row.opened_reason if row.circuit != CircuitState.CLOSED else ""
    open_ones = Alert.objects.filter(over_at=None).exclude(kind=said or "-")
    shown = set()
    for alert in open_ones.order_by("-raised_at")[:MOST_ALERTS]:
        if (alert.kind, alert.about) in shown:
            continue
        shown.add((alert.kind, alert.about))
        title = alert.get_kind_display()
        yield StaffWarning(
            kind="failed" if alert.kind in CIRCUIT_REASONS else "uncertain",
            key=f"alert-{alert.pk}",
            title=f"{title} ({alert.about})" if alert.about else title,
            text=f"{moment(alert.raised_at)}. {alerts.what_to_do(alert.kind)}",
            alert=alert.pk if may_close else None,
        )
