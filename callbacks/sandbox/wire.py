"""How an answer travels: whole, or in one of the ways in which answers go wrong."""

import select
import socket
import struct
import time
from email.utils import formatdate
from http import HTTPStatus

from callbacks.sandbox.messages import Answer

DRIP_SECONDS = 0.2
GARBAGE = b"\x15\x03\x01 this is no status line\r\n\r\n"


def send(connection: socket.socket, answer: Answer, *, close: bool, with_body: bool) -> bool:
    """Send an answer the way it wants to travel; True when the connection may be used again.

    ``close``: tell the caller that the connection ends with this answer. Raises OSError when the
    caller hung up.
    """
    match answer.delivery:
        case "whole":
            head = _head(answer, close=close, length=len(answer.body))
            # One write, so that no packet boundary or Nagle delay falls inside an answer.
            connection.sendall(head + answer.body if with_body else head)
            return not close
        case "hold":
            _hold(connection, answer.seconds)
        case "reset":
            _reset_on_close(connection)
        case "garbage":
            connection.sendall(GARBAGE)
        case "drip":
            _drip(connection, answer)
    return False


def _head(answer: Answer, *, close: bool, length: int) -> bytes:
    fields = [
        ("Date", formatdate(usegmt=True)),
        ("Server", "sandbox"),
        ("Content-Type", answer.content_type),
        ("Content-Length", str(length)),
        ("Cache-Control", "no-store"),
        ("X-Content-Type-Options", "nosniff"),
        ("Connection", "close" if close else "keep-alive"),
        *answer.headers,
    ]
    status = HTTPStatus(answer.status)
    lines = [f"HTTP/1.1 {status.value} {status.phrase}", *(f"{n}: {v}" for n, v in fields)]
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")


def _hold(connection: socket.socket, seconds: float) -> None:
    """Say nothing for ``seconds``, or until the caller hangs up."""
    poller = select.poll()
    poller.register(connection, select.POLLIN)
    poller.poll(seconds * 1000)


def wait_until_gone(connection: socket.socket, seconds: float) -> None:
    """Wait until the caller has hung up, for ``seconds`` at most."""
    # Elsewhere than on Linux, more bytes from the caller look like its end.
    ended = getattr(select, "POLLRDHUP", select.POLLIN)
    poller = select.poll()
    poller.register(connection, ended)
    poller.poll(seconds * 1000)


def _reset_on_close(connection: socket.socket) -> None:
    """Let the kernel send RST, not FIN, when the socket closes (SO_LINGER with no time)."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def _drip(connection: socket.socket, answer: Answer) -> None:
    """Headers at once, then the body byte by byte so that it lasts ``answer.seconds``.

    A longer body is cut short; a shorter one is filled up with spaces, which JSON allows.
    """
    count = round(answer.seconds / DRIP_SECONDS)
    body = answer.body.ljust(count)
    connection.sendall(_head(answer, close=True, length=len(body)))
    for byte in body[:count]:
        time.sleep(DRIP_SECONDS)
        connection.sendall(bytes([byte]))
