"""When a number may be requested again, and which of its requests do not count."""

from collections.abc import Sequence
from datetime import datetime

from callbacks.abuse import limits, never_rang
from callbacks.contact.e164 import Number
from callbacks.core import clock, crypto
from callbacks.models import CallRequest, LimitHit


def freed(number: Number, now: datetime) -> list[datetime]:
    """Return the times of the requests that do not count towards a number's limit of 5 minutes.

    They are the requests of the last 5 minutes that certainly never made the phone ring. Each has a
    hit of its own that is not older than itself. If staff retry one of them meanwhile, the retry
    has a second hit. So this result never lets one request too many through.
    """
    recent = CallRequest.objects.filter(
        number_hash=crypto.number_hash(number),
        created_at__gt=now - limits.NUMBER_LIMITS[0][1],
        created_at__lte=now + clock.SLACK,
    )
    return list(never_rang.never_rang(recent).values_list("created_at", flat=True))


def another_from(number: Number, now: datetime, *, one_more: bool = False) -> datetime | None:
    """Return when the limits of an E.164 number will have room for another request.

    Returns None if they have room at `now`. For `one_more`, see `limits.number_limits`.
    """
    counted = LimitHit.objects.filter(
        key=limits.number_key(number), at__gt=now - limits.LONGEST_WINDOW, at__lte=now + clock.SLACK
    )
    hits = list(counted.values_list("at", flat=True))
    short, long = limits.number_limits(number, one_more=one_more)
    free = freed(number, now) if hits else []
    times = [_room_at(short, hits, free, now), _room_at(long, hits, [], now)]
    return max(times) if max(times) > now else None


def _room_at(
    limit: limits.RateLimit, hits: Sequence[datetime], free: Sequence[datetime], now: datetime
) -> datetime:
    """Return the first time from `now` on at which the limit has room for one more.

    That is when fewer hits than it allows are inside its window. The hits in `free` do not count.
    """
    times = [now, *sorted(at + limit.window for at in hits if at + limit.window > now)]
    return next(
        time
        for time in times
        if sum(at > time - limit.window for at in hits)
        - sum(at > time - limit.window for at in free)
        < limit.most
    )
