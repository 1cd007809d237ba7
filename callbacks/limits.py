"""How often: per number and per widget, exact under concurrency and durable in the database.

Each hit is a row. To allow one more, the transaction locks the keys, counts the rows inside the
limit's window and adds its own; it rolls back with the request that it was for. The windows roll:
"three a day" means in any 24 hours.

A number's key is a keyed hash, so that the table names nobody. Per client address there is
django-ratelimit, in `callbacks.public.address`: it needs no exactness and must cost no write.
"""

import hashlib
import hmac
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from django.conf import settings

from callbacks import db
from callbacks.models import LimitHit, Widget


class What(StrEnum):
    NUMBER = "number"
    WIDGET = "widget"


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
LONGEST_WINDOW = timedelta(days=1)


def number_key(number: str) -> str:
    """The limit key of an E.164 number: keyed, so that it cannot be found by trying numbers."""
    digest = hmac.new(settings.SECRET_KEY.encode(), f"limits:{number}".encode(), hashlib.sha256)
    return f"number:{digest.hexdigest()[:40]}"


def number_limits(number: str) -> list[Limit]:
    """Over all widgets: one request in 5 minutes, three in a day."""
    key = number_key(number)
    return [Limit(What.NUMBER, key, most, window) for most, window in NUMBER_LIMITS]


def widget_limits(widget: Widget) -> list[Limit]:
    """The widget's own daily cap."""
    key = f"widget:{widget.pk}"
    return [Limit(What.WIDGET, key, widget.daily_cap, timedelta(days=1))]


def lock(limits: Sequence[Limit]) -> None:
    """Keeps others from counting the same keys until this transaction ends."""
    db.lock(limit.key for limit in limits)


def hit(limits: Sequence[Limit], now: datetime) -> None:
    """Counts one more under every limit, or raises `LimitReached` for the first that is full.

    To be called inside a transaction, after `lock`. With `LimitReached`, the caller must let the
    transaction roll back or write nothing more.
    """
    for limit in limits:
        inside = LimitHit.objects.filter(key=limit.key, at__gt=now - limit.window)
        # The hit that has to leave the window before there is room for another.
        in_the_way = inside.order_by("-at").values_list("at", flat=True)[
            limit.most - 1 : limit.most
        ]
        for at in in_the_way:
            raise LimitReached(limit.what, at + limit.window - now)
    LimitHit.objects.bulk_create(
        [LimitHit(key=key, at=now) for key in dict.fromkeys(limit.key for limit in limits)]
    )


def forget_old(now: datetime, batch: int = 1000) -> int:
    """Deletes hits that no window reaches any more; returns how many."""
    old = LimitHit.objects.filter(at__lte=now - LONGEST_WINDOW).values("pk")[:batch]
    deleted, _ = LimitHit.objects.filter(pk__in=list(old.values_list("pk", flat=True))).delete()
    return deleted
