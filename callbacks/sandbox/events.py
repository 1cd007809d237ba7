"""Server-sent events: what the page needs to show ringing phones live."""

import json
import time
from collections.abc import Callable
from typing import Any

from callbacks.sandbox.control import from_elsewhere
from callbacks.sandbox.messages import Answer, Request
from callbacks.sandbox.state import Sandbox

SHOWN = 50
STREAM = Answer(200, b"", "text/event-stream")

_HEAD = (
    b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nCache-Control: no-store\r\n"
    b"X-Content-Type-Options: nosniff\r\nConnection: close\r\n\r\nretry: 1000\n\n"
)
_BURST_SECONDS = 0.1
_STILL_HERE_SECONDS = 15.0


def open_stream(_sandbox: Sandbox, request: Request) -> Answer:
    """Return `STREAM`, which tells the server to call `stream`, or a refusal."""
    return from_elsewhere(request) or STREAM


def stream(sandbox: Sandbox, write: Callable[[bytes], object]) -> None:
    """Write events until the reader hangs up; `write` then raises `OSError`.

    Each event holds the calls, among the newest 50, that changed since the event before. So a burst
    costs one event, and a reader that returns needs only the next event.
    """
    write(_HEAD)
    seen = -1
    while True:
        with sandbox.changes.lock:
            event, seen = _state(sandbox, seen), sandbox.changes.version
        write(b"data: " + json.dumps(event).encode() + b"\n\n")
        time.sleep(_BURST_SECONDS)
        while not sandbox.changes.wait_until(
            lambda: sandbox.changes.version > seen,  # noqa: B023
            _STILL_HERE_SECONDS,
        ):
            write(b": still here\n\n")


def _state(sandbox: Sandbox, seen: int) -> dict[str, Any]:
    """Return the content of an event: what changed after version `seen`."""
    return {
        "epoch": sandbox.calls.epoch,
        "now": time.time(),
        "calls": sandbox.calls.latest(SHOWN, changed_after=seen),
        "totals": sandbox.calls.totals(),
        "faults": sandbox.faults.as_json(),
    }
