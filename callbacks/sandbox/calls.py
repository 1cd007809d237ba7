"""Which phones rang, every startcall request with its answer, and the number of requests.

All of it is also written to a log, one JSON line for each event. A sandbox that is started again
continues from that log.
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

    `connection`, `place`: the number of the connection, and of the request on it.
    `originate`, `destination`, `email`: as sent; empty if they cannot be read.
    `token`: the number of the token that it carried (the first issued is 1), even if that token had
    expired; None if it was never issued here.
    `call`: the index of the call that rang, or None.
    `status`, `answered_at`: None if no readable answer was sent.
    `retry_after`: the header as sent.
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
    """One phone that rang. `time` is in Unix seconds; `status` is None without an answer.

    `send` is the index of the startcall request that made it ring.
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
        """Return the call as control requests, the log and the page show it."""
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
    """The numbers of requests since the last clearing, including refused ones."""

    calls: int = 0
    token_requests: int = 0
    startcall_requests: int = 0


class CallBook:
    """The calls and sends since the last clearing, oldest first. It is thread-safe."""

    def __init__(self, changes: Changes, log: int | None = None) -> None:
        """`log` is a file descriptor open for appending. It gets one JSON line for each event."""
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
        """Count a request to the token endpoint, now."""
        with self._changes.lock:
            self._totals.token_requests += 1
            self._token_times.append(time.time())
            self._changes.bump()

    def arrived(
        self, *, connection: int, place: int, token: int | None, fields: Mapping[str, str]
    ) -> Send:
        """Keep and log a startcall request that arrives now. Return it, not answered yet."""
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
        """Note a fault that struck this request. One request may meet several."""
        with self._changes.lock:
            send.faults.append(fault)
            self._write("fault", {"send": send.index, "fault": fault})

    def ring(self, send: Send, originate: str, destination: str, email: str, token: int) -> None:
        """Keep and log a phone that rings now."""
        with self._changes.lock:
            self._last_call += 1
            call = Call(
                self._last_call, time.time(), originate, destination, email, token, send.index
            )
            self._keep(call, send)
            self._write("ring", call.as_json())
            call.version = self._changes.bump()

    def answered(self, send: Send, status: int | None, retry_after: str | None = None) -> None:
        """Note the status that was sent to the caller, or None if it got no readable answer."""
        with self._changes.lock:
            send.status, send.retry_after = status, retry_after
            send.answered_at = None if status is None else time.time()
            answer = {"status": status, "retry_after": retry_after, "time": send.answered_at}
            self._write("answer", {"send": send.index, **answer})
            if call := self._call_of.get(send.index):
                call.status = status
                call.version = self._changes.bump()

    def clear(self) -> None:
        """Forget calls, sends and counts. Indexes continue, so that none is used twice."""
        with self._changes.lock:
            self._forget()
            self._write("cleared", {})
            self._changes.bump()

    def _keep(self, call: Call, send: Send) -> None:
        """Keep a call that the startcall request `send` made ring."""
        self._calls.append(call)
        self._call_of[send.index] = call
        self._totals.calls += 1
        send.call = call.index

    def _forget(self) -> None:
        """Forget everything except the indexes, under a new epoch."""
        self._calls = []
        self._sends = []
        self._call_of = {}
        self._token_times = []
        self._totals = Totals()
        self.epoch = secrets.token_hex(4)

    def __len__(self) -> int:
        return len(self._calls)

    def latest(self, limit: int, changed_after: int = -1) -> list[dict[str, Any]]:
        """Return the calls changed after a version, among the `limit` newest; oldest first."""
        with self._changes.lock:
            newest = self._calls[-limit:] if limit else []
            return [call.as_json() for call in newest if call.version > changed_after]

    def sends(self) -> list[dict[str, Any]]:
        """Return the startcall requests, oldest first."""
        with self._changes.lock:
            return [asdict(send) for send in self._sends]

    def totals(self) -> dict[str, int]:
        """Return the counts by name."""
        with self._changes.lock:
            return asdict(self._totals)

    def token_request_times(self) -> list[float]:
        """Return when the token endpoint was asked, in Unix seconds, oldest first."""
        with self._changes.lock:
            return list(self._token_times)

    def _write(self, what: str, content: Mapping[str, Any]) -> None:
        """Append one event to the log, if there is one."""
        if self._log is not None:
            # One write to a file opened with O_APPEND: a killed process leaves no half line.
            os.write(self._log, (json.dumps({"what": what, **content}) + "\n").encode())

    def take_up(self, log: Iterable[str]) -> None:
        """Restore what the lines of a log say.

        Raises:
            ValueError: a line is not from a sandbox's log. Also `KeyError` or `TypeError`.
        """
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
