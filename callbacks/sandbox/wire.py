"""How an answer is sent: whole, or in one of the ways in which answers go wrong."""

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
    """Send an answer as its `delivery` says. Return True if the connection may be used again.

    `close` tells the caller that the connection ends with this answer.

    Raises:
        OSError: the caller hung up.
    """
    match answer.delivery:
        case "whole":
            head = _head(answer, close=close, length=len(answer.body))
            # In one write, so that no packet boundary and no Nagle delay falls inside an answer.
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
    """Return the status line and the headers, with the empty line that ends them."""
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
    """Send nothing for `seconds`, or until the caller hangs up."""
    poller = select.poll()
    poller.register(connection, select.POLLIN)
    poller.poll(seconds * 1000)


def wait_until_gone(connection: socket.socket, seconds: float) -> None:
    """Wait until the caller has hung up, at most `seconds`."""
    # Only Linux has POLLRDHUP. Elsewhere, more bytes from the caller look like its end.
    ended = getattr(select, "POLLRDHUP", select.POLLIN)
    poller = select.poll()
    poller.register(connection, ended)
    poller.poll(seconds * 1000)


def _reset_on_close(connection: socket.socket) -> None:
    """Make the kernel send RST, not FIN, when the socket closes (SO_LINGER with zero seconds)."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def _drip(connection: socket.socket, answer: Answer) -> None:
    """Send the headers at once, then the body byte by byte so that it takes `answer.seconds`.

    A longer body is cut. A shorter one is filled with spaces, which JSON allows.
    """
    count = round(answer.seconds / DRIP_SECONDS)
    body = answer.body.ljust(count)
    connection.sendall(_head(answer, close=True, length=len(body)))
    for byte in body[:count]:
        time.sleep(DRIP_SECONDS)
        connection.sendall(bytes([byte]))
