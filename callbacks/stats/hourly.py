"""Figures: what became of the requests of each hour, added up so that no page reads a million rows.

Housekeeping keeps them up, once a minute: the hours since the last time, and the earlier hours of
requests that have moved since. Computing an hour again gives the same row again, so nothing has
to be exact about when. `manage.py count_figures` does it for any stretch of time.
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
# Looked at again each time: what was being committed while it was looked at last.
OVERLAP = timedelta(minutes=5)
HOUR = timedelta(hours=1)
# In one round of housekeeping, which has more to do.
MOST_HOURS = timedelta(days=7)
MOST_MOVES = 20_000

# Of waits: upper bounds in seconds. The last bucket has none.
BOUNDS = (2, 5, 10, 20, 30, 45, 60, 120, 300, 600, 900, 1800, 3600)
BUCKETS = (*(f"within_{bound}" for bound in BOUNDS), "longer")
STATUSES = (Status.CALLED, Status.FAILED, Status.UNCERTAIN, Status.CANCELLED)
REASONS = {
    Status.FAILED: ("refused", "too_late"),
    Status.UNCERTAIN: ("no_answer", "worker_died", "restored", "unreadable"),
}
COLUMNS = ("asked", *STATUSES, *(name for names in REASONS.values() for name in names), *BUCKETS)


@dataclass
class Figures:
    """Some hours, added up."""

    counts: Counter[str] = field(default_factory=Counter)

    @classmethod
    def of(cls, rows: Iterable["Figures"]) -> Self:
        total: Counter[str] = Counter()
        for row in rows:
            total.update(row.counts)
        return cls(total)

    def __getitem__(self, name: str) -> int:
        return self.counts[name]

    @property
    def waiting(self) -> int:
        """Those of which nothing has become yet."""
        return self["asked"] - sum(self[status] for status in STATUSES)

    @property
    def decided(self) -> int:
        """How many were called, failed or are uncertain."""
        return self[Status.CALLED] + self[Status.FAILED] + self[Status.UNCERTAIN]

    @property
    def failure_share(self) -> float:
        """Failed and uncertain ones, of those that are decided; 0 to 1."""
        wrong = self[Status.FAILED] + self[Status.UNCERTAIN]
        return wrong / self.decided if wrong else 0.0

    def wait(self, share: float) -> float | None:
        """So many seconds at most waited this share (0.5: the median) of those who were called.

        Read from the histogram, so it is exact to the bucket and in between a guess. None when
        nobody was called; infinity when it lies above the last bound.
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
    """The figures of each hour (UTC) from `start` to before `end` in which anybody asked.

    In: the primary key of a widget, for that one alone. One query, a row per hour.
    """
    rows = _hours(start, end, widget).values("hour", *COLUMNS)
    return {row.pop("hour"): Figures(Counter(row)) for row in rows}


def by_widget(start: datetime, end: datetime) -> dict[int, Figures]:
    """The same for each widget (its primary key), without reasons. One query, a row per widget."""
    rows = HourlyFigures.objects.filter(hour__gte=start, hour__lt=end).order_by()
    # As an expression, or SQLite would read the hours once for each widget.
    grouped = rows.annotate(of=F("widget_id") + 0).values_list("of")
    names = ("asked", *STATUSES, *BUCKETS)
    sums = grouped.annotate(*(Sum(name) for name in names))
    return {of: Figures(Counter(dict(zip(names, counts, strict=True)))) for of, *counts in sums}


def total(start: datetime, end: datetime, widget: int | None = None) -> Figures:
    """The same for all hours together. One query, one row."""
    return _figures(_hours(start, end, widget).aggregate(**_SUMS))


# The names of annotations may not be those of columns.
_SUMS = {f"sum_{name}": Sum(name, default=0) for name in COLUMNS}


def _figures(sums: Mapping[str, Any]) -> Figures:
    return Figures(Counter({name: sums[f"sum_{name}"] for name in COLUMNS}))


def _hours(
    start: datetime, end: datetime, widget: int | None
) -> QuerySet[HourlyFigures] | QuerySet[HourlyTotal]:
    """A row per hour."""
    within = Q(hour__gte=start, hour__lt=end)
    if widget is None:
        return HourlyTotal.objects.filter(within)
    return HourlyFigures.objects.filter(within, widget=widget)


def as_of() -> datetime | None:
    """Until when everything is in the figures; None before the first time."""
    return PeriodicJob.objects.filter(name=JOB).values_list("last_run_at", flat=True).first()


# -- writing ---------------------------------------------------------------------------------
def keep_up(now: datetime) -> int:
    """One round: brings the figures up to date, if that is due; returns how many hours.

    To be called by housekeeping, which alone does so. After a long absence, a week at a time.
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
    """Computes all hours from `start` (the first request, when None) to now; returns how many."""
    start, now = floor(start or _first_asked() or clock.now()), clock.now()
    begin = start
    while start <= now:
        recompute(start, start + MOST_HOURS)
        start += MOST_HOURS
    PeriodicJob.objects.update_or_create(name=JOB, defaults={"until": now, "last_run_at": now})
    return (floor(now) + HOUR - begin) // HOUR


def floor(moment: datetime) -> datetime:
    """The beginning of its hour, in UTC."""
    return moment.astimezone(UTC).replace(minute=0, second=0, microsecond=0)


def recompute(start: datetime, end: datetime) -> None:
    """Writes the figures of the hours from `start` to before `end`, from the requests."""
    found: defaultdict[tuple[datetime, int], Counter[str]] = defaultdict(Counter)
    call_request = CallRequest.objects.filter(created_at__gte=start, created_at__lt=end).order_by()
    grouped = call_request.annotate(hour=TruncHour("created_at", tzinfo=UTC)).values_list(
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
    """Give when it was asked, for which widget, and the seconds until the first accepted attempt.

    What staff retried is left out: how long a colleague took to look at a failure says nothing
    about how fast calls are placed.
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
    before = None
    for call_request, asked_at, widget, ended_at, started_at in rows.iterator(chunk_size=2000):
        if call_request != before:
            yield asked_at, widget, ((ended_at or started_at) - asked_at).total_seconds()
        before = call_request


def _hours_moved(since: datetime, before: datetime) -> set[datetime]:
    """The hours before `before` in which requests were asked that have moved since `since`."""
    hours = set()
    newest = Move.objects.order_by("-pk").values_list("at", "call_request__created_at")
    for at, asked_at in newest[:MOST_MOVES].iterator(chunk_size=500):
        if at < since:
            break
        if asked_at < before:
            hours.add(floor(asked_at))
    return hours


def _first_asked() -> datetime | None:
    rows = CallRequest.objects.order_by("created_at")
    return rows.values_list("created_at", flat=True).first()
