"""Where a request goes, and what a connection to there needs: a socket, and a TLS context.

What stays the same from call to call is kept, because to read the certificate authorities takes
longer than a whole call (docs/performance.md).
"""

import http.client
import os
import socket
import ssl
from functools import lru_cache
from typing import Any, NamedTuple

import requests
from requests.utils import DEFAULT_CA_BUNDLE_PATH
from urllib3.util import parse_url
from urllib3.util.ssl_ import create_urllib3_context

PORTS = {"http": http.client.HTTP_PORT, "https": http.client.HTTPS_PORT}


class Target(NamedTuple):
    """An address in parts. `path` is what the request line names."""

    scheme: str
    host: str
    port: int
    path: str


def connected(address: tuple[Any, ...], seconds: float) -> socket.socket:
    """Return a socket connected to one of the addresses of `getaddrinfo`."""
    family, kind, protocol, _name, place = address
    sock = socket.socket(family, kind, protocol)
    try:
        sock.settimeout(seconds)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        sock.connect(place)
    except OSError:
        sock.close()
        raise
    return sock


@lru_cache(maxsize=16)
def target_of(url: str) -> Target:
    """Return the parts of an address, spelled as `requests` sends it."""
    prepared = requests.Request("POST", url).prepare()
    parts = parse_url(str(prepared.url))
    scheme, host = str(parts.scheme), str(parts.host).strip("[]").rstrip(".")
    return Target(scheme, host, parts.port or PORTS[scheme], prepared.path_url)


def trusted() -> str | bool:
    """Return the file or folder of certificate authorities, or True for those in `requests`.

    A company that inspects TLS, or a test set-up, has an authority of its own. Its machines already
    set one of these two variables. Nothing else is taken from the environment (.netrc, proxies).
    """
    return os.environ.get("REQUESTS_CA_BUNDLE") or os.environ.get("SSL_CERT_FILE") or True


def tls() -> ssl.SSLContext:
    """Return the TLS context of all connections; read the authorities again if they changed."""
    authorities = trusted()
    path = DEFAULT_CA_BUNDLE_PATH if authorities is True else str(authorities)
    return _tls_with(path, os.stat(path).st_mtime_ns)


@lru_cache(maxsize=2)
def _tls_with(path: str, _changed_at: int) -> ssl.SSLContext:
    """Return a TLS context with the certificate authorities in this file or folder."""
    context = create_urllib3_context()
    context.set_alpn_protocols(["http/1.1"])
    is_folder = os.path.isdir(path)
    context.load_verify_locations(None if is_folder else path, path if is_folder else None)
    return context
