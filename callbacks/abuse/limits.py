"""How often: per number, widget, account and member of staff; exact under concurrency, durable.

Each hit is a row, numbered within its key. To allow one more, the transaction locks the keys, looks
at the hit that was as many hits ago as the limit allows, and adds its own: last of all, so that
others wait as briefly as can be. It stands or falls with the request that it is for. The windows
roll: "three a day" means in any 24 hours.

A number's key is a keyed hash, so that the table names nobody. Per client address there is
django-ratelimit, in `callbacks.abuse.ip_rate_limit`: it needs no exactness and must cost no write.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from django.conf import settings
from django.db.models import Count, Max, Q

from callbacks.contact.e164 import Number
from callbacks.core import clock, crypto, database
from callbacks.core.statements import Statement, insertion
from callbacks.lifecycle import never_rang
from callbacks.models import CallRequest, LimitHit, Widget


class LimitedBy(StrEnum):
    NUMBER = "number"
    WIDGET = "widget"
    ACCOUNT = "account"
    LOOK_UP = "look_up"


@dataclass(frozen=True)
class RateLimit:
    what: LimitedBy
    key: str
    most: int
    window: timedelta


class LimitReached(Exception):
    """One more is too much. `retry_after`: how long until there is room again."""

    def __init__(self, what: LimitedBy, retry_after: timedelta) -> None:
        super().__init__(f"limit per {what} reached")
        self.what = what
        self.retry_after = retry_after


# Two phones in one household never need more; a prank does.
NUMBER_LIMITS = ((1, timedelta(minutes=5)), (3, timedelta(days=1)))
HOUR = timedelta(hours=1)
LONGEST_WINDOW = timedelta(days=1)


def number_key(number: Number) -> str:
    """The limit key of an E.164 number: keyed, so that it cannot be found by trying numbers."""
    return f"number:{crypto.fingerprint('limit', str(number))}"


def number_limits(
    number: Number, freed: Sequence[datetime] = (), now: datetime | None = None
) -> list[RateLimit]:
    """Over all widgets: one request in 5 minutes, three in a day.

    `freed`: when the requests were sent that certainly never rang. In 5 minutes there may be one
    more for each of them that is inside this time at `now`, at which the limit is looked at: one
    that has just left it has taken its own hit along.
    """
    key = number_key(number)
    short, *others = (
        RateLimit(LimitedBy.NUMBER, key, most, window) for most, window in NUMBER_LIMITS
    )
    if now is None:
        return [short, *others]
    inside = sum(at > now - short.window for at in freed)
    return [replace(short, most=short.most + inside), *others]


def freed(number: Number, now: datetime) -> list[datetime]:
    """Return when those requests of the last 5 minutes were sent that do not count towards the
    short limit, because they certainly never made the phone ring.

    Each of them has a hit of its own, not older than itself. One that staff retry meanwhile has
    another for the retry, so what is worked out here never lets one too many through.
    """
    recent = CallRequest.objects.filter(
        number_hash=crypto.number_hash(number),
        created_at__gt=now - NUMBER_LIMITS[0][1],
        created_at__lte=now + clock.SLACK,
    )
    return list(never_rang.never_rang(recent).values_list("created_at", flat=True))


def another_from(number: Number, now: datetime) -> datetime | None:
    """Return when the limits of an E.164 number will have room for another request, or None if
    they have."""
    counted = LimitHit.objects.filter(
        key=number_key(number), at__gt=now - LONGEST_WINDOW, at__lte=now + clock.SLACK
    )
    hits = list(counted.values_list("at", flat=True))
    short, long = number_limits(number)
    free = freed(number, now) if hits else []
    times = [_room_at(short, hits, free, now), _room_at(long, hits, [], now)]
    return max(times) if max(times) > now else None


def _room_at(
    limit: RateLimit, hits: Sequence[datetime], free: Sequence[datetime], now: datetime
) -> datetime:
    """Return the first time from `now` on at which fewer hits than the limit allows are inside its
    window, the `free` ones among them not counted."""
    times = [now, *sorted(at + limit.window for at in hits if at + limit.window > now)]
    return next(
        time
        for time in times
        if sum(at > time - limit.window for at in hits)
        - sum(at > time - limit.window for at in free)
        < limit.most
    )


def lock_number(number: Number) -> datetime:
    """Lock an E.164 number until the transaction ends, and return the time then.

    A form, a correction, a retry and an erasure of the number wait for each other. Take this lock
    before any row's.
    """
    return database.lock([number_key(number)])


def widget_key(widget: Widget) -> str:
    """The limit key of a widget."""
    return f"widget:{widget.pk}"


def widget_limits(widget: Widget) -> list[RateLimit]:
    """The widget's own caps, per hour and per day."""
    key = widget_key(widget)
    return [
        RateLimit(LimitedBy.WIDGET, key, widget.hourly_cap, HOUR),
        RateLimit(LimitedBy.WIDGET, key, widget.daily_cap, timedelta(days=1)),
    ]


def retry_key(widget: Widget) -> str:
    """What staff's retries of a widget's requests are counted under, beside its limits."""
    return f"retry:{widget.pk}"


