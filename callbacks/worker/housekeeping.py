"""Housekeeping: finds what fell through, every half second or so.

Attempts whose worker died become *uncertain*, requests whose patience has ended become *failed:
too late*, due requests that got no message get one, and what is old is forgotten. One process at
a time does it, which the database says (`PeriodicJob`); any number may stand by.
"""

from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import structlog
from django.conf import settings
from django.contrib.sessions.models import Session
from django.db import transaction
from django.db.models import Exists, F, OuterRef, Q

from callbacks.abuse import limits, rejections
from callbacks.accounts import sign_in_throttle
from callbacks.consent import chain as consent_chain
from callbacks.core import clock, database
from callbacks.core.statements import Question, Statement
from callbacks.data_protection import retention as retention_rules
from callbacks.dispatch import call_switch, circuit_breaker, pacing
from callbacks.dispatch.claim import due, due_question, first_due, pick, read
from callbacks.lifecycle import transitions
from callbacks.models import (
    Actor,
    AlertKind,
    Attempt,
    CallRequest,
    Outcome,
    PeriodicJob,
    Reason,
    Status,
)
from callbacks.models.attempt import GRACE
from callbacks.notifications import alerts
from callbacks.stats import hourly
from callbacks.worker import heartbeat, tasks

log = structlog.get_logger(__name__)

JOB = "housekeeping"
PURGE = "purge"
# Since when rows have lain ahead of the clock: `last_run_at`. Missing while none do.
AHEAD = "rows_ahead"
PURGE_EVERY = timedelta(minutes=10)
LOCKED_FOR = timedelta(seconds=10)
BATCH = 500
# What a move compares and the log names: no personal data, so that a row that cannot be decrypted
# stops nothing.
_COMPARED = ("public_id", "status", "attempts_made", "erased_at")


@dataclass
class HousekeepingReport:
    """What one round did, in rows (and messages sent).

    `ready`: rows whose call may be placed now, as many as the workers could place at once.
    `unwoken`: those of them that nobody could be told of, because the queue is unavailable;
    `untold`: the same holds for an alert.
    """

    doubtful: int = 0
    too_late: int = 0
    ready: int = 0
    woken: int = 0
    unwoken: int = 0
    untold: bool = False
    forgotten: int = 0
    chained: int = 0
    purged: int = 0


def _purge(now: datetime) -> int:
    """Retention, a batch now and then: what it deletes is months old."""
    job, _ = PeriodicJob.objects.get_or_create(name=PURGE, defaults={"until": now})
    if clock.is_ahead(job.until, now, PURGE_EVERY):
        return 0
    if not PeriodicJob.objects.filter(name=PURGE, until=job.until).update(
        until=now + PURGE_EVERY, last_run_at=now
    ):
        return 0
    _end_alert_of_unreadable()
    sign_in_throttle.forget_old(now)
    Session.objects.filter(expire_date__lt=now).delete()
    heartbeat.forget_dead(now)
    counts = retention_rules.purge(now, BATCH)
    if counts:
        # There may be more: the next round goes on.
        PeriodicJob.objects.filter(name=PURGE).update(until=now)
    return counts.requests + counts.addresses + counts.proofs


def take_job(holder: str) -> bool:
    """Return whether `holder` may do the housekeeping now.

    It takes the job, or keeps it once half its time is over.
    """
    now = clock.now()
    held = (
        "SELECT 1 FROM callbacks_periodicjob"
        " WHERE name = %s AND locked_by = %s AND until > %s AND until <= %s"
    )
    times = now + LOCKED_FOR / 2, now + LOCKED_FOR + clock.SLACK
    if database.ask({"held": Question(held, (JOB, holder, *times))})["held"]:
        return True
    _, created = PeriodicJob.objects.get_or_create(
        name=JOB, defaults={"locked_by": holder, "until": now + LOCKED_FOR}
    )
    taken = created or (
        PeriodicJob.objects.filter(name=JOB)
        .filter(Q(locked_by=holder) | ~clock.ahead("until", now, LOCKED_FOR))
        .update(locked_by=holder, until=now + LOCKED_FOR, last_run_at=now)
    )
    return bool(taken)


