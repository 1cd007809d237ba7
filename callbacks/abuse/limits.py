"""Limit how often something may happen: per number, widget, account and member of staff.

The counts are exact even when transactions run at the same time, and survive a restart.

Each event that counts (a "hit") is a row, numbered within its key. To allow one more, a transaction
locks the keys. It looks at the hit that is as many hits back as the limit allows: if that hit is
still inside the window, there is no room. Otherwise it adds its own hit. It does this last, so that
others wait as briefly as possible. The hit is committed or rolled back together with the request
that it counts. The windows roll: "three a day" means three in any 24 hours.

A number's key is a keyed hash, so that the table names nobody. When a number has room again is in
`callbacks.abuse.next_request`. The limit per client address is in
`callbacks.abuse.ip_rate_limit`, with django-ratelimit: it need not be exact and must cost no write.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import QuerySet, Subquery, Value

from callbacks.contact.e164 import Number
from callbacks.core import clock, crypto, database, queries
from callbacks.core.statements import among
from callbacks.models import LimitHit, RefusalKind, Widget

SQL = queries.load(__file__, "limits.sql")


@dataclass(frozen=True)
class RateLimit:
    """At most `most` hits under `key` within `window`.

    `kind` is what a refusal is stored as; None for a limit on staff, which refuses no visitor.
    """

    kind: RefusalKind | None
    key: str
    most: int
    window: timedelta


class LimitReached(Exception):
    """A limit has no room for one more. `retry_after` is how long until it has."""

    def __init__(self, kind: RefusalKind | None, retry_after: timedelta) -> None:
        super().__init__("a limit is reached")
        self.kind = kind
        self.retry_after = retry_after


# Several people who share a phone never need more. A person who plays a prank does.
NUMBER_LIMITS = ((1, timedelta(minutes=5)), (3, timedelta(days=1)))
HOUR = timedelta(hours=1)
LONGEST_WINDOW = timedelta(days=1)


def number_key(number: Number) -> str:
    """Return the limit key of an E.164 number.

    It is a keyed hash, so nobody can find the number by trying all numbers.
    """
    return f"number:{crypto.fingerprint('limit', str(number))}"


def number_limits(
    number: Number,
    freed: Sequence[datetime] = (),
    now: datetime | None = None,
    *,
    one_more: bool = False,
) -> list[RateLimit]:
    """Return the limits of a number over all widgets: one request in 5 minutes, three in 24 hours.

    `freed` are the times of requests that certainly never made the phone ring. The limit of 5
    minutes allows one more for each of them that is less than 5 minutes old at `now`. An older one
    adds nothing, because its own hit has left the window too. Without `now`, `freed` is ignored.
    With `one_more`, the limit of 5 minutes allows one more: somebody was called, the phone did not
    ring, and they ask again.
    """
    key = number_key(number)
    short, *others = (
        RateLimit(RefusalKind.NUMBER, key, most, window) for most, window in NUMBER_LIMITS
    )
    if one_more:
        short = replace(short, most=short.most + 1)
    if now is None:
        return [short, *others]
    inside = sum(at > now - short.window for at in freed)
    return [replace(short, most=short.most + inside), *others]


def lock_number(number: Number) -> datetime:
    """Lock an E.164 number until the transaction ends; return the time once it is locked.

    A form, a correction, a retry and an erasure of the same number wait for each other. Take this
    lock before the lock on any row.
    """
    return database.lock([number_key(number)])


def widget_key(widget: Widget) -> str:
    """Return the limit key of a widget."""
    return f"widget:{widget.pk}"


def widget_limits(widget: Widget) -> list[RateLimit]:
    """Return the widget's own caps, per hour and per 24 hours."""
    key = widget_key(widget)
    return [
        RateLimit(RefusalKind.WIDGET, key, widget.hourly_cap, HOUR),
        RateLimit(RefusalKind.WIDGET, key, widget.daily_cap, timedelta(days=1)),
    ]


