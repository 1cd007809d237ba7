"""What became of the requests of each hour, added up so that no page reads a million rows.

This module reads the figures. `callbacks.stats.counting` computes them.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Self

from django.db.models import F, Q, QuerySet, Sum

from callbacks.models import (
    HourlyFigures,
    HourlyTotal,
    PeriodicJob,
    Status,
)

JOB = "hourly_figures"
HOUR = timedelta(hours=1)
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


def floor(moment: datetime) -> datetime:
    """Return the beginning of the hour of `moment`, in UTC."""
    return moment.astimezone(UTC).replace(minute=0, second=0, microsecond=0)
