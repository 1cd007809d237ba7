"""Read one request from a connection, or refuse what cannot be read safely."""

import re
from collections.abc import Callable
from email.message import Message
from io import BufferedIOBase
from urllib.parse import urlsplit

from callbacks.sandbox.messages import MAX_BODY, Answer, Request, refusal

_MOST_DRAINED = 1024 * 1024


class HungUp(ConnectionError):
    """The caller closed the connection in the middle of its request."""


class Unreadable(ValueError):
    """The end of the request is not certain, so the connection must close after `answer`."""

    def __init__(self, answer: Answer) -> None:
        super().__init__(answer.status)
        self.answer = answer


def read_request(
    method: str,
    target: str,
    headers: Message,
    stream: BufferedIOBase,
    *,
    connection: int,
    place: int,
    wait_until_gone: Callable[[float], None],
) -> Request:
    """Return the request that follows a request line and headers, with its whole body read.

    Raises:
        Unreadable: the end of the request is not certain.
        HungUp: the caller closed the connection before the end.
    """
    try:
        address = urlsplit(target)
    except ValueError:
        raise Unreadable(refusal(400, "bad_request", "The address can't be read")) from None
    length = _length(method, headers)
    if length > _MOST_DRAINED:
        raise Unreadable(refusal(413, "too_large", "The body is much too large"))
    # A body that is too large is read all the same. Closing with unread data would send a reset,
    # and the caller might never see the refusal.
    body = stream.read(length)
    if len(body) < length:
        raise HungUp
    return Request(
        method,
        address.path,
        address.query,
        headers,
        body if length <= MAX_BODY else None,
        connection,
        place,
        wait_until_gone,
    )


def _length(method: str, headers: Message) -> int:
    """Return the length of the body in bytes, or raise `Unreadable`."""
    if headers.get_all("Transfer-Encoding"):
        raise Unreadable(refusal(411, "length_required", "Content-Length is required, no chunks"))
    lengths = headers.get_all("Content-Length") or []
    if not lengths and method in ("POST", "PUT", "PATCH"):
        raise Unreadable(refusal(411, "length_required", "Content-Length is required"))
    if len(lengths) > 1 or not all(re.fullmatch(r"[0-9]{1,15}", text) for text in lengths):
        raise Unreadable(refusal(400, "bad_request", "Content-Length is no number"))
    return int(lengths[0]) if lengths else 0