def retry_key(widget: Widget) -> str:
    """Return the key that counts staff's retries of a widget's requests, besides its limits."""
    return f"retry:{widget.pk}"


def account_limits() -> list[RateLimit]:
    """Return the limit of all widgets together, per 24 hours."""
    most = settings.ACCOUNT_DAILY_CAP
    return [RateLimit(RefusalKind.ACCOUNT, "account", most, timedelta(days=1))]


def of_request(
    widget: Widget,
    number: Number,
    freed: Sequence[datetime] = (),
    now: datetime | None = None,
    *,
    one_more: bool = False,
) -> list[RateLimit]:
    """Return every limit that one more call to the number counts towards.

    For `freed`, `now` and `one_more`, see `number_limits`.
    """
    of_number = number_limits(number, freed, now, one_more=one_more)
    return [*of_number, *widget_limits(widget), *account_limits()]


def hit(limits: Sequence[RateLimit], now: datetime) -> None:
    """Add one hit under every limit, unless one of them is full.

    The transaction must have locked their keys (`keys_of`), and `now` is the time of that lock.

    Raises:
        LimitReached: for the first limit that is full.
    """
    raise_if_full(limits, now)
    _add_hits(keys_of(limits), now)


def is_first(key: str) -> bool:
    """Record an event that may happen once; return whether this is the first time.

    It is forgotten after 24 hours at the earliest (`forget_old`), and then may happen again.
    """
    _hit, is_new = LimitHit.objects.get_or_create(key=key, ordinal=1, defaults={"at": clock.now()})
    return is_new


def keys_of(limits: Sequence[RateLimit], also: Sequence[str] = ()) -> list[str]:
    """Return the keys to lock and to count under. `also` are keys without a limit."""
    return list(dict.fromkeys([*(limit.key for limit in limits), *also]))


def _add_hits(keys: Sequence[str], now: datetime) -> None:
    """Add a hit under each key, in one statement. The transaction holds the keys' locks."""
    database.execute(SQL["add_hits"](keys=among(keys), at=now))


def raise_if_full(limits: Sequence[RateLimit], now: datetime) -> None:
    """Raise `LimitReached` for the first limit that has no room at `now`, in one query.

    A limit is full if the hit that is `most` hits back is still inside the window. So the query
    costs the same, however many hits a limit allows. `add_request` in `intake/intake.sql` applies
    the same rule.
    """
    first, *others = (
        _blocking_hit(limit, now).values_list(Value(place), "at")
        for place, limit in enumerate(limits)
    )
    if blocking_hits := sorted(first.union(*others, all=True)):
        place, at = blocking_hits[0]
        raise LimitReached(limits[place].kind, at + limits[place].window - now)


def _blocking_hit(limit: RateLimit, now: datetime) -> QuerySet[LimitHit]:
    """Return the hit that leaves the limit no room for another one at `now`, if there is one."""
    hits = LimitHit.objects.filter(key=limit.key)
    latest = hits.order_by("-ordinal").values("ordinal")[:1]
    return hits.filter(
        ordinal=Subquery(latest) + 1 - limit.most,
        at__gt=now - limit.window,
        at__lte=now + clock.SLACK,
    )


def retry_keys(number: Number, widget: Widget) -> list[str]:
    """Return the keys that a call requested by staff counts under: every limit, and retries."""
    return keys_of(of_request(widget, number), [retry_key(widget)])


def count_retry(keys: Sequence[str], now: datetime) -> None:
    """Count a call that staff requested, whether there is room or not.

    `keys` come from `retry_keys`. The transaction must have locked them before any row.
    """
    _add_hits(keys, now)


def forget_old(now: datetime, batch: int = 1000) -> int:
    """Delete up to `batch` hits that are outside every window; return how many."""
    old = LimitHit.objects.filter(at__lte=now - LONGEST_WINDOW).values("pk")[:batch]
    deleted, _ = LimitHit.objects.filter(pk__in=list(old.values_list("pk", flat=True))).delete()
    return deleted
