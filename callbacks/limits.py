"""How often: per number, per widget and for the account; exact under concurrency, and durable.

Each hit is a row. To allow one more, the transaction locks the keys, counts the rows inside the
limit's window and adds its own; it rolls back with the request that it was for. The windows roll:
"three a day" means in any 24 hours.

A number's key is a keyed hash, so that the table names nobody. Per client address there is
django-ratelimit, in `callbacks.public.address`: it needs no exactness and must cost no write.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from django.conf import settings
from django.db.models import Count, Q

from callbacks import db, personal
from callbacks.models import LimitHit, Widget


class What(StrEnum):
    NUMBER = "number"
    WIDGET = "widget"
    ACCOUNT = "account"


@dataclass(frozen=True)
class Limit:
    what: What
    key: str
    most: int
    window: timedelta


class LimitReached(Exception):
    """One more is too much. `retry_after`: how long until there is room again."""

    def __init__(self, what: What, retry_after: timedelta) -> None:
        super().__init__(f"limit per {what} reached")
        self.what = what
        self.retry_after = retry_after


# Two phones in one household never need more; a prank does.
NUMBER_LIMITS = ((1, timedelta(minutes=5)), (3, timedelta(days=1)))
HOUR = timedelta(hours=1)
LONGEST_WINDOW = timedelta(days=1)


def number_key(number: str) -> str:
    """The limit key of an E.164 number: keyed, so that it cannot be found by trying numbers."""
    return f"number:{personal.fingerprint('limit', number)}"


def number_limits(number: str) -> list[Limit]:
    """Over all widgets: one request in 5 minutes, three in a day."""
    key = number_key(number)
    return [Limit(What.NUMBER, key, most, window) for most, window in NUMBER_LIMITS]


def widget_key(widget: Widget) -> str:
    """The limit key of a widget."""
    return f"widget:{widget.pk}"


def widget_limits(widget: Widget) -> list[Limit]:
    """The widget's own caps, per hour and per day."""
    key = widget_key(widget)
    return [
        Limit(What.WIDGET, key, widget.hourly_cap, HOUR),
        Limit(What.WIDGET, key, widget.daily_cap, timedelta(days=1)),
    ]


def account_limits() -> list[Limit]:
    """What all widgets together may take in a day."""
    most = settings.ACCOUNT_DAILY_CAP
    return [Limit(What.ACCOUNT, "account", most, timedelta(days=1))]


def lock(limits: Sequence[Limit]) -> None:
    """Keeps others from counting the same keys until this transaction ends."""
    db.lock(limit.key for limit in limits)


def hit(limits: Sequence[Limit], now: datetime, also: Sequence[str] = ()) -> None:
    """Counts one more under every limit, or raises `LimitReached` for the first that is full.

    `also`: keys without a limit, to be counted with them.

    To be called inside a transaction, after `lock`. With `LimitReached`, the caller must let the
    transaction roll back or write nothing more.
    """
    counted = LimitHit.objects.filter(key__in={limit.key for limit in limits}).aggregate(
        **{
            f"limit_{index}": Count("pk", filter=_inside(limit, now))
            for index, limit in enumerate(limits)
        }
    )
    for index, limit in enumerate(limits):
        if counted[f"limit_{index}"] >= limit.most:
            raise LimitReached(limit.what, _until_there_is_room(limit, now))
    _count([*(limit.key for limit in limits), *also], now)


def _inside(limit: Limit, now: datetime) -> Q:
    return Q(key=limit.key, at__gt=now - limit.window)


def _until_there_is_room(limit: Limit, now: datetime) -> timedelta:
    newest_first = LimitHit.objects.filter(_inside(limit, now)).order_by("-at")
    in_the_way = newest_first.values_list("at", flat=True)[limit.most - 1]
    return in_the_way + limit.window - now


def count(limits: Sequence[Limit], now: datetime) -> None:
    """Counts one more under every key, whether there is room or not: a person asked for it."""
    _count([limit.key for limit in limits], now)


def _count(keys: Sequence[str], now: datetime) -> None:
    LimitHit.objects.bulk_create([LimitHit(key=key, at=now) for key in dict.fromkeys(keys)])


def forget_old(now: datetime, batch: int = 1000) -> int:
    """Deletes hits that no window reaches any more; returns how many."""
    old = LimitHit.objects.filter(at__lte=now - LONGEST_WINDOW).values("pk")[:batch]
    deleted, _ = LimitHit.objects.filter(pk__in=list(old.values_list("pk", flat=True))).delete()
    return deleted