def release_job(holder: str) -> None:
    """Gives the job back, so that another process need not wait for its end."""
    PeriodicJob.objects.filter(name=JOB, locked_by=holder).update(until=clock.now())


def run_round() -> HousekeepingReport:
    """One round; safe to run at any time, also twice at once: every move is compare-and-set."""
    now = clock.now()
    found = database.ask(_questions(now))
    report = HousekeepingReport()
    ahead_for = timedelta()
    if found["ahead"] or found["begun_ahead"]:
        ahead_for = _ahead_for(now)
    elif found["was_ahead"]:
        PeriodicJob.objects.filter(name=AHEAD).delete()
    is_late = bool(found["ahead"]) and _end_patience_ahead(now, ahead_for)
    if found["calling"]:
        report.doubtful = _doubt_what_died(now, ahead_for)
    if found["late"] or is_late:
        report.too_late = _expire(now)
    if found["untold"]:
        report.untold = not tasks.send(tasks.tell_staff)
    if found["due"]:
        report.ready = _ready(now)
        _wake(report)
    if found["old_hits"]:
        report.forgotten += limits.forget_old(now)
    if found["old_refusals"]:
        report.forgotten += rejections.forget_old(now)
    if found["unchained"]:
        report.chained = consent_chain.chain_up()
    if not found["is_purged"]:
        report.purged = _purge(now)
    # Last, because it is for people and nothing waits for it.
    if not found["has_figures"]:
        hourly.keep_up(now)
    return report


def _questions(now: datetime) -> database.Questions:
    """Whether there is anything to do: most rounds, twice a second for years, find nothing."""
    job = "callbacks_periodicjob WHERE name = %s AND until > %s AND until <= %s"
    furthest = now + alerts.LONGEST_WAIT + clock.SLACK
    right = now + clock.SLACK
    return {
        "ahead": _any(
            "callbacks_callrequest WHERE status = 'queued' AND NOT is_scheduled AND due_at > %s",
            right,
        ),
        "begun_ahead": _any(
            "callbacks_attempt WHERE outcome = 'pending' AND started_at > %s", right
        ),
        "was_ahead": _any("callbacks_periodicjob WHERE name = %s", AHEAD),
        "untold": _any(
            "callbacks_alert WHERE told_at IS NULL AND (try_at <= %s OR try_at > %s)", now, furthest
        ),
        "calling": _any("callbacks_callrequest WHERE status = 'calling'"),
        "late": _any("callbacks_callrequest WHERE status = 'queued' AND patience_until <= %s", now),
        "due": due_question(),
        "old_hits": _any("callbacks_limithit WHERE at <= %s", now - limits.LONGEST_WINDOW),
        "old_refusals": _any("callbacks_refusal WHERE minute < %s", now - rejections.KEPT),
        "unchained": _any("callbacks_consentproof WHERE link IS NULL"),
        "is_purged": _any(job, PURGE, now, right + PURGE_EVERY),
        "has_figures": _any(job, hourly.JOB, now, right + hourly.EVERY),
    }


def _any(rows: str, *parameters: object) -> Question:
    return Question(f"SELECT 1 FROM {rows} LIMIT 1", parameters)


def _ahead_for(now: datetime) -> timedelta:
    """Return for how long there have been rows that lie ahead of the clock.

    Either the clock was ahead when they were written, or it is behind now. No single look can tell
    which, so nothing of them is changed at once: if it is behind, it will be set right.
    """
    job, _ = PeriodicJob.objects.get_or_create(
        name=AHEAD, defaults={"until": now, "last_run_at": now}
    )
    if job.last_run_at is None or job.last_run_at > now:  # set back once more
        PeriodicJob.objects.filter(name=AHEAD).update(until=now, last_run_at=now)
        return timedelta()
    return now - job.last_run_at


def _end_patience_ahead(now: datetime, ahead_for: timedelta) -> bool:
    """End the patience of requests that lie ahead and have waited for all of it in view of the
    housekeeping. Return whether there are any.

    Such a request is due all the same; without this it would wait for its end for as long as the
    clock was ahead.
    """
    over = CallRequest.objects.filter(
        status=Status.QUEUED,
        is_scheduled=False,
        due_at__gt=now + clock.SLACK,
        patience_until__gt=now,
        patience_until__lte=F("due_at") + ahead_for,
    )
    return bool(
        over.filter(pk__in=list(over.values_list("pk", flat=True)[:BATCH])).update(
            patience_until=now
        )
    )


