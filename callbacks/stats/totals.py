"""Count what has happened since the beginning, for `/metrics`: numbers that only grow.

The events are rows of the database: requests, moves, refusals, and attempts that have ended.
Housekeeping adds those that are older than `SETTLED` to the running totals, once a minute. Younger
requests, moves and refusals are counted each time somebody asks. So the numbers are the same in
every process, and cheap however many requests there are.

Counted by the time of the event. What commits later than `SETTLED` after its time is not counted,
and neither is what happens while a clock that was set back repeats an hour.
"""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import (
    Case,
    Count,
    DurationField,
    ExpressionWrapper,
    F,
    QuerySet,
    Subquery,
    Sum,
    Value,
    When,
)

from callbacks.models import (
    Attempt,
    CallRequest,
    Move,
    Outcome,
    PeriodicJob,
    Refusal,
    RunningTotal,
    Status,
)
from callbacks.stats.hourly import BOUNDS

JOB = "running_totals"
# Longer than a transaction may take (`DATABASE_STATEMENT_TIMEOUT`, `DATABASE_IDLE_TIMEOUT`).
SETTLED = timedelta(seconds=90)
# The most that one round of housekeeping adds, because it has other work to do.
MOST = timedelta(days=1)
# Upper bounds of the times that the call service takes for an answer, in milliseconds.
API_BOUNDS_MS = (100, 250, 500, 1000, 2500, 5000, 10_000, 20_000, 30_000)
LONGER = "longer"

type Totals = Counter[tuple[str, str]]


def current() -> Totals:
    """Return the totals of everything until now, by name and label. It takes four queries.

    No number is ever smaller than before, which Prometheus would take for a new beginning. That is
    why the stored totals and the time up to which they count come from one statement, and why
    attempts and waits are only counted once they have settled: until then, an answer may come late.
    """
    counted_until = PeriodicJob.objects.filter(name=JOB).values("last_run_at")[:1]
    stored = RunningTotal.objects.annotate(until=Subquery(counted_until))
    rows = list(stored.values_list("name", "label", "total", "until"))
    counts: Totals = Counter({(name, label): total for name, label, total, _until in rows})
    counts.update(_events(rows[0][3] if rows else None, None))
    return counts


def keep_up(now: datetime) -> bool:
    """Add the events that have settled to the running totals. Return whether any time was added.

    Only housekeeping calls it. If two processes do at once, one of them adds.
    """
    PeriodicJob.objects.get_or_create(name=JOB, defaults={"until": now})
    start = _counted_until()
    end = now - SETTLED
    # An attempt is counted once it has ended, by the time when it began.
    pending = Attempt.objects.filter(outcome=Outcome.PENDING).order_by("started_at")
    first = pending.values_list("started_at", flat=True).first()
    end = min(end, first - timedelta(microseconds=1)) if first else end
    if start is None:
        oldest = CallRequest.objects.order_by("created_at").values_list("created_at", flat=True)
        start_of_all = oldest.first()
        end = min(end, start_of_all + MOST) if start_of_all else end
    else:
        end = min(end, start + MOST)
    if start is not None and end <= start:
        return False
    counts = _events(start, end)
    _add_waits(counts, _within(Move.objects.order_by(), "at", start, end))
    _add_attempts(counts, _within(Attempt.objects.order_by(), "started_at", start, end))
    with transaction.atomic():
        mine = PeriodicJob.objects.filter(name=JOB, last_run_at=start)
        if not mine.update(last_run_at=end, until=now):
            return False
        add(counts)
    return True


def add(counts: Totals) -> None:
    """Add these counts to the running totals."""
    for (name, label), number in sorted(counts.items()):
        row = RunningTotal.objects.filter(name=name, label=label)
        if number and not row.update(total=F("total") + number):
            # Another process may create it at the same moment.
            RunningTotal.objects.get_or_create(name=name, label=label)
            row.update(total=F("total") + number)


def _events(after: datetime | None, until: datetime | None) -> Totals:
    """Count what never changes, after `after` and up to `until`. None means no limit."""
    counts: Totals = Counter()
    counts["asked", ""] = _within(CallRequest.objects.all(), "created_at", after, until).count()
    moves = _within(Move.objects.order_by(), "at", after, until)
    ended = moves.exclude(to_status=Status.CALLING).values_list("name", "to_status", "reason")
    for name, status, reason, number in ended.annotate(number=Count("pk")):
        if name == "retry":
            counts["retried", ""] += number
        elif status != Status.QUEUED:
            counts[status, reason] += number
    # A row of refusals grows within its minute, so only whole minutes settle.
    refusals = Refusal.objects.order_by()
    if after is not None:
        refusals = refusals.filter(minute__gte=_minute(after))
    if until is not None:
        refusals = refusals.filter(minute__lt=_minute(until))
    for kind, number in refusals.values_list("kind").annotate(number=Sum("count")):
        counts["rejected", kind] += number
    return counts


def _add_waits(counts: Totals, moves: QuerySet[Move]) -> None:
    """Add the waits for calls: from when a call was due, or asked for again, to the call."""
    wait = ExpressionWrapper(F("at") - F("call_request__due_at"), DurationField())
    bounds = [(str(bound), timedelta(seconds=bound)) for bound in BOUNDS]
    called = moves.filter(name="accept").annotate(wait=wait)
    rows = called.annotate(bucket=_bucket("wait", bounds)).values_list("bucket")
    for bucket, number, total in rows.annotate(number=Count("pk"), total=Sum("wait")):
        counts["wait", bucket] += number
        counts["wait_ms", ""] += max(round(total / timedelta(milliseconds=1)), 0)


def _add_attempts(counts: Totals, attempts: QuerySet[Attempt]) -> None:
    """Add the attempts that have ended, and how long the call service took to answer."""
    bounds = [(str(bound), bound) for bound in API_BOUNDS_MS]
    ended = attempts.exclude(outcome=Outcome.PENDING)
    rows = ended.annotate(bucket=_bucket("duration_ms", bounds)).values_list(
        "outcome", "code", "bucket"
    )
    for outcome, code, bucket, number, sends, total in rows.annotate(
        number=Count("pk"), sends_made=Sum("sends"), total=Sum("duration_ms")
    ):
        counts["attempt", f"{outcome}:{code}"] += number
        counts["sends", ""] += sends
        if total is not None:
            counts["api", bucket] += number
            counts["api_ms", ""] += total


def _bucket(column: str, bounds: Sequence[tuple[str, object]]) -> Case:
    """Return the expression for the first bound that `column` does not exceed."""
    whens = [When(**{f"{column}__lte": bound}, then=Value(label)) for label, bound in bounds]
    return Case(*whens, default=Value(LONGER))


def _within[Rows: QuerySet[Any]](
    rows: Rows, column: str, after: datetime | None, until: datetime | None
) -> Rows:
    """Return the rows whose `column` is after `after` and not after `until`."""
    if after is not None:
        rows = rows.filter(**{f"{column}__gt": after})
    return rows if until is None else rows.filter(**{f"{column}__lte": until})


def _counted_until() -> datetime | None:
    """Return the time up to which everything is in the running totals, or None at first."""
    return PeriodicJob.objects.filter(name=JOB).values_list("last_run_at", flat=True).first()


def _minute(moment: datetime) -> datetime:
    """Return the beginning of the minute of `moment`."""
    return moment.replace(second=0, microsecond=0)
