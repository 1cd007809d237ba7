"""One HTTP request and one HTTP answer."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from email.message import Message
from typing import Any, Literal

from callbacks.sandbox.calls import Send

MAX_BODY = 16 * 1024

Delivery = Literal["whole", "drip", "hold", "reset", "garbage"]


@dataclass(frozen=True, slots=True)
class Request:
    """One request, read to its end. `body` is None if it was longer than `MAX_BODY` bytes.

    `connection` numbers the connections, and `place` the requests of one connection, both from 1.
    `wait_until_gone` waits until the caller has hung up, at most the given number of seconds.
    """

    method: str
    path: str
    query: str
    headers: Message
    body: bytes | None
    connection: int
    place: int
    wait_until_gone: Callable[[float], None]

    def header(self, name: str) -> str | None:
        """Return the value of a header, or None if it is missing or given more than once."""
        values = self.headers.get_all(name) or []
        return str(values[0]).strip() if len(values) == 1 else None

    def media_type(self) -> tuple[str, str]:
        """Return the Content-Type in lower case, split into the type and its parameters."""
        kind, _, parameters = (self.header("Content-Type") or "").lower().partition(";")
        return kind.strip(), parameters.strip()


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer and how it is sent. `send` is the startcall request that it answers.

    `delivery`: whole (in one write), drip (its body byte by byte, during `seconds`), hold (nothing
    for `seconds`, then the connection closes), reset (TCP RST), garbage (no status line).
    """

    status: int
    body: bytes
    content_type: str = "application/json"
    headers: tuple[tuple[str, str], ...] = ()
    delivery: Delivery = "whole"
    seconds: float = 0.0
    send: Send | None = None


def json_answer(status: int, content: Any, headers: Mapping[str, str] | None = None) -> Answer:
    """Return an answer whose body is `content` as ASCII JSON."""
    body = json.dumps(content, separators=(",", ":")).encode()
    return Answer(status, body, headers=tuple((headers or {}).items()))


def refusal(
    status: int, error: str, message: str, headers: Mapping[str, str] | None = None
) -> Answer:
    """Return a refusal: `error` is a code for machines, `message` a sentence for people."""
    return json_answer(status, {"error": error, "message": message}, headers)


def no_constant(name: str) -> float:
    """Refuse NaN and Infinity: they are not JSON (RFC 8259). For `json.loads(parse_constant=…)`."""
    raise ValueError(f"{name} is not JSON")