def _latest_start(now: datetime, ahead_for: timedelta) -> datetime:
    """Return the latest time at which an attempt that is still under way may have begun: any, as
    long as the clock may only be behind for a moment."""
    if ahead_for < timedelta(seconds=settings.LONGEST_TURN_SECONDS):
        return datetime.max.replace(tzinfo=UTC)
    return now + clock.SLACK


def _doubt_what_died(now: datetime, ahead_for: timedelta) -> int:
    latest_start = _latest_start(now, ahead_for)
    alive = Attempt.objects.filter(
        call_request=OuterRef("pk"),
        outcome=Outcome.PENDING,
        deadline_at__gt=now - GRACE,
        started_at__lte=latest_start,
    )
    dead = CallRequest.objects.filter(~Exists(alive), status=Status.CALLING)
    return sum(
        mark_uncertain(call_request, now, latest_start)
        for call_request in dead.only(*_COMPARED)[:BATCH]
    )


def mark_uncertain(
    call_request: CallRequest, now: datetime, latest_start: datetime | None = None
) -> bool:
    """End a call whose worker died, if it still is as it was read and nobody is at it.

    `latest_start`: attempts that began later are of a clock that was ahead, and nobody's.
    """
    nobody_is_at_it = Statement(
        "NOT EXISTS (SELECT 1 FROM callbacks_attempt"
        " WHERE call_request_id = callbacks_callrequest.id AND outcome = 'pending'"
        " AND deadline_at > %s AND started_at <= %s)",
        (now - GRACE, latest_start or now + clock.SLACK),
    )
    with transaction.atomic():
        if not transitions.transition(
            call_request,
            transitions.MARK_UNCERTAIN,
            Actor.HOUSEKEEPING,
            reason=Reason.WORKER_DIED,
            only=nobody_is_at_it,
        ):
            return False
        call_request.attempts.filter(outcome=Outcome.PENDING).update(
            outcome=Outcome.UNKNOWN, code="worker_died", ended_at=now
        )
    log.warning(
        "attempt_abandoned", call_request=call_request.public_id, attempt=call_request.attempts_made
    )
    return True


def _end_alert_of_unreadable() -> None:
    """End the alert once staff have dealt with all that could not be decrypted."""
    left = CallRequest.objects.filter(
        status=Status.UNCERTAIN, reason=Reason.UNREADABLE, erased_at=None
    )
    if not left.exists():
        alerts.over([AlertKind.UNREADABLE])


def _expire(now: datetime) -> int:
    late = CallRequest.objects.filter(status=Status.QUEUED, patience_until__lte=now)
    return sum(map(expire, late.order_by("patience_until").only(*_COMPARED)[:BATCH]))


def expire(call_request: CallRequest) -> bool:
    """End a request that nobody could call in time, if it still is as it was read."""
    if not transitions.transition(
        call_request, transitions.EXPIRE, Actor.HOUSEKEEPING, reason=Reason.TOO_LATE
    ):
        return False
    log.warning("request_too_late", call_request=call_request.public_id)
    return True


def _ready(now: datetime) -> int:
    """How many due rows may be placed now, at most as many as there are threads to do so."""
    account = pacing.account_pacing()
    room = pacing.room(account, database.ask(pacing.questions(account)))
    if room == 0 or circuit_breaker.is_shut(call_switch.current(), now):
        return 0
    [first] = database.run([first_due()])
    if pick(read(first)) is None:
        return 0
    threads = heartbeat.threads_alive(now) or settings.WORKERS
    most = threads if room is None else min(threads, room)
    return due(now).order_by()[:most].count()


def _wake(report: HousekeepingReport) -> None:
    """Sends a message for each row that is ready and perhaps has none."""
    missing = report.ready
    if not missing:
        return
    with suppress(Exception):
        missing -= tasks.waiting()
    if missing <= 0:
        return
    if tasks.notify_workers(missing):
        report.woken = missing
    else:
        report.unwoken = missing
