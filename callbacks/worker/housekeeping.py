"""Housekeeping: find what fell through, about every half second.

- An attempt whose worker died makes its request *uncertain*.
- After a change of opening hours, the times of the waiting requests are worked out anew. A request
  without open time ahead becomes *failed: closed*.
- A request whose patience has ended becomes *failed: too late*.
- A request that became due joins the queue.
- A due request that got no message gets one.
- Old rows are deleted, and the statistics are kept up to date.

One process at a time does it (`housekeeping_job`). Any number of other processes may stand by.
"""

from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog
from django.conf import settings

from callbacks.abuse import limits, refusals
from callbacks.consent import chain as consent_chain
from callbacks.core import clock, database
from callbacks.core.statements import Question
from callbacks.dispatch import call_switch, circuit_breaker, claim
from callbacks.lifecycle import hours_changed
from callbacks.models import PeriodicJob
from callbacks.notifications import alerts
from callbacks.scheduling import fair_queue, open_periods_job, pacing
from callbacks.scheduling.due import due
from callbacks.stats import counting, hourly
from callbacks.worker import daily_notice, heartbeat, left_behind, purge, tasks

log = structlog.get_logger(__name__)


@dataclass
class HousekeepingReport:
    """What one round did, as numbers of rows, and of messages for `woken`.

    `ready`: requests whose call may be placed now, at most as many as there are worker threads.
    `unwoken`: those of them for which no worker could be told, because the queue is unavailable.
    `untold`: an alert or the daily notice is waiting, and no worker could be told for the same
    reason.
    """

    doubtful: int = 0
    too_late: int = 0
    closed: int = 0
    ready: int = 0
    woken: int = 0
    unwoken: int = 0
    untold: bool = False
    forgotten: int = 0
    chained: int = 0
    purged: int = 0


def run_round() -> HousekeepingReport:
    """Do one round of housekeeping and report what was done.

    It may run at any time, even twice at once, because every move is compare-and-set.
    """
    now = clock.now()
    found = database.ask(_questions(now))
    report = HousekeepingReport()
    ahead_for = timedelta()
    if found["ahead"] or found["begun_ahead"]:
        ahead_for = left_behind.time_ahead(now)
    elif found["was_ahead"]:
        PeriodicJob.objects.filter(name=left_behind.AHEAD).delete()
    is_late = bool(found["ahead"]) and left_behind.end_patience_ahead(now, ahead_for)
    if found["calling"]:
        report.doubtful = left_behind.mark_orphans_uncertain(now, ahead_for)
    if found["hours_changed"]:
        report.closed = hours_changed.keep_up(now)
    if found["late"] or is_late:
        report.too_late = left_behind.expire_late(now)
    if found["untold"] or (not found["is_noticed"] and daily_notice.is_wanted()):
        report.untold = not tasks.send(tasks.tell_staff)
    # Not among the questions: to build these conditions twice a second would cost the most of all.
    work = claim.ask()
    if work.may_join:
        fair_queue.join()
    if work.is_due or work.may_join:
        report.ready = _ready(now)
        _wake(report)
    if found["old_hits"]:
        report.forgotten += limits.forget_old(now)
    if found["old_refusals"]:
        report.forgotten += refusals.forget_old(now)
    if found["unchained"]:
        report.chained = consent_chain.chain_up()
    if not found["is_purged"]:
        report.purged = purge.purge(now)
    if not found["has_open_periods"]:
        open_periods_job.renew(now)
    # Last, because nothing waits for it: only people read the statistics.
    if not found["has_figures"]:
        counting.keep_up(now)
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
        "was_ahead": _any("callbacks_periodicjob WHERE name = %s", left_behind.AHEAD),
        "untold": _any(
            "callbacks_alert WHERE told_at IS NULL AND (try_at <= %s OR try_at > %s)", now, last_try
        ),
        "calling": _any("callbacks_callrequest WHERE status = 'calling'"),
        "hours_changed": _any("callbacks_widget WHERE has_old_times"),
        "late": _any("callbacks_callrequest WHERE status = 'queued' AND patience_until <= %s", now),
        "old_hits": _any("callbacks_limithit WHERE at <= %s", now - limits.LONGEST_WINDOW),
        "old_refusals": _any("callbacks_refusal WHERE minute < %s", now - refusals.KEPT),
        "unchained": _any("callbacks_consentproof WHERE link IS NULL"),
        "is_purged": _any(job, purge.JOB, now, latest + purge.EVERY),
        "has_open_periods": _any(job, open_periods_job.JOB, now, latest + open_periods_job.EVERY),
        "is_noticed": _any(job, daily_notice.JOB, now, latest + daily_notice.LONGEST_WAIT),
        "has_figures": _any(job, hourly.JOB, now, latest + counting.EVERY),
    }


def _any(rows: str, *parameters: object) -> Question:
    """Return the question whether such rows exist; `rows` is the SQL after FROM."""
    return Question(f"SELECT 1 FROM {rows} LIMIT 1", parameters)


def _ready(now: datetime) -> int:
    """Return how many due requests may be called now, at most one per worker thread."""
    account = pacing.account_pacing()
    room = pacing.room(account, now)
    if room == 0 or circuit_breaker.must_wait(call_switch.current(), now):
        return 0
    if claim.pick(claim.first_due()) is None:
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
