"""Compute the figures of each hour from the requests.

Housekeeping updates them once a minute: the hours since the last update, and earlier hours whose
requests have changed since. Computing an hour again gives the same row again, so it does no harm to
compute more hours than necessary. `manage.py count_figures` computes any period again.
"""

from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from django.db.models import Count, Exists, OuterRef
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
from callbacks.stats.hourly import BOUNDS, BUCKETS, COLUMNS, HOUR, JOB, REASONS, STATUSES, floor

EVERY = timedelta(minutes=1)
# Each update looks this far back before the last one: a transaction may have been committing then.
OVERLAP = timedelta(minutes=5)
# The most that one round of housekeeping computes, because it has other work to do.
MOST_HOURS = timedelta(days=7)
MOST_MOVES = 20_000


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
