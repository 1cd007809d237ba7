"""Housekeeping: find what fell through, about every half second.

- An attempt whose worker died makes its request *uncertain*.
- A request whose patience has ended becomes *failed: too late*.
- A due request that got no message gets one.
- Old rows are deleted, and the statistics are kept up to date.

One process at a time does it: the one named in the database (`PeriodicJob`). Any number of other
processes may stand by.
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
from callbacks.call_api.codes import AttemptCode
from callbacks.consent import chain as consent_chain
from callbacks.core import clock, database
from callbacks.core.statements import Question, Statement
from callbacks.data_protection import retention as retention_rules
from callbacks.dispatch import call_switch, circuit_breaker
from callbacks.dispatch.claim import first_due, pick, read
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
from callbacks.scheduling import pacing
from callbacks.scheduling.due import due, due_question
from callbacks.stats import hourly
from callbacks.worker import heartbeat, tasks

log = structlog.get_logger(__name__)

JOB = "housekeeping"
PURGE = "purge"
# The job whose `last_run_at` says since when rows have lain ahead of the clock. It is missing while
# no such rows exist.
AHEAD = "rows_ahead"
PURGE_EVERY = timedelta(minutes=10)
LOCKED_FOR = timedelta(seconds=10)
BATCH = 500
# The columns that a move compares and the log names. They hold no personal data, so that a row that
# cannot be decrypted does not stop the round.
_COMPARED = ("public_id", "status", "attempts_made", "erased_at")


@dataclass
class HousekeepingReport:
    """What one round did, as numbers of rows, and of messages for `woken`.

    `ready`: requests whose call may be placed now, at most as many as there are worker threads.
    `unwoken`: those of them for which no worker could be told, because the queue is unavailable.
    `untold`: an alert is waiting, and no worker could be told for the same reason.
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
    """Apply the storage periods, one batch per run, and return how many rows were deleted.

    It runs only every ten minutes, because what it deletes is months old.
    """
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
        # There may be more. The next round goes on.
        PeriodicJob.objects.filter(name=PURGE).update(until=now)
    return counts.requests + counts.addresses + counts.proofs


def take_job(holder: str) -> bool:
    """Return whether `holder` may do the housekeeping now.

    `holder` takes the job if it is free. If `holder` has the job, it renews it once half of
    `LOCKED_FOR` has passed.
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
    """Give the job back, so that another process does not have to wait until it expires."""
    PeriodicJob.objects.filter(name=JOB, locked_by=holder).update(until=clock.now())


def run_round() -> HousekeepingReport:
    """Do one round of housekeeping and report what was done.

    It may run at any time, even twice at once, because every move is compare-and-set.
    """
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
        # Last, because nothing waits for it: only people read the statistics.
    if not found["has_figures"]:
        hourly.keep_up(now)
    return report


def _questions(now: datetime) -> database.Questions:
    """Return the questions that tell what there is to do.

    They go out as one message. Most rounds, twice a second for years, find nothing to do.
    """
    job = "callbacks_periodicjob WHERE name = %s AND until > %s AND until <= %s"
    last_try = now + alerts.LONGEST_WAIT + clock.SLACK
    # A time after this one was written by a clock that was ahead.
    latest = now + clock.SLACK
    return {
        "ahead": _any(
            "callbacks_callrequest WHERE status = 'queued' AND NOT is_scheduled AND due_at > %s",
            latest,
        ),
        "begun_ahead": _any(
            "callbacks_attempt WHERE outcome = 'pending' AND started_at > %s", latest
        ),
        "was_ahead": _any("callbacks_periodicjob WHERE name = %s", AHEAD),
        "untold": _any(
            "callbacks_alert WHERE told_at IS NULL AND (try_at <= %s OR try_at > %s)", now, last_try
        ),
        "calling": _any("callbacks_callrequest WHERE status = 'calling'"),
        "late": _any("callbacks_callrequest WHERE status = 'queued' AND patience_until <= %s", now),
        "due": due_question(),
        "old_hits": _any("callbacks_limithit WHERE at <= %s", now - limits.LONGEST_WINDOW),
        "old_refusals": _any("callbacks_refusal WHERE minute < %s", now - rejections.KEPT),
        "unchained": _any("callbacks_consentproof WHERE link IS NULL"),
        "is_purged": _any(job, PURGE, now, latest + PURGE_EVERY),
        "has_figures": _any(job, hourly.JOB, now, latest + hourly.EVERY),
    }


def _any(rows: str, *parameters: object) -> Question:
    """Return the question whether such rows exist; `rows` is the SQL after FROM."""
    return Question(f"SELECT 1 FROM {rows} LIMIT 1", parameters)


def _ahead_for(now: datetime) -> timedelta:
    """Return for how long there have been rows that lie ahead of the clock.

    Either the clock was ahead when they were written, or the clock is behind now. One look cannot
    tell which. So these rows are not changed at once: if the clock is behind, it will be corrected.
    """
    job, _ = PeriodicJob.objects.get_or_create(
        name=AHEAD, defaults={"until": now, "last_run_at": now}
    )
    if job.last_run_at is None or job.last_run_at > now:  # the clock was set back once more
        PeriodicJob.objects.filter(name=AHEAD).update(until=now, last_run_at=now)
        return timedelta()
    return now - job.last_run_at


def _end_patience_ahead(now: datetime, ahead_for: timedelta) -> bool:
    """End the patience of requests dated ahead of the clock that have waited long enough.

    Long enough means that housekeeping has seen them wait for their whole patience. Return whether
    there are any. Such a request may be called all the same, but without this function its patience
    would end too late, by as much as the clock was ahead.
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
    """Return the latest time at which an attempt that is still under way may have begun.

    Any time counts as long as the clock may merely be behind for a moment.
    """
    if ahead_for < timedelta(seconds=settings.LONGEST_TURN_SECONDS):
        return datetime.max.replace(tzinfo=UTC)
    return now + clock.SLACK


def _doubt_what_died(now: datetime, ahead_for: timedelta) -> int:
    """Make the requests uncertain whose worker died. Return how many."""
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
    """Make a request uncertain because its worker died.

    Return False, with nothing done, if the row has changed since it was read, or if a live attempt
    exists. An attempt that began after `latest_start` was dated by a clock that was ahead, and does
    not count as live.
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
            outcome=Outcome.UNKNOWN, code=AttemptCode.WORKER_DIED, ended_at=now
        )
    log.warning(
        "attempt_abandoned", call_request=call_request.public_id, attempt=call_request.attempts_made
    )
    return True


def _end_alert_of_unreadable() -> None:
    """End the alert once staff have dealt with all requests that could not be decrypted."""
    left = CallRequest.objects.filter(
        status=Status.UNCERTAIN, reason=Reason.UNREADABLE, erased_at=None
    )
    if not left.exists():
        alerts.over([AlertKind.UNREADABLE])


def _expire(now: datetime) -> int:
    """Fail the requests whose patience has ended. Return how many."""
    late = CallRequest.objects.filter(status=Status.QUEUED, patience_until__lte=now)
    return sum(map(expire, late.order_by("patience_until").only(*_COMPARED)[:BATCH]))


def expire(call_request: CallRequest) -> bool:
    """Fail a request that could not be called in time. Return False if its row has changed."""
    if not transitions.transition(
        call_request, transitions.EXPIRE, Actor.HOUSEKEEPING, reason=Reason.TOO_LATE
    ):
        return False
    log.warning("request_too_late", call_request=call_request.public_id)
    return True


def _ready(now: datetime) -> int:
    """Return how many due requests may be called now, at most one per worker thread."""
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
    """Send one message for each ready request that may have none."""
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
