"""What became of the requests of each hour, added up so that no page reads a million rows.

Housekeeping updates these figures once a minute: the hours since the last update, and earlier hours
whose requests have changed since. Computing an hour again gives the same row again, so it does no
harm to compute more hours than necessary. `manage.py count_figures` computes any period again.
"""

from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Self

from django.db.models import Count, Exists, F, OuterRef, Q, QuerySet, Sum
from django.db.models.functions import TruncHour

from callbacks.core import clock
from callbacks.models import (
    Actor,
    Attempt,
    CallRequest,
    HourlyFigures,
    HourlyTotal,
    Move,
    Outcome,
    PeriodicJob,
    Status,
)

JOB = "hourly_figures"
EVERY = timedelta(minutes=1)
# Each update looks this far back before the last one: a transaction may have been committing then.
OVERLAP = timedelta(minutes=5)
HOUR = timedelta(hours=1)
# The most that one round of housekeeping computes, because it has other work to do.
MOST_HOURS = timedelta(days=7)
MOST_MOVES = 20_000

# Upper bounds of the waiting times, in seconds. The last bucket has no upper bound.
BOUNDS = (2, 5, 10, 20, 30, 45, 60, 120, 300, 600, 900, 1800, 3600)
BUCKETS = (*(f"within_{bound}" for bound in BOUNDS), "longer")
STATUSES = (Status.CALLED, Status.FAILED, Status.UNCERTAIN, Status.CANCELLED)
REASONS = {
    Status.FAILED: ("refused", "too_late", "closed"),
    Status.UNCERTAIN: ("no_answer", "worker_died", "restored", "unreadable"),
}
COLUMNS = ("asked", *STATUSES, *(name for names in REASONS.values() for name in names), *BUCKETS)


@dataclass
class Figures:
    """The figures of some hours, added up: a count for each name in `COLUMNS`."""

    counts: Counter[str] = field(default_factory=Counter)

    @classmethod
    def of(cls, rows: Iterable["Figures"]) -> Self:
        """Return the sum of several figures."""
        total: Counter[str] = Counter()
        for row in rows:
            total.update(row.counts)
        return cls(total)

    def __getitem__(self, name: str) -> int:
        return self.counts[name]

    @property
    def waiting(self) -> int:
        """Return how many requests have no result yet."""
        return self["asked"] - sum(self[status] for status in STATUSES)

    @property
    def decided(self) -> int:
        """Return how many requests were called, have failed or are uncertain."""
        return self[Status.CALLED] + self[Status.FAILED] + self[Status.UNCERTAIN]

    @property
    def failure_share(self) -> float:
        """Return the share of failed and uncertain requests among those decided, from 0 to 1."""
        wrong = self[Status.FAILED] + self[Status.UNCERTAIN]
        return wrong / self.decided if wrong else 0.0

    def wait(self, share: float) -> float | None:
        """Return the `share` quantile (0.5 is the median) of the waiting times, in seconds.

        Only requests that were called count. The value comes from the histogram: its bucket is
        exact, its place within the bucket is estimated. Return None if nobody was called, and
        infinity if the value lies above the last bound.
        """
        counts = [self[bucket] for bucket in BUCKETS]
        wanted = share * sum(counts)
        if not wanted:
            return None
        below = 0
        for number, bound in enumerate(BOUNDS):
            if below + counts[number] >= wanted:
                lower = BOUNDS[number - 1] if number else 0
                return lower + (bound - lower) * (wanted - below) / counts[number]
            below += counts[number]
        return float("inf")


# -- reading ---------------------------------------------------------------------------------
def by_hour(start: datetime, end: datetime, widget: int | None = None) -> dict[datetime, Figures]:
    """Return the figures of each hour from `start` (included) to `end` (excluded).

    The keys are the beginnings of the hours, in UTC. Hours without requests are missing. `widget`
    is a primary key; None counts all widgets. One query, one row per hour.
    """
    rows = _hours(start, end, widget).values("hour", *COLUMNS)
    return {row.pop("hour"): Figures(Counter(row)) for row in rows}


def by_widget(start: datetime, end: datetime) -> dict[int, Figures]:
    """Return the figures of each widget from `start` (included) to `end` (excluded).

    The keys are primary keys of widgets. The counts by reason are left out. One query, one row per
    widget.
    """
    rows = HourlyFigures.objects.filter(hour__gte=start, hour__lt=end).order_by()
    # Grouped by an expression: by the plain column, SQLite would read the hours once per widget.
    grouped = rows.annotate(of=F("widget_id") + 0).values_list("of")
    names = ("asked", *STATUSES, *BUCKETS)
    sums = grouped.annotate(*(Sum(name) for name in names))
    return {of: Figures(Counter(dict(zip(names, counts, strict=True)))) for of, *counts in sums}


def total(start: datetime, end: datetime, widget: int | None = None) -> Figures:
    """Return the figures of all hours from `start` (included) to `end` (excluded), as one sum.

    `widget` is a primary key; None counts all widgets. One query, one row.
    """
    return _figures(_hours(start, end, widget).aggregate(**_SUMS))


# Prefixed, because an annotation may not have the name of a column.
_SUMS = {f"sum_{name}": Sum(name, default=0) for name in COLUMNS}


def _figures(sums: Mapping[str, Any]) -> Figures:
    """Return the figures in a row of sums, as `_SUMS` names them."""
    return Figures(Counter({name: sums[f"sum_{name}"] for name in COLUMNS}))


