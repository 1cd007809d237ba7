"""Connections that record how far a request got.

Whether a startcall was sent decides whether it may be sent again or a person must check. So this is
recorded where it happens, and never guessed from the type of an exception.

`http.client` is used itself: a session, an adapter and a pool of `requests` for each call would
take half a millisecond, and read the certificate authorities anew each time (docs/performance.md).
"""

import enum
import http.client
import math
import socket
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from callbacks.call_api.addresses import PORTS, Target, connected, target_of, tls
from callbacks.call_api.config import Config
from callbacks.core.quiet_response import QuietResponse
from callbacks.core.watchdog import Watchdog

# A connection that was opened early is used within this time. After it, the service may close one
# on which nothing came, at the very moment when something is sent.
LONGEST_UNUSED_SECONDS = 1.0


class Stage(enum.Enum):
    """The last step that was begun."""

    PREPARING = "preparing"
    RESOLVING = "resolving"
    CONNECTING = "connecting"
    SECURING = "securing"
    SENDING = "sending"


class DeadlinePassed(Exception):
    """The time was over before anything was sent."""


class HeldBack(Exception):
    """The last check before sending said no, or failed."""


def nothing_to_ask() -> str:
    """Allow the request: the default `may_send`, for a request that needs no last check."""
    return ""


@dataclass
class Exchange:
    """One request on one new connection.

    `deadline`: the value of `config.clock`, in seconds, by which the request must be over.
    `may_send`: called once the connection is open, right before the first byte is written. It
    returns a code that says why nothing may be sent, or "".
    `stage`: the last step that was begun.
    `status`: the status from the status line, even if nothing after that line could be read.
    `unreadable`: the first bytes of the answer are no HTTP/1 status line.
    `held_back`: the code that `may_send` returned. `failure`: the exception that it raised.
    `seconds_waited`: how long `open_early` took.
    """

    url: str
    config: Config
    deadline: float = math.inf
    may_send: Callable[[], str] = nothing_to_ask
    stage: Stage = Stage.PREPARING
    status: int | None = None
    unreadable: bool = False
    held_back: str = ""
    failure: Exception | None = None
    seconds_waited: float = 0.0
    _watchdog: Watchdog | None = None
    _connection: "_Connection | None" = field(default=None, repr=False)
    _opened_at: float = 0.0
    _not_opened: Exception | None = None

    def time_left(self) -> float:
        """Return the seconds until the deadline; negative after it."""
        return self.deadline - self.config.clock()

    def open_early(self, deadline: float) -> None:
        """Open the connection that will be used soon. Never raise: `open` raises the failure.

        Nothing is sent, except what TLS needs. Nobody has to use the connection.
        """
        self.deadline = deadline
        began = time.monotonic()
        try:
            self.open()
        except Exception as error:  # whatever it is, `open` raises it when the connection is used
            self._not_opened = error
        self.seconds_waited = time.monotonic() - began

    def open(self) -> "_Connection":
        """Return the open connection. Open it, unless `open_early` has done so a moment ago."""
        if self._not_opened is not None:
            raise self._not_opened
        if self._connection and time.monotonic() - self._opened_at > LONGEST_UNUSED_SECONDS:
            self.close()
        if self._connection is None:
            self._connection = self._connect(target_of(self.url))
            self._opened_at = time.monotonic()
        return self._connection

    def begin_sending(self) -> None:
        """Ask `may_send`, then note that sending begins.

        Raises:
            HeldBack: `may_send` said no, or raised.
            DeadlinePassed: the time is over.
        """
        try:
            self.held_back = self.may_send()
        except Exception as error:
            self.failure = error
            raise HeldBack from error
        if self.held_back:
            raise HeldBack
        # Checked after `may_send`, which may have taken a while.
        if self.time_left() <= 0:
            raise DeadlinePassed
        self.stage = Stage.SENDING

    @property
    def cut_off(self) -> bool:
        """Return whether the watchdog ended the connection at the deadline."""
        return self._watchdog is not None and self._watchdog.fired

    def close(self) -> None:
        """Stop the watchdog and close the connection, if it was opened."""
        if self._watchdog is not None:
            self._watchdog.stop()
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _connect(self, target: Target) -> "_Connection":
        """Return a new connection, watched until the deadline."""
        context = tls() if target.scheme == "https" else None
        self.stage = Stage.RESOLVING
        addresses = socket.getaddrinfo(target.host, target.port, type=socket.SOCK_STREAM)
        self.stage = Stage.CONNECTING
        sock = self._first_to_answer(addresses)
        self._watchdog = Watchdog(sock, self.time_left())
        self.stage = Stage.SECURING
        if context is not None:
            sock = context.wrap_socket(sock, server_hostname=target.host)
        return _Connection(target, sock, self)

    def _first_to_answer(self, addresses: list[Any]) -> socket.socket:
        """Return a socket connected to the first address that answers before the deadline."""
        failure = OSError("the name has no address")
        for address in addresses:
            seconds = min(self.config.connect_timeout, self.time_left())
            if seconds <= 0:
                raise DeadlinePassed
            try:
                return connected(address, seconds)
            except OSError as error:
                failure = error
        raise failure


class _Response(QuietResponse):
    """A response that tells the exchange its status as soon as the status line is read.

    A 2xx line means that the phone rings, even if the headers after it cannot be read.
    """

    def __init__(self, *args: Any, exchange: Exchange, **options: Any) -> None:
        super().__init__(*args, **options)
        self._exchange = exchange

    def _read_status(self) -> tuple[str, int, str]:
        """Read the status line, after any interim answers, and record the status."""
        try:
            version, status, reason = super()._read_status()  # type: ignore[misc]
        except http.client.RemoteDisconnected:
            raise
        except http.client.HTTPException:
            self._exchange.unreadable = True
            raise
        if 101 < status < 200:
            # `http.client` takes interim answers other than 100 (103 is in use) for the final one.
            http.client.parse_headers(self.fp)
            return self._read_status()
        if not version.startswith("HTTP/1."):
            self._exchange.unreadable = True
        elif status != http.HTTPStatus.CONTINUE:
            self._exchange.status = status
        return version, status, reason


class _Connection(http.client.HTTPConnection):
    """An open connection that asks the exchange before its first byte, and is never reopened."""

    auto_open = 0  # `http.client` would open a closed connection again by itself, in mid-request

    def __init__(self, target: Target, sock: socket.socket, exchange: Exchange) -> None:
        super().__init__(target.host, target.port)
        self.default_port = PORTS[target.scheme]
        self.sock = sock
        self.path = target.path
        self._request = b""
        self.response_class = partial(_Response, exchange=exchange)  # type: ignore[assignment]
        self._exchange = exchange

    def send(self, data: Any) -> None:
        """Keep bytes of the request: `http.client` hands over first the headers, then the body."""
        self._request += data

    def send_all(self) -> None:
        """Send the request that was built, in one piece, if the exchange allows it."""
        self._exchange.begin_sending()
        super().send(self._request)
