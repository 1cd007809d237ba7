"""Which requests are due: they wait for a worker, and may be called now."""

from datetime import datetime

from django.db.models import Exists, OuterRef, Q, QuerySet

from callbacks.core import clock
from callbacks.models import CallRequest, OpenPeriod, Status
from callbacks.scheduling import slot_places


def due(now: datetime) -> QuerySet[CallRequest]:
    """Return the requests in the queue that may be called at `now`, in the order of their calls."""
    joined = may_be_called(now).filter(queue_position__isnull=False)
    return joined.order_by("queue_position", "id")


def to_join(now: datetime) -> QuerySet[CallRequest]:
    """Return the requests that became due by `now` and have not joined the queue yet."""
    return may_be_called(now).filter(queue_position=None, due_at__lte=now)


def may_be_called(now: datetime) -> QuerySet[CallRequest]:
    """Return the requests that may be called at `now`, in the queue or about to join it."""
    # Django adds IS NOT NULL: a request that never backed off is not left out.
    backs_off = Q(backoff_until__gt=now, backoff_since__lte=now + clock.SLACK)
    return CallRequest.objects.filter(
        ~backs_off,
        Q(due_at__lte=now) | Q(is_scheduled=False),
        is_open(now) | slot_places.is_confirmed(),
        status=Status.QUEUED,
        patience_until__gt=now,
        number__empty=False,
        erased_at=None,
    )


def is_open(now: datetime) -> Q:
    """Return the condition that a request's widget is open at `now`, for the visitor to call.

    A widget without opening hours always is. With opening hours, a moment without a row of
    `OpenPeriod` is closed. A widget has either rows without a zone, or rows for each zone.
    """
    period = OpenPeriod.objects.filter(
        Q(zone="") | Q(zone=OuterRef("consumer_zone")),
        widget=OuterRef("widget"),
        starts_at__lte=now,
        ends_at__gt=now,
    )
    return Q(widget__has_hours=False) | Q(Exists(period))


def times() -> dict[str, object]:
    """Return the times that tell whether a request is due, as parameters of a statement.

    The statements in `.sql` files state the condition of `due` in full. `now` is when the database
    receives the message. A time after `latest_reading` was read before the clock was set back.
    """
    return {"now": clock.in_sql(), "latest_reading": clock.in_sql(ago=-clock.SLACK)}