def account_limits() -> list[RateLimit]:
    """What all widgets together may take in a day."""
    most = settings.ACCOUNT_DAILY_CAP
    return [RateLimit(LimitedBy.ACCOUNT, "account", most, timedelta(days=1))]


def of_request(
    widget: Widget, number: Number, freed: Sequence[datetime] = (), now: datetime | None = None
) -> list[RateLimit]:
    """Return every limit that one more call to the number counts under; see `number_limits`."""
    return [*number_limits(number, freed, now), *widget_limits(widget), *account_limits()]


def hit(limits: Sequence[RateLimit], now: datetime) -> None:
    """Counts one more under every limit, or raises `LimitReached` for the first that is full.

    From here on nobody else counts under the same keys until the transaction ends: so it is to be
    the last thing that is done inside one.
    """
    keys = keys_of(limits)
    room = room_for_one_more(limits, now)
    [done] = database.run([counting(keys, now, only=room)], locking=keys)
    if not done.number:
        raise_if_full(limits, now)
        raise RuntimeError("No hit was added, and no limit is full.")


def is_first(key: str) -> bool:
    """Note what may happen once in a day; return whether this is the first time."""
    row = LimitHit(key=key, ordinal=1, at=clock.now())
    [saved] = database.run([insertion(row, unless_same="key, ordinal", returning_key=True)])
    return bool(saved.rows)


def keys_of(limits: Sequence[RateLimit], also: Sequence[str] = ()) -> list[str]:
    """What is counted under, and to be locked first. `also`: keys without a limit."""
    return list(dict.fromkeys([*(limit.key for limit in limits), *also]))


def room_for_one_more(limits: Sequence[RateLimit], now: datetime) -> Statement:
    """The WHERE that finds something unless a limit is full. Under the locks it stays true."""
    rows = ", ".join(f"(%s, {limit.most:d}, %s)" for limit in limits)
    parameters = [value for limit in limits for value in (limit.key, now - limit.window)]
    full = _FULL.format(rows=rows)
    return Statement(f"WHERE NOT EXISTS ({full})", (*parameters, now + clock.SLACK))


def counting(keys: Sequence[str], now: datetime, *, only: Statement | None = None) -> Statement:
    """Adds a hit under each key; with `only` (a WHERE), if that finds something."""
    rows = ", ".join(["(%s)"] * len(keys))
    only = only or Statement("")
    return Statement(f"{_ADD.format(rows=rows)} {only.sql}", (*keys, now, *only.parameters))


def raise_if_full(limits: Sequence[RateLimit], now: datetime) -> None:
    """Raises `LimitReached` for the first limit without room at `now`."""
    for limit in limits:
        wait = _until_there_is_room(limit, now)
        if wait is not None:
            raise LimitReached(limit.what, wait)


def retry_keys(number: Number, widget: Widget) -> list[str]:
    """Return what a call that staff asked for is counted under: every limit, and retries."""
    return keys_of(of_request(widget, number), [retry_key(widget)])


def count_retry(keys: Sequence[str], now: datetime) -> None:
    """Count a call that staff asked for, whether there is room or not.

    In: the `retry_keys`, which the transaction has locked before any row.
    """
    database.run([counting(keys, now)])


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
        key__in=[mine, retries], at__gt=now - timedelta(days=1), at__lte=now + clock.SLACK
    ).aggregate(
        hour=Count("pk", filter=Q(key=mine, at__gt=now - HOUR)),
        day=Count("pk", filter=Q(key=mine)),
        retries=Count("pk", filter=Q(key=retries)),
    )
    return Usage(**counted)


# The hit that was `most` hits ago is still inside the window: no room. So it costs the same
# however many a limit allows.
_FULL = """
    WITH limits (key, most, since) AS (VALUES {rows})
    SELECT 1 FROM limits JOIN callbacks_limithit AS hit
        ON hit.key = limits.key AND hit.ordinal = 1 - limits.most + (
            SELECT MAX(ordinal) FROM callbacks_limithit AS latest WHERE latest.key = limits.key
        )
    WHERE hit.at > limits.since AND hit.at <= %s
"""
_ADD = """
    INSERT INTO callbacks_limithit (key, ordinal, at)
    WITH keys (key) AS (VALUES {rows})
    SELECT key, 1 + COALESCE(
        (SELECT MAX(ordinal) FROM callbacks_limithit AS latest WHERE latest.key = keys.key), 0
    ), %s FROM keys
"""


def _until_there_is_room(limit: RateLimit, now: datetime) -> timedelta | None:
    """None when there is."""
    hits = LimitHit.objects.filter(key=limit.key)
    latest = hits.aggregate(latest=Max("ordinal"))["latest"] or 0
    in_the_way = hits.filter(
        ordinal=latest + 1 - limit.most, at__gt=now - limit.window, at__lte=now + clock.SLACK
    ).first()
    return in_the_way.at + limit.window - now if in_the_way else None


def forget_old(now: datetime, batch: int = 1000) -> int:
    """Deletes hits that no window reaches any more; returns how many."""
    old = LimitHit.objects.filter(at__lte=now - LONGEST_WINDOW).values("pk")[:batch]
    deleted, _ = LimitHit.objects.filter(pk__in=list(old.values_list("pk", flat=True))).delete()
    return deleted
