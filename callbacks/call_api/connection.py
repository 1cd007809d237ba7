"""Connections that record how far a request got.

Whether a startcall was sent decides whether it may be sent again or a person must check. So this is
recorded where it happens, and never guessed from the type of an exception.
"""

import enum
import http.client
import socket
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.util.connection import create_connection

from callbacks.core.quiet_response import QuietResponse
from callbacks.core.watchdog import Watchdog


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


@dataclass
class Exchange:
    """One request on one new connection.

    `deadline`: the value of `clock`, in seconds, by which the request must be over.
    `may_send`: called once the connection is open, right before the first byte is written. It
    returns a code that says why nothing may be sent, or "".
    `stage`: the last step that was begun.
    `status`: the status from the status line, even if nothing after that line could be read.
    `unreadable`: the first bytes of the answer are no HTTP/1 status line.
    `held_back`: the code that `may_send` returned. `failure`: the exception that it raised.
    """

    deadline: float
    clock: Callable[[], float]
    may_send: Callable[[], str]
    stage: Stage = Stage.PREPARING
    status: int | None = None
    unreadable: bool = False
    held_back: str = ""
    failure: Exception | None = None
    watchdog: Watchdog | None = None

    def time_left(self) -> float:
        """Return the seconds until the deadline; negative after it."""
        return self.deadline - self.clock()

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
        return self.watchdog is not None and self.watchdog.fired

    def close(self) -> None:
        """Stop the watchdog."""
        if self.watchdog is not None:
            self.watchdog.stop()


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


class _TrackedConnection(HTTPConnection):
    """A connection that connects once, before the deadline, and records each step."""

    def __init__(self, *args: Any, exchange: Exchange, **options: Any) -> None:
        super().__init__(*args, **options)
        self._exchange = exchange
        self.response_class = partial(_Response, exchange=exchange)  # type: ignore[assignment]

    def connect(self) -> None:
        """Connect once, then ask for permission to send."""
        if self._exchange.stage is not Stage.PREPARING:
            # `http.client` would open a closed connection again by itself, in mid-request.
            raise ConnectionError("one connection carries one request")
        super().connect()
        self._exchange.begin_sending()

    def _new_conn(self) -> socket.socket:
        """Return a connected socket, watched until the deadline."""
        exchange = self._exchange
        exchange.stage = Stage.RESOLVING
        addresses = socket.getaddrinfo(self.host.strip("[]"), self.port, type=socket.SOCK_STREAM)
        exchange.stage = Stage.CONNECTING
        sock = self._first_to_answer([(entry[4][0], entry[4][1]) for entry in addresses])
        exchange.watchdog = Watchdog(sock, exchange.time_left())
        exchange.stage = Stage.SECURING
        return sock

    def _first_to_answer(self, addresses: list[tuple[Any, Any]]) -> socket.socket:
        """Return a socket connected to the first address that answers before the deadline."""
        failure = OSError("the name has no address")
        for address in addresses:
            seconds = min(float(self.timeout or 0), self._exchange.time_left())
            if seconds <= 0:
                raise DeadlinePassed
            try:
                return create_connection(address, seconds, socket_options=self.socket_options)
            except OSError as error:
                failure = error
        raise failure


class _TrackedTLSConnection(_TrackedConnection, HTTPSConnection):
    """The same over TLS. It counts as connected once the handshake is done."""


class OneExchangeAdapter(HTTPAdapter):
    """A `requests` adapter that carries one request on a connection of its own.

    A kept-alive connection may have just been closed by the server. It would fail after sending and
    make a request uncertain for no reason.
    """

    def __init__(self, exchange: Exchange) -> None:
        self._exchange = exchange
        super().__init__(pool_connections=1, pool_maxsize=1, max_retries=0)

    def get_connection_with_tls_context(self, *args: Any, **options: Any) -> Any:
        """Return a pool whose connections record their steps in the exchange."""
        pool: Any = super().get_connection_with_tls_context(*args, **options)
        kind = _TrackedTLSConnection if pool.scheme == "https" else _TrackedConnection
        pool.ConnectionCls = partial(kind, exchange=self._exchange)
        return pool
