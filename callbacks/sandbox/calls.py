"""Which phones rang, and how often each endpoint was asked."""

import json
import os
import secrets
import time
from dataclasses import asdict, dataclass, field
from typing import Any

from callbacks.sandbox.changes import Changes


@dataclass(slots=True)
class Call:
    """One accepted call. ``time`` is in Unix seconds; ``status`` is None without an answer."""

    index: int
    time: float
    originate: str
    destination: str
    email: str
    token: int
    status: int | None = None
    version: int = field(default=0, repr=False)

    def as_json(self) -> dict[str, Any]:
        """The call as control requests, the log and the page see it."""
        return {
            "index": self.index,
            "time": self.time,
            "originate": self.originate,
            "destination": self.destination,
            "email": self.email,
            "token": self.token,
            "answered": self.status is not None,
            "status": self.status,
        }


@dataclass(slots=True)
class Totals:
    """Requests that reached an endpoint since the last clearing, refused ones included."""

    calls: int = 0
    token_requests: int = 0
    startcall_requests: int = 0


class CallBook:
    """The calls since the last clearing, oldest first. Safe to use from any thread."""

    def __init__(self, changes: Changes, log: int | None = None) -> None:
        """``log``: a file descriptor open for appending, which gets one JSON line per call."""
        self._changes = changes
        self._log = log
        self._last_index = 0
        self._calls: list[Call] = []
        self._token_times: list[float] = []
        self._totals = Totals()
        self.epoch = secrets.token_hex(4)

    def count_token_request(self) -> None:
        """Note that the token endpoint was asked, now."""
        with self._changes.lock:
            self._totals.token_requests += 1
            self._token_times.append(time.time())
            self._changes.bump()

    def count_startcall_request(self) -> None:
        """Note that startcall was asked."""
        with self._changes.lock:
            self._totals.startcall_requests += 1
            self._changes.bump()

    def record(self, originate: str, destination: str, email: str, token: int) -> Call:
        """A phone rings: keep the call, log it, and return it (not answered yet)."""
        with self._changes.lock:
            self._last_index += 1
            call = Call(self._last_index, time.time(), originate, destination, email, token)
            self._calls.append(call)
            self._totals.calls += 1
            if self._log is not None:
                # One write on an O_APPEND file, so a killed process leaves no half line.
                os.write(self._log, (json.dumps(call.as_json()) + "\n").encode())
            call.version = self._changes.bump()
        return call

    def mark(self, call: Call, status: int | None) -> None:
        """Say which status the caller was sent, or None when it got no readable answer."""
        with self._changes.lock:
            call.status = status
            call.version = self._changes.bump()

    def clear(self) -> None:
        """Forget calls and counts. Indexes go on, so that none is ever used twice."""
        with self._changes.lock:
            self._calls = []
            self._token_times = []
            self._totals = Totals()
            self.epoch = secrets.token_hex(4)
            self._changes.bump()

    def __len__(self) -> int:
        return len(self._calls)

    def latest(self, limit: int, changed_after: int = -1) -> list[dict[str, Any]]:
        """Of the ``limit`` newest calls, those changed after a version, oldest first."""
        with self._changes.lock:
            newest = self._calls[-limit:] if limit else []
            return [call.as_json() for call in newest if call.version > changed_after]

    def totals(self) -> dict[str, int]:
        """The counts, by name."""
        with self._changes.lock:
            return asdict(self._totals)

    def token_request_times(self) -> list[float]:
        """When the token endpoint was asked, in Unix seconds, oldest first."""
        with self._changes.lock:
            return list(self._token_times)
