"""Limit how often one client address may send a form (`RATE_PER_ADDRESS`), in the cache.

This count need not be exact, must cost no write to the database, and lets every form pass while the
cache is away. The limits per number and per widget are exact and live in the database
(`callbacks.abuse.limits`).
"""

import ipaddress
import re
from datetime import timedelta

from django.conf import settings
from django.http import HttpRequest
from django.utils.crypto import salted_hmac
from django_ratelimit.core import get_usage

from callbacks.abuse import limits, refusals
from callbacks.core import availability
from callbacks.core.process_memory import Pause
from callbacks.models import RefusalKind, Widget

GROUP = "public.form"
# In bits. A subscriber may choose the other 64 bits of an IPv6 address (RFC 6177), so all these
# addresses count as one.
IPV6_PREFIX = 64
# After a failure, no form waits for the cache again for this many seconds.
QUIET_SECONDS = 5.0

_WITH_PORT = re.compile(r"\[(?P<v6>[^\]]+)\](?::\d+)?|(?P<v4>[\d.]+):\d+")

cache_pause = Pause(QUIET_SECONDS)


def client_address(request: HttpRequest) -> str:
    """Return the client's IP address, in its shortest form, or "" if there is none.

    A client cannot forge it. Each proxy appends to `X-Forwarded-For` the address that it was called
    from. With `TRUSTED_PROXY_COUNT` = n, our outermost proxy has written the n-th entry from the
    right, and the client may have written everything to the left of it. If there are fewer entries,
    or if that entry is no address, the request did not come through our proxies: then the address
    of the connection counts.
    """
    connection = _parsed(request.META.get("REMOTE_ADDR", ""))
    count = settings.TRUSTED_PROXY_COUNT
    forwarded = request.META.get("HTTP_X_FORWARDED_FOR", "").split(",")
    if count and len(forwarded) >= count:
        return _parsed(forwarded[-count]) or connection
    return connection


def count(request: HttpRequest, widget: Widget) -> None:
    """Count one form from this client.

    Staff see the refusal, recorded once per address and window, so that a flood costs no writes.
    While the cache is away nobody is refused, and the log says so once.

    Raises:
        LimitReached: the client has sent more forms than it may.
    """
    if cache_pause.is_on:
        return
    try:
        usage = get_usage(
            request, group=GROUP, key=key, rate=settings.RATE_PER_ADDRESS, increment=True
        )
    except Exception as error:
        cache_pause.begin()
        availability.cache.failed(error)
        return
    availability.cache.recovered()
    # If the cache returns no count, django-ratelimit says "limited" with a negative time left.
    if usage and usage["should_limit"] and usage["time_left"] >= 0:
        if usage["count"] == usage["limit"] + 1:
            refusals.record(widget, RefusalKind.ADDRESS, address=client_address(request))
        wait = timedelta(seconds=max(usage["time_left"], 1))
        raise limits.LimitReached(RefusalKind.ADDRESS, wait)


def subscriber(request: HttpRequest) -> str:
    """Return the client's address; for IPv6, the network that belongs to one subscriber."""
    address = client_address(request)
    if ":" in address:
        network = ipaddress.IPv6Network((address.partition("%")[0], IPV6_PREFIX), strict=False)
        address = str(network.network_address)
    return address


def key(group: str, request: HttpRequest) -> str:
    """Return what django-ratelimit counts by: a keyed hash, so that the cache names nobody."""
    return salted_hmac(__name__, subscriber(request), algorithm="sha256").hexdigest()


def _parsed(text: str) -> str:
    """Return the address in `text` without a port, or "" if it contains none.

    An IPv4 address that is written as IPv6 is returned as IPv4.
    """
    text = text.strip()
    if match := _WITH_PORT.fullmatch(text):
        text = match["v6"] or match["v4"]
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return ""
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    return str(mapped or address)
