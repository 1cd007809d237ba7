"""Send one webhook: to a public address, within a set time, and without following redirects.

The addresses of endpoints are typed by people who may not reach our internal network themselves. So
the IP address is checked right before the connection to it is opened. A check of the name before
would be worth nothing: its owner can answer the next question with another address.
"""

import ipaddress
import socket
import time
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

import requests
import urllib3
from django.conf import settings
from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.util.connection import create_connection

from callbacks.core import redaction
from callbacks.core.quiet_response import QuietResponse
from callbacks.core.watchdog import Watchdog

SECONDS = 10.0  # for the whole exchange
EXCERPT = 200  # characters of the answer that are kept
_READ = 2_000  # bytes of the answer that are read
# What `requests` and urllib3 raise, also for an answer that cannot be read.
_ERRORS = (requests.RequestException, urllib3.exceptions.HTTPError, OSError, ValueError)
# Addresses that contain the IPv4 address to which a translator passes the connection on (RFC 6052).
_NAT64 = ipaddress.ip_network("64:ff9b::/96")
# All IPv6 addresses that were ever given out for the public Internet (RFC 4291, IANA). Outside are
# old kinds that Python does not call private, such as fec0::1 and ::127.0.0.1.
_GLOBAL_UNICAST = ipaddress.ip_network("2000::/3")


class NotAllowed(OSError):
    """This address may not be connected to."""


@dataclass(frozen=True)
class Answer:
    """What an endpoint answered. `excerpt` is scrubbed of numbers and emails."""

    status: int
    excerpt: str

    @property
    def is_accepted(self) -> bool:
        return 200 <= self.status < 300


class NoAnswer(Exception):
    """No answer came. `code` says why, such as `address_not_allowed` or `ConnectTimeout`."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def post(url: str, body: bytes, headers: Mapping[str, str]) -> Answer:
    """Send `body` to an endpoint and return its answer.

    Raises:
        NoAnswer: the address is not allowed, or no whole answer came within `SECONDS`.
    """
    exchange = _Exchange(time.monotonic() + SECONDS)
    with requests.Session() as session:
        session.trust_env = False  # no proxy, and no password from a file, for an address of others
        for scheme in ("https://", "http://"):
            session.mount(scheme, _Adapter(exchange))
        try:
            with session.post(
                url,
                data=body,
                headers=dict(headers),
                timeout=SECONDS,
                allow_redirects=False,
                stream=True,
            ) as response:
                return Answer(response.status_code, _excerpt(response, exchange))
        except (
            requests.RequestException,
            urllib3.exceptions.HTTPError,
            OSError,
            ValueError,
        ) as error:
            if exchange.is_refused:
                raise NoAnswer("address_not_allowed") from None
            if exchange.time_left() <= 0:
                raise NoAnswer("no_answer_in_time") from None
            raise NoAnswer(type(error).__name__) from None
        finally:
            exchange.end()


def may_connect(address: str, scheme: str) -> bool:
    """Return whether webhooks may go to this IP address.

    Private addresses need `WEBHOOK_ALLOW_PRIVATE`, and only they may be reached without TLS.
    """
    is_public = _is_public(ipaddress.ip_address(address.partition("%")[0]))
    if is_public:
        return scheme == "https"
    return bool(settings.WEBHOOK_ALLOW_PRIVATE)


def _is_public(address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> bool:
    """Return whether an IP address, and any that it contains, is one of the public Internet."""
    if isinstance(address, ipaddress.IPv6Address):
        inside = address.ipv4_mapped or address.sixtofour
        if address in _NAT64:
            inside = ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
        if inside is not None:
            return _is_public(inside)
        if address not in _GLOBAL_UNICAST:
            return False
    return address.is_global and not address.is_multicast


class _Exchange:
    """One request on one connection, which ends at `deadline` (of the monotonic clock)."""

    def __init__(self, deadline: float) -> None:
        self._deadline = deadline
        self.is_refused = False
        self.watchdog: Watchdog | None = None

    def time_left(self) -> float:
        return self._deadline - time.monotonic()

    def end(self) -> None:
        if self.watchdog is not None:
            self.watchdog.stop()


class _Connection(HTTPConnection):
    """A connection that is opened only to addresses that are allowed."""

    scheme = "http"

    def __init__(self, *args: Any, exchange: _Exchange, **options: Any) -> None:
        super().__init__(*args, **options)
        self._exchange = exchange
        self.response_class = QuietResponse

    def _new_conn(self) -> socket.socket:
        """Return a socket that is connected to the first allowed address that answers."""
        found = socket.getaddrinfo(self.host.strip("[]"), self.port, type=socket.SOCK_STREAM)
        addresses = [str(entry[4][0]) for entry in found]
        allowed = [address for address in addresses if may_connect(address, self.scheme)]
        if not allowed:
            self._exchange.is_refused = True
            raise NotAllowed
        failure = OSError()
        for address in allowed:
            if (seconds := self._exchange.time_left()) <= 0:
                raise TimeoutError
            try:
                sock = create_connection((address, self.port), seconds)
            except OSError as error:
                failure = error
            else:
                self._exchange.watchdog = Watchdog(sock, self._exchange.time_left())
                return sock
        raise failure


class _TLSConnection(_Connection, HTTPSConnection):
    """The same over TLS."""

    scheme = "https"


class _Adapter(HTTPAdapter):
    """A `requests` adapter for one exchange."""

    def __init__(self, exchange: _Exchange) -> None:
        self._exchange = exchange
        super().__init__(pool_connections=1, pool_maxsize=1, max_retries=0)

    def get_connection_with_tls_context(self, *args: Any, **options: Any) -> Any:
        """Return a pool of connections that check where they go."""
        pool: Any = super().get_connection_with_tls_context(*args, **options)
        kind = _TLSConnection if pool.scheme == "https" else _Connection
        pool.ConnectionCls = partial(kind, exchange=self._exchange)
        return pool


def _excerpt(response: requests.Response, exchange: _Exchange) -> str:
    """Return the beginning of the answer, without what looks like personal data, in one line.

    An answer that breaks off was an answer all the same: its status counts.
    """
    try:
        text = response.raw.read(_READ, decode_content=False)
    except _ERRORS:
        return ""
    words = " ".join(text.decode("utf-8", "replace").replace("\0", " ").split())
    return redaction.masked_note(words)[:EXCERPT]
