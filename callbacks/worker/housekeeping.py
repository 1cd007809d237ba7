"""Housekeeping: find what fell through, about every half second.

- An attempt whose worker died makes its request *uncertain*.
- After a change of opening hours, the times of the waiting requests are worked out anew. A request
  without open time ahead becomes *failed: closed*.
- A request whose patience has ended becomes *failed: too late*.
- A request that became due joins the queue, and one that waited through a closing joins anew.
- A due request that got no message gets one.
- Old rows are deleted, and the statistics are kept up to date.

One process at a time does it (`housekeeping_job`). Any number of other processes may stand by.
"""

from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple

import structlog
from django.conf import settings

from callbacks.abuse import limits, refusals
from callbacks.consent import chain as consent_chain
from callbacks.core import clock, database, queries
from callbacks.dispatch import call_switch, circuit_breaker, claim
from callbacks.lifecycle import hours_changed
from callbacks.models import PeriodicJob
from callbacks.notifications import outbox
from callbacks.scheduling import fair_queue, open_periods_job, pacing
from callbacks.scheduling.due import due
from callbacks.stats import counting, hourly, totals
from callbacks.team_mails import digest
from callbacks.worker import daily_notice, heartbeat, left_behind, purge, tasks

log = structlog.get_logger(__name__)
SQL = queries.load(__file__, "housekeeping.sql")


class ToDo(NamedTuple):
    """What `housekeeping.sql` found to do, in its order. The columns are explained there."""

    ahead: bool
    begun_ahead: bool
    was_ahead: bool
    unsent: bool
    unsent_webhook: bool
    digest_due: bool
    calling: bool
    hours_changed: bool
    late: bool
    old_hits: bool
    old_refusals: bool
    unchained: bool
    purge_due: bool
    periods_due: bool
    notice_due: bool
    figures_due: bool


@dataclass
class HousekeepingReport:
    """What one round did, as numbers of rows, and of messages for `woken`.

    `uncertain`: requests whose worker died during the call. `too_late` and `closed`: requests that
    failed for this reason. `forgotten`: hits of limits, and counts of refusals, that were deleted.
    `purged`: requests, IP addresses and proofs whose storage period was over.
    `ready`: requests whose call may be placed now, at most as many as there are worker threads.
    `unwoken`: those of them for which no worker could be told, because the queue is unavailable.
    `unsent`: a message of the outbox, a summary to the team or the daily notice is due.
    """

    uncertain: int = 0
    too_late: int = 0
    closed: int = 0
    ready: int = 0
    woken: int = 0
    unwoken: int = 0
    unsent: bool = False
    forgotten: int = 0
    chained: int = 0
    purged: int = 0


def run_round() -> HousekeepingReport:
    """Do one round of housekeeping and report what was done.

    It may run at any time, even twice at once, because every move is compare-and-set.
    """
    now = clock.now()
    found = ask(now)
    report = HousekeepingReport()
    ahead_for = timedelta()
    if found.ahead or found.begun_ahead:
        ahead_for = left_behind.time_ahead(now)
    elif found.was_ahead:
        PeriodicJob.objects.filter(name=left_behind.AHEAD).delete()
    is_late = found.ahead and left_behind.end_patience_ahead(now, ahead_for)
    if found.calling:
        report.uncertain = left_behind.mark_left_behind(now, ahead_for)
    if found.hours_changed:
        report.closed = hours_changed.keep_up(now)
    if found.late or is_late:
        report.too_late, closed = left_behind.expire_late(now)
        report.closed += closed
    report.unsent = (
        found.unsent
        or found.unsent_webhook
        or (found.digest_due and settings.MAIL_IS_SET)
        or (found.notice_due and daily_notice.is_wanted())
    )
    work = claim.ask()
    if work.is_due:
        fair_queue.join_again()
    if work.may_join:
        fair_queue.join()
    if work.is_due or work.may_join:
        report.ready = _ready(now)
        _wake(report)
    if found.old_hits:
        report.forgotten += limits.forget_old(now)
    if found.old_refusals:
        report.forgotten += refusals.forget_old(now)
    if found.unchained:
        report.chained = consent_chain.chain_up()
    if found.purge_due:
        report.purged = purge.purge(now)
    if found.periods_due:
        open_periods_job.renew(now)
    # Last, because nothing waits for it: only people read the statistics.
    if found.figures_due:
        counting.keep_up(now)
        totals.keep_up(now)
        # Of the calls that this process places while no worker does.
        heartbeat.store_token_fetches()
    return report


def ask(now: datetime) -> ToDo:
    """Return what there is to do, apart from calls, in one round trip."""
    latest = now + clock.SLACK
    statement = SQL["ask"](
        now=now,
        latest_reading=latest,
        ahead_job=left_behind.AHEAD,
        latest_try=latest + outbox.LONGEST_WAIT,
        latest_digest=latest + digest.LONGEST_WAIT,
        oldest_hit=now - limits.LONGEST_WINDOW,
        oldest_refusal=now - refusals.KEPT,
        purge_job=purge.JOB,
        purge_latest=latest + purge.EVERY,
        periods_job=open_periods_job.JOB,
        periods_latest=latest + open_periods_job.EVERY,
        notice_job=daily_notice.JOB,
        notice_latest=latest + daily_notice.LONGEST_WAIT,
        figures_job=hourly.JOB,
        figures_latest=latest + counting.EVERY,
    )
    [row] = database.execute(statement).rows
    return ToDo(*map(bool, row))


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
