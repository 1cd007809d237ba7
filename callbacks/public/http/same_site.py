"""Did one of our own pages send this form?

Third-party cookies are blocked in today's browsers, so that Django's CSRF cookie would fail in a
frame on somebody else's page. Instead a browser's own words are believed: `Sec-Fetch-Site` and
`Origin`, which no page can set (Fetch standard: forbidden request headers).
"""

from urllib.parse import urlsplit

from django.conf import settings
from django.http import HttpRequest

from callbacks.core import host_names

_DEFAULT_PORTS = {"http": 80, "https": 443}
# `none`: by the user themselves, such as the reload of a form's answer.
_OWN_SITES = {"same-origin", "none"}


def is_own(request: HttpRequest) -> bool:
    """Whether nothing says that another site sent `request`.

    A header that is missing (an old browser, a privacy tool) says nothing: the form token has to
    be right in any case. An `Origin` of `null` is nobody's.
    """
    site = request.headers.get("Sec-Fetch-Site")
    if site is not None and site not in _OWN_SITES:
        return False
    origin = request.headers.get("Origin")
    return origin is None or _normalised(origin) == _normalised(settings.PUBLIC_URL)


def _normalised(address: str) -> tuple[str, str, int] | None:
    """Scheme, host and port, as they are compared (RFC 6454); None when there is no such thing."""
    try:
        parts = urlsplit(address)
        port = parts.port
        host = host_names.to_ascii(parts.hostname or "")
    except ValueError:
        return None
    if parts.scheme not in _DEFAULT_PORTS or not host:
        return None
    return parts.scheme, host, _DEFAULT_PORTS[parts.scheme] if port is None else port
