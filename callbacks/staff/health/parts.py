"""Look at each part of the site, and say in a sentence how it is doing and what to do."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from django.db import connection
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from callbacks.call_api import connected_service
from callbacks.core import clock
from callbacks.models import (
    AlertKind,
    CallControl,
    CircuitState,
    MessageState,
    PeriodicJob,
    WebhookEndpoint,
)
from callbacks.notifications import alerts
from callbacks.operations import health, site_state
from callbacks.staff.common.formatting import duration
from callbacks.worker import heartbeat, housekeeping_job


@dataclass(frozen=True)
class Part:
    """One part of the site.

    `words` says how it is, and `to_do` what a person can do about it. `to_do` is empty while
    all is well. `link` leads to the page that shows more, and may be empty.
    """

    name: str
    is_good: bool
    words: str
    to_do: str = ""
    link: str = ""


def parts(now: datetime) -> list[Part]:
    """Return the parts of the site, in the order in which a call needs them.

    It takes seven queries, and two more for the migrations.
    """
    return [
        *_database(),
        _cache(),
        _workers(now),
        _housekeeping(now),
        _call_service(site_state.call_control()),
        _outbox(now),
        _webhooks(),
    ]


def _database() -> Iterator[Part]:
    """Say which database is connected, and whether its tables are up to date."""
    version = ".".join(map(str, connection.get_database_version()))
    yield Part(
        _("Database"),
        is_good=True,
        words=_("Connected: %(name)s.") % {"name": f"{connection.display_name} {version}"},
    )
    missing = health.are_migrations_missing()
    yield Part(
        _("Migrations"),
        is_good=not missing,
        words=_("Some migrations of this version are missing.")
        if missing
        else _("All migrations of this version have run."),
        to_do=_("Run “manage.py migrate”.") if missing else "",
    )


def _cache() -> Part:
    """Say whether the cache answers."""
    if health.does_cache_answer():
        return Part(_("Cache"), is_good=True, words=_("It answers."))
    return Part(
        _("Cache"),
        is_good=False,
        words=_("It does not answer, so the limit for each IP address does not apply."),
        to_do=_("Check the server at CACHE_URL."),
    )


def _workers(now: datetime) -> Part:
    """Say which worker processes are running, and with how many threads."""
    rows = list(heartbeat.alive(now).order_by("host", "pid"))
    if not rows:
        return Part(
            _("Call workers"),
            is_good=False,
            words=_("None is running."),
            to_do=_("Start the call workers (“manage.py run_huey”)."),
        )
    each = [
        ngettext(
            "%(host)s, process %(pid)d, %(n)d thread, running for %(time)s",
            "%(host)s, process %(pid)d, %(n)d threads, running for %(time)s",
            row.threads,
        )
        % {
            "host": row.host,
            "pid": row.pid,
            "n": row.threads,
            "time": duration(now - row.started_at),
        }
        for row in rows
    ]
    return Part(_("Call workers"), is_good=True, words="; ".join(each) + ".")


def _housekeeping(now: datetime) -> Part:
    """Say which process does the housekeeping, and when it was seen."""
    job = PeriodicJob.objects.filter(name=housekeeping_job.NAME).first()
    if job and job.locked_by and clock.is_ahead(job.until, now, housekeeping_job.LOCKED_FOR):
        seen = duration(now - (job.until - housekeeping_job.LOCKED_FOR))
        words = _("Running on %(process)s, last seen %(time)s ago.")
        words %= {"process": job.locked_by, "time": seen}
        return Part(_("Housekeeping"), is_good=True, words=words)
    return Part(
        _("Housekeeping"),
        is_good=False,
        words=_("Not running."),
        to_do=_("Start it with “manage.py run_housekeeping”."),
    )


def _call_service(row: CallControl) -> Part:
    """Say which call service is connected, and whether calls are paused because of it."""
    words = connected_service.connected().sentence
    is_paused = row.circuit != CircuitState.CLOSED and bool(row.opened_reason)
    if is_paused:
        why = AlertKind(row.opened_reason).label
        words += " " + _("Calls are paused: %(why)s") % {"why": why} + "."
    return Part(
        _("Call service"),
        is_good=not is_paused,
        words=words,
        to_do=alerts.what_to_do(row.opened_reason) if is_paused else "",
        link=reverse("admin:calling"),
    )


def _outbox(now: datetime) -> Part:
    """Say how many messages wait, and whether some were given up."""
    found = site_state.outbox(now).values()
    waiting, failed = sum(kind.waiting for kind in found), sum(kind.failed for kind in found)
    words = ngettext("%(n)d message is waiting.", "%(n)d messages are waiting.", waiting)
    words %= {"n": waiting}
    to_do, link = "", reverse("admin:callbacks_outboxmessage_changelist")
    if failed:
        more = ngettext(
            "%(n)d message of the last 7 days could not be sent.",
            "%(n)d messages of the last 7 days could not be sent.",
            failed,
        )
        words += " " + more % {"n": failed}
        to_do = _("The outbox says why.")
        link += f"?state__exact={MessageState.FAILED}"
    return Part(_("Outbox"), is_good=not failed, words=words, to_do=to_do, link=link)


def _webhooks() -> Part:
    """Say how many webhook endpoints there are, and whether some are paused."""
    paused = WebhookEndpoint.objects.exclude(paused_at=None).count()
    count = WebhookEndpoint.objects.count()
    words = ngettext("%(n)d endpoint.", "%(n)d endpoints.", count) % {"n": count}
    if paused:
        words += " " + ngettext("%(n)d is paused.", "%(n)d are paused.", paused) % {"n": paused}
    return Part(
        _("Webhooks"),
        is_good=not paused,
        words=words,
        to_do=_("What happens meanwhile waits. Resume it once the other system is repaired.")
        if paused
        else "",
        link=reverse("admin:callbacks_webhookendpoint_changelist"),
    )
