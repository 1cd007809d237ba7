"""Find out whether one of our own pages sent a form.

Today's browsers block third-party cookies, so Django's CSRF cookie would fail in a frame on another
site's page. Instead we read two headers that no page can set: `Sec-Fetch-Site` and `Origin` (Fetch
standard, forbidden request headers).
"""

from urllib.parse import urlsplit

from django.conf import settings
from django.http import HttpRequest

from callbacks.core import host_names

_DEFAULT_PORTS = {"http": 80, "https": 443}
# `none`: the user started the request, for example by reloading the answer to a form.
_OWN_SITES = {"same-origin", "none"}


def is_own(request: HttpRequest) -> bool:
    """Return False if a header says that another site sent `request`, else True.

    A missing header (an old browser, a privacy tool) says nothing; the form token must be right in
    any case. An `Origin` of `null` is not ours.
    """
    site = request.headers.get("Sec-Fetch-Site")
    if site is not None and site not in _OWN_SITES:
        return False
    origin = request.headers.get("Origin")
    return origin is None or _normalised(origin) == _normalised(settings.PUBLIC_URL)


def _normalised(address: str) -> tuple[str, str, int] | None:
    """Return (scheme, host, port) for a comparison (RFC 6454), or None if `address` has none."""
    try:
        parts = urlsplit(address)
        port = parts.port
        host = host_names.to_ascii(parts.hostname or "")
    except ValueError:
        return None
    if parts.scheme not in _DEFAULT_PORTS or not host:
        return None
    return parts.scheme, host, _DEFAULT_PORTS[parts.scheme] if port is None else port