def _hours(
    start: datetime, end: datetime, widget: int | None
) -> QuerySet[HourlyFigures] | QuerySet[HourlyTotal]:
    """Return the stored rows of these hours, one per hour; for `widget`, or for all if None."""
    within = Q(hour__gte=start, hour__lt=end)
    if widget is None:
        return HourlyTotal.objects.filter(within)
    return HourlyFigures.objects.filter(within, widget=widget)


def as_of() -> datetime | None:
    """Return the time until which the figures are complete, or None before the first update."""
    return PeriodicJob.objects.filter(name=JOB).values_list("last_run_at", flat=True).first()


# -- writing ---------------------------------------------------------------------------------
def keep_up(now: datetime) -> int:
    """Update the figures if it is time to. Return how many hours were computed.

    Only housekeeping calls it. After a long interruption, each call catches up a week at most.
    """
    job, _ = PeriodicJob.objects.get_or_create(name=JOB, defaults={"until": now})
    if clock.is_ahead(job.until, now, EVERY):
        return 0
    since = job.last_run_at or _first_asked() or now
    start = floor(since - OVERLAP)
    end = min(start + MOST_HOURS, floor(now) + HOUR)
    recompute(start, end)
    is_up_to_date = end > now
    moved = sorted(_hours_moved(since - OVERLAP, start)) if is_up_to_date else []
    for hour in moved:
        recompute(hour, hour + HOUR)
    PeriodicJob.objects.filter(name=JOB).update(
        last_run_at=now if is_up_to_date else end, until=now + EVERY if is_up_to_date else now
    )
    return (end - start) // HOUR + len(moved)


def rebuild(start: datetime | None = None) -> int:
    """Compute all hours from `start` to now again. Return how many.

    Without `start`, begin with the first request.
    """
    start, now = floor(start or _first_asked() or clock.now()), clock.now()
    begin = start
    while start <= now:
        recompute(start, start + MOST_HOURS)
        start += MOST_HOURS
    PeriodicJob.objects.update_or_create(name=JOB, defaults={"until": now, "last_run_at": now})
    return (floor(now) + HOUR - begin) // HOUR


def floor(moment: datetime) -> datetime:
    """Return the beginning of the hour of `moment`, in UTC."""
    return moment.astimezone(UTC).replace(minute=0, second=0, microsecond=0)


def recompute(start: datetime, end: datetime) -> None:
    """Compute and store the figures of the hours from `start` (included) to `end` (excluded)."""
    found: defaultdict[tuple[datetime, int], Counter[str]] = defaultdict(Counter)
    asked = CallRequest.objects.filter(created_at__gte=start, created_at__lt=end).order_by()
    grouped = asked.annotate(hour=TruncHour("created_at", tzinfo=UTC)).values_list(
        "hour", "widget_id", "status", "reason"
    )
    for hour, widget, status, reason, count in grouped.annotate(count=Count("pk")):
        row = found[hour, widget]
        row["asked"] += count
        if status in STATUSES:
            row[status] += count
        if reason in REASONS.get(status, ()):
            row[reason] += count
    for asked_at, widget, seconds in _waits(start, end):
        found[floor(asked_at), widget][BUCKETS[bisect_left(BOUNDS, seconds)]] += 1
    totals: defaultdict[datetime, Counter[str]] = defaultdict(Counter)
    for (hour, _widget), counts in found.items():
        totals[hour].update(counts)
    HourlyFigures.objects.bulk_create(
        (HourlyFigures(hour=h, widget_id=w, **counts) for (h, w), counts in found.items()),
        batch_size=500,
        update_conflicts=True,
        unique_fields=["hour", "widget"],
        update_fields=COLUMNS,
    )
    HourlyTotal.objects.bulk_create(
        (HourlyTotal(hour=hour, **counts) for hour, counts in totals.items()),
        batch_size=500,
        update_conflicts=True,
        unique_fields=["hour"],
        update_fields=COLUMNS,
    )


def _waits(start: datetime, end: datetime) -> Iterator[tuple[datetime, int, float]]:
    """Yield the wait of each request created from `start` (included) to `end` (excluded).

    A wait is the time of the request, the widget's primary key, and the seconds until the first
    accepted attempt. Attempts after a retry by staff are left out: the time until a colleague
    looked at a failure says nothing about how fast calls are placed.
    """
    retried = Move.objects.filter(
        call_request=OuterRef("call_request"),
        actor=Actor.STAFF,
        to_status=Status.QUEUED,
        at__lte=OuterRef("started_at"),
    )
    accepted = Attempt.objects.filter(
        ~Exists(retried),
        outcome=Outcome.ACCEPTED,
        call_request__created_at__gte=start,
        call_request__created_at__lt=end,
    )
    rows = accepted.order_by("call_request", "number").values_list(
        "call_request", "call_request__created_at", "widget_id", "ended_at", "started_at"
    )
    previous_id = None
    for request_id, asked_at, widget, ended_at, started_at in rows.iterator(chunk_size=2000):
        if request_id != previous_id:
            yield asked_at, widget, ((ended_at or started_at) - asked_at).total_seconds()
        previous_id = request_id


def _hours_moved(since: datetime, before: datetime) -> set[datetime]:
    """Return the hours before `before` whose requests have changed status since `since`."""
    hours = set()
    newest = Move.objects.order_by("-pk").values_list("at", "call_request__created_at")
    for at, asked_at in newest[:MOST_MOVES].iterator(chunk_size=500):
        if at < since:
            break
        if asked_at < before:
            hours.add(floor(asked_at))
    return hours


def _first_asked() -> datetime | None:
    """Return the time of the first request, or None if there is none."""
    rows = CallRequest.objects.order_by("created_at")
    return rows.values_list("created_at", flat=True).first()
