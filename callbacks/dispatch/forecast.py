"""How long until the phone rings: what a waiting visitor is told, and whether to promise at all.

A request waits for the calls in front of it to start, under each limit that they share: the
account's pace, its widget's pace, and what the workers can do. The longest of these waits is the
forecast. Later requests of other widgets may still step in front (the queue is fair), so it is an
estimate: the burst test holds it to a factor of two.
"""

from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import Avg, Count, Q

from callbacks.dispatch import pace
from callbacks.dispatch.claim import due
from callbacks.models import Attempt, CallRequest, Widget

# Until there are attempts to measure: what a call takes from claim to answer, in seconds.
USUAL_ATTEMPT_SECONDS = 1.0
MEASURED_ATTEMPTS = 20


def expected_wait(widget: Widget, turn: int, now: datetime) -> timedelta:
    """How long a request of `widget` with this `turn` waits from `now` until its call starts."""
    ahead = (
        due(now)
        .order_by()
        .filter(turn__lt=turn)
        .aggregate(in_all=Count("pk"), own=Count("pk", filter=Q(widget=widget)))
    )
    in_all, own = ahead["in_all"], ahead["own"]
    waits = [in_all * _attempt_seconds() / settings.WORKERS if in_all else 0.0]
    waits += [_wait(limit, in_all, now) for limit in pace.account_limits()]
    waits += [_wait(limit, own, now) for limit in pace.widget_limits(widget)]
    return timedelta(seconds=max(waits))


def expected_wait_of(request: CallRequest, now: datetime) -> timedelta:
    """The same for a request that is queued; never less than the time until it is due."""
    wait = expected_wait(request.widget, request.turn, now)
    return max(wait, request.due_at - now, timedelta())


def _wait(limit: pace.Limit, ahead: int, now: datetime) -> float:
    """Seconds until `limit` lets the one behind `ahead` others start.

    Each start leaves the window after its length and makes room for one; those that start then
    leave it one window later, and so on.
    """
    room = limit.room(now)
    missing = ahead + 1 - room
    if missing <= 0:
        return 0
    windows, place = divmod(missing - 1, limit.most)
    leaves = now
    if place < limit.most - room:
        inside = limit.attempts.filter(started_at__gt=now - limit.window)
        oldest = inside.order_by("started_at").values_list("started_at", flat=True)
        leaves = next(iter(oldest[place : place + 1]), now)
    return (leaves + limit.window * (1 + windows) - now).total_seconds()


def _attempt_seconds() -> float:
    """What an attempt took lately, in seconds."""
    latest = Attempt.objects.filter(duration_ms__isnull=False).order_by("-pk")
    average = latest[:MEASURED_ATTEMPTS].aggregate(value=Avg("duration_ms"))["value"]
    return USUAL_ATTEMPT_SECONDS if average is None else max(average / 1000, 0.001)
