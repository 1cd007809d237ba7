"""How often: per number, per widget and for the account; exact under concurrency, and durable.

Each hit is a row, numbered within its key. To allow one more, the transaction locks the keys, looks
at the hit that was as many hits ago as the limit allows, and adds its own; it rolls back with the
request that it was for. The windows roll: "three a day" means in any 24 hours.

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


def retry_key(widget: Widget) -> str:
    """What staff's retries of a widget's requests are counted under, beside its limits."""
    return f"retry:{widget.pk}"


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
    latest = {key: _latest(key) for key in (*(limit.key for limit in limits), *also)}
    found = db.ask({**latest, **{limit: _is_full(limit, now) for limit in limits}})
    for limit in limits:
        if found[limit]:
            raise LimitReached(limit.what, _until_there_is_room(limit, found[limit.key], now))
    _add({key: found[key] for key in latest}, now)


def count_retry(number: str, widget: Widget, now: datetime) -> None:
    """Counts a call that staff asked for under every limit, whether there is room or not.

    To be called inside a transaction.
    """
    limits = [*number_limits(number), *widget_limits(widget), *account_limits()]
    lock(limits)
    keys = [*(limit.key for limit in limits), retry_key(widget)]
    _add(db.ask({key: _latest(key) for key in keys}), now)


@dataclass(frozen=True)
class Usage:
    """What counts towards a widget's caps, retries included; `retries`: those of the day."""

    hour: int
    day: int
    retries: int


def usage(widget: Widget, now: datetime) -> Usage:
    """How much of a widget's caps is used up at `now`."""
    mine, retries = widget_key(widget), retry_key(widget)
    counted = LimitHit.objects.filter(
        key__in=[mine, retries], at__gt=now - timedelta(days=1)
    ).aggregate(
        hour=Count("pk", filter=Q(key=mine, at__gt=now - HOUR)),
        day=Count("pk", filter=Q(key=mine)),
        retries=Count("pk", filter=Q(key=retries)),
    )
    return Usage(**counted)


def _latest(key: str) -> db.Question:
    """The ordinal of the key's latest hit."""
    return db.Question("SELECT MAX(ordinal) FROM callbacks_limithit WHERE key = %s", (key,))


def _is_full(limit: Limit, now: datetime) -> db.Question:
    """Whether there is no room: the hit that was `most` hits ago is still inside the window. So
    it costs the same however many the limit allows."""
    latest = _latest(limit.key)
    return db.Question(
        f"SELECT 1 FROM callbacks_limithit WHERE key = %s AND at > %s"
        f" AND ordinal = ({latest.sql}) + 1 - %s",
        (limit.key, now - limit.window, *latest.parameters, limit.most),
    )


def _until_there_is_room(limit: Limit, latest: int, now: datetime) -> timedelta:
    in_the_way = LimitHit.objects.get(key=limit.key, ordinal=latest + 1 - limit.most)
    return in_the_way.at + limit.window - now


def _add(latest: dict[str, int | None], now: datetime) -> None:
    LimitHit.objects.bulk_create(
        [LimitHit(key=key, ordinal=(last or 0) + 1, at=now) for key, last in latest.items()]
    )


def forget_old(now: datetime, batch: int = 1000) -> int:
    """Deletes hits that no window reaches any more; returns how many."""
    old = LimitHit.objects.filter(at__lte=now - LONGEST_WINDOW).values("pk")[:batch]
    deleted, _ = LimitHit.objects.filter(pk__in=list(old.values_list("pk", flat=True))).delete()
    return deleted
