"""Which phones rang, every startcall request with its answer, and how often was asked.

What is noted is also written to a log, one JSON line per event, from which a sandbox that is
started again takes up where the one before ended.
"""

import json
import os
import secrets
import time
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from callbacks.sandbox.changes import Changes


@dataclass(slots=True)
class Send:
    """One startcall request, whether it rang a phone or not. Times are in Unix seconds.

    ``connection`` and ``place``: the connections are numbered, and the requests on each.
    ``originate``, ``destination``, ``email``: as sent; empty when they can't be read.
    ``token``: which one it carried (the first issued is 1), also when it had expired; None when
    it was never issued here.
    ``call``: the index of the call that rang, or None. ``status`` and ``answered_at``: None when
    no readable answer was sent. ``retry_after`` is the header as sent.
    """

    index: int
    time: float
    connection: int
    place: int
    token: int | None
    originate: str = ""
    destination: str = ""
    email: str = ""
    faults: list[str] = field(default_factory=list)
    call: int | None = None
    status: int | None = None
    retry_after: str | None = None
    answered_at: float | None = None


@dataclass(slots=True)
class Call:
    """One phone that rang. ``time`` is in Unix seconds; ``status`` is None without an answer.

    ``send`` is the index of the startcall request that let it ring.
    """

    index: int
    time: float
    originate: str
    destination: str
    email: str
    token: int
    send: int
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
            "send": self.send,
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
    """The calls and sends since the last clearing, oldest first. Safe to use from any thread."""

    def __init__(self, changes: Changes, log: int | None = None) -> None:
        """``log``: a file descriptor open for appending, which gets one JSON line per event."""
        self._changes = changes
        self._log = log
        self._last_call = self._last_send = self.last_token = self.last_connection = 0
        self._calls: list[Call] = []
        self._sends: list[Send] = []
        self._call_of: dict[int, Call] = {}
        self._token_times: list[float] = []
        self._totals = Totals()
        self.epoch = secrets.token_hex(4)

    def count_token_request(self) -> None:
        """Note that the token endpoint was asked, now."""
        with self._changes.lock:
            self._totals.token_requests += 1
            self._token_times.append(time.time())
            self._changes.bump()

    def arrived(
        self, *, connection: int, place: int, token: int | None, fields: Mapping[str, str]
    ) -> Send:
        """A startcall request arrived, now: keep it, log it, and return it (not answered yet)."""
        with self._changes.lock:
            self._last_send += 1
            send = Send(
                index=self._last_send,
                time=time.time(),
                connection=connection,
                place=place,
                token=token,
                originate=fields.get("originate", ""),
                destination=fields.get("destination", ""),
                email=fields.get("email", ""),
            )
            self._sends.append(send)
            self._totals.startcall_requests += 1
            self._write("send", asdict(send))
            self._changes.bump()
        return send

    def note_fault(self, send: Send, fault: str) -> None:
        """Say which fault struck it; one request may meet several."""
        with self._changes.lock:
            send.faults.append(fault)
            self._write("fault", {"send": send.index, "fault": fault})

    def ring(self, send: Send, originate: str, destination: str, email: str, token: int) -> None:
        """A phone rings, now: keep the call, and log it."""
        with self._changes.lock:
            self._last_call += 1
            call = Call(
                self._last_call, time.time(), originate, destination, email, token, send.index
            )
            self._keep(call, send)
            self._write("ring", call.as_json())
            call.version = self._changes.bump()

    def answered(self, send: Send, status: int | None, retry_after: str | None = None) -> None:
        """Say which status the caller was sent, or None when it got no readable answer."""
        with self._changes.lock:
            send.status, send.retry_after = status, retry_after
            send.answered_at = None if status is None else time.time()
            answer = {"status": status, "retry_after": retry_after, "time": send.answered_at}
            self._write("answer", {"send": send.index, **answer})
            if call := self._call_of.get(send.index):
                call.status = status
                call.version = self._changes.bump()

    def clear(self) -> None:
        """Forget calls, sends and counts. Indexes go on, so that none is ever used twice."""
        with self._changes.lock:
            self._forget()
            self._write("cleared", {})
            self._changes.bump()

    def _keep(self, call: Call, send: Send) -> None:
        self._calls.append(call)
        self._call_of[send.index] = call
        self._totals.calls += 1
        send.call = call.index

    def _forget(self) -> None:
        self._calls = []
        self._sends = []
        self._call_of = {}
        self._token_times = []
        self._totals = Totals()
        self.epoch = secrets.token_hex(4)

    def __len__(self) -> int:
        return len(self._calls)

    def latest(self, limit: int, changed_after: int = -1) -> list[dict[str, Any]]:
        """Of the ``limit`` newest calls, those changed after a version, oldest first."""
        with self._changes.lock:
            newest = self._calls[-limit:] if limit else []
            return [call.as_json() for call in newest if call.version > changed_after]

    def sends(self) -> list[dict[str, Any]]:
        """The startcall requests, oldest first."""
        with self._changes.lock:
            return [asdict(send) for send in self._sends]

    def totals(self) -> dict[str, int]:
        """The counts, by name."""
        with self._changes.lock:
            return asdict(self._totals)

    def token_request_times(self) -> list[float]:
        """When the token endpoint was asked, in Unix seconds, oldest first."""
        with self._changes.lock:
            return list(self._token_times)

    def _write(self, what: str, content: Mapping[str, Any]) -> None:
        if self._log is not None:
            # One write on an O_APPEND file, so a killed process leaves no half line.
            os.write(self._log, (json.dumps({"what": what, **content}) + "\n").encode())

    def take_up(self, log: Iterable[str]) -> None:
        """Know again what the lines of a log say. Raises ValueError (or KeyError) on others."""
        sends: dict[int, Send] = {}
        for line in log:
            entry = json.loads(line)
            match entry.pop("what"):
                case "send":
                    send = sends[entry["index"]] = Send(**entry)
                    self._sends.append(send)
                    self._totals.startcall_requests += 1
                    self._last_send = send.index
                    self.last_token = max(self.last_token, send.token or 0)
                    self.last_connection = max(self.last_connection, send.connection)
                case "fault":
                    sends[entry["send"]].faults.append(entry["fault"])
                case "ring":
                    del entry["answered"]
                    call = Call(**entry)
                    self._keep(call, sends[call.send])
                    self._last_call = call.index
                case "answer":
                    send = sends[entry["send"]]
                    send.status, send.retry_after = entry["status"], entry["retry_after"]
                    send.answered_at = entry["time"]
                    if send.index in self._call_of:
                        self._call_of[send.index].status = send.status
                case "cleared":
                    self._forget()
                case unknown:
                    raise ValueError(f"a line is about {unknown!r}")
