"""How often one client address may send a form: `RATE_PER_ADDRESS`, counted in the cache.

It needs no exactness and must cost no write; and it fails open. The limits per number and per
widget are exact and live in the database (`callbacks.abuse.limits`).
"""

import ipaddress
import re
import time
from datetime import timedelta

from django.conf import settings
from django.http import HttpRequest
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext_lazy as _
from django_ratelimit.core import get_usage

from callbacks.abuse import rejections
from callbacks.core import availability
from callbacks.intake.errors import TooMany
from callbacks.models import RefusalKind, Widget

GROUP = "public.form"
# A subscriber gets 64 bits of an IPv6 address to choose from (RFC 6177), so they count as one.
IPV6_PREFIX = 64
# After a failure no form waits for the cache again for so long.
QUIET_SECONDS = 5.0

_WITH_PORT = re.compile(r"\[(?P<v6>[^\]]+)\](?::\d+)?|(?P<v4>[\d.]+):\d+")

_quiet_until = 0.0


def client_address(request: HttpRequest) -> str:
    """The address that the client cannot have made up, in its shortest form; "" without one.

    Each proxy adds to the right of `X-Forwarded-For` the address that it was called from. So with
    `TRUSTED_PROXY_COUNT` = n, the n-th from the right was written by the outermost of our own, and
    everything left of it by whoever called. With fewer entries, or with one that is no address,
    the request did not come that way: the address of the connection holds.
    """
    connection = _parsed(request.META.get("REMOTE_ADDR", ""))
    count = settings.TRUSTED_PROXY_COUNT
    forwarded = request.META.get("HTTP_X_FORWARDED_FOR", "").split(",")
    if count and len(forwarded) >= count:
        return _parsed(forwarded[-count]) or connection
    return connection


def count(request: HttpRequest, widget: Widget) -> None:
    """Counts one form from this client; raises `TooMany` when that is more than it may send.

    Staff see the refusal, noted once for an address and window: a flood must cost no writes.
    While the cache is away nobody is refused, and the log says so once.
    """
    global _quiet_until
    if time.monotonic() < _quiet_until:
        return
    try:
        usage = get_usage(
            request, group=GROUP, key=key, rate=settings.RATE_PER_ADDRESS, increment=True
        )
    except Exception as error:
        _quiet_until = time.monotonic() + QUIET_SECONDS
        availability.cache.failed(error)
        return
    availability.cache.recovered()
    # Without a figure from the cache, django-ratelimit says "limited", with no time left.
    if usage and usage["should_limit"] and usage["time_left"] >= 0:
        if usage["count"] == usage["limit"] + 1:
            rejections.record(widget, RefusalKind.ADDRESS, address=client_address(request))
        raise TooMany(
            RefusalKind.ADDRESS,
            _("Too many requests from your internet connection. Please try again later."),
            timedelta(seconds=max(usage["time_left"], 1)),
        )


def subscriber(request: HttpRequest) -> str:
    """The client's address, or the network of it that belongs to one subscriber."""
    address = client_address(request)
    if ":" in address:
        network = ipaddress.IPv6Network((address.partition("%")[0], IPV6_PREFIX), strict=False)
        address = str(network.network_address)
    return address


def key(group: str, request: HttpRequest) -> str:
    """What django-ratelimit counts by: a keyed hash, so that the cache names nobody."""
    return salted_hmac(__name__, subscriber(request), algorithm="sha256").hexdigest()


def _parsed(text: str) -> str:
    """The address in `text`, without a port; an IPv4 one that came as IPv6 is IPv4; "" if none."""
    text = text.strip()
    if match := _WITH_PORT.fullmatch(text):
        text = match["v6"] or match["v4"]
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return ""
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    return str(mapped or address)
