"""Limit how often one API key may be used (`RATE_PER_KEY`), in the cache.

As the limit per address, it lets everything pass while the cache is away.
"""

from dataclasses import dataclass

from django.conf import settings
from django.http import HttpRequest
from django_ratelimit.core import get_usage

from callbacks.abuse.ip_rate_limit import cache_pause
from callbacks.core import availability
from callbacks.models import ApiKey

GROUP = "api"


@dataclass(frozen=True)
class Usage:
    """How much of its limit a key has used. `reset` is in seconds, until the count starts anew."""

    limit: int
    remaining: int
    reset: int
    is_over: bool


def count(request: HttpRequest, key: ApiKey) -> Usage | None:
    """Count one use of the key, and return how much is left; None while the cache is away."""
    if cache_pause.is_on:
        return None
    try:
        usage = get_usage(
            request,
            group=GROUP,
            key=lambda _group, _request: str(key.pk),
            rate=settings.RATE_PER_KEY,
            increment=True,
        )
    except Exception as error:
        cache_pause.begin()
        availability.cache.failed(error)
        return None
    availability.cache.recovered()
    # If the cache returns no count, the time left is negative (see `ip_rate_limit.count`).
    if not usage or usage["time_left"] < 0:
        return None
    return Usage(
        limit=usage["limit"],
        remaining=max(usage["limit"] - usage["count"], 0),
        reset=max(usage["time_left"], 1),
        is_over=usage["should_limit"],
    )
