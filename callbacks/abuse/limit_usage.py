"""Tell how much of the limits of widgets and of the account is used, for staff and systems."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Count, Q, QuerySet

from callbacks.abuse.limits import HOUR, retry_key, widget_key
from callbacks.core import clock
from callbacks.models import LimitHit, Widget


@dataclass(frozen=True)
class Usage:
    """The hits of a widget in the last hour and in the last 24 hours, retries included.

    `retries` are the retries of the last 24 hours.
    """

    hour: int
    day: int
    retries: int


def usage(widget: Widget, now: datetime) -> Usage:
    """Return how much of a widget's caps is used at `now`."""
    return usages([widget], now)[widget.pk]


def usages(widgets: Sequence[Widget], now: datetime) -> dict[int, Usage]:
    """Return how much of each widget's caps is used at `now`, by primary key, with one query."""
    keys = [key(widget) for widget in widgets for key in (widget_key, retry_key)]
    hits = _of_a_day(keys, now).values_list("key").order_by()
    counted = {
        key: (hour, day)
        for key, hour, day in hits.annotate(
            hour=Count("pk", filter=Q(at__gt=now - HOUR)), day=Count("pk")
        )
    }
    none = (0, 0)
    return {
        widget.pk: Usage(
            *counted.get(widget_key(widget), none), counted.get(retry_key(widget), none)[1]
        )
        for widget in widgets
    }


def account_usage(now: datetime) -> int:
    """Return how many requests of all widgets counted in the last 24 hours."""
    return _of_a_day(["account"], now).count()


def _of_a_day(keys: Sequence[str], now: datetime) -> QuerySet[LimitHit]:
    return LimitHit.objects.filter(
        key__in=keys, at__gt=now - timedelta(days=1), at__lte=now + clock.SLACK
    )
