"""Tell an invented history of a run step by step; tests leave out or change one thing."""

from dataclasses import replace
from typing import Any

from benchmarks.havoc.judge import verdict
from benchmarks.havoc.judge.evidence import (
    AttemptRow,
    Evidence,
    MoveRow,
    Note,
    Period,
    PersonAct,
    RequestRow,
    Ring,
    Send,
    Settings,
    Widget,
)

WIDGETS = {
    "shop": Widget(scenarios=("bot-shop",), patience=300),
    "bakery": Widget(scenarios=("bot-bakery",), patience=300),
}
# What an answer does to the attempt and the request, by the sandbox and the documentation.
MEANS = {
    200: ("accepted", "accept", "called"),
    401: ("not_sent", "requeue", "queued"),
    422: ("refused", "refuse", "failed"),
    429: ("try_later", "requeue", "queued"),
}
MARK_UNCERTAIN = ("unknown", "mark_uncertain", "uncertain")


class History:
    """Records what happened, in the order of the calls; `evidence()` is for the judge."""

    def __init__(self, **settings: Any) -> None:
        self.settings = Settings(widgets=WIDGETS, **settings)
        self.sends: list[Send] = []
        self.rings: list[Ring] = []
        self.notes: list[Note] = []
        self.acts: list[PersonAct] = []
        # By id: the place of its note, counted from 1.
        self.requests: dict[int, RequestRow] = {}
        self.attempts: list[AttemptRow] = []
        self.moves: list[MoveRow] = []
        self.harms: list[Period] = []

    def evidence(self, **more: Any) -> Evidence:
        return Evidence(
            settings=self.settings,
            sends=tuple(self.sends),
            rings=tuple(self.rings),
            notes=tuple(self.notes),
            acts=tuple(self.acts),
            requests=tuple(self.requests.values()),
            attempts=tuple(self.attempts),
            moves=tuple(self.moves),
            harms=tuple(self.harms),
            **more,
        )

    def visitor(self, at: float, widget: str = "shop", **changes: Any) -> int:
        """Let a visitor send a form and get a promise; return the id of the request."""
        place = len(self.notes) + 1
        number, email = f"+336100000{place:02}", f"Jo.{place}@Example.fr"
        note = Note(number, email, widget, at, f"token-{place}", at + 0.3)
        self.notes.append(replace(note, **changes))
        self.requests[place] = RequestRow(
            place, note.promise, widget, number, email, "queued", "", at + 0.1, at + 300.1, 0
        )
        return place

    def turned_away(self, at: float) -> Note:
        """Let a visitor send a form that is refused."""
        place = len(self.notes) + 1
        number, email = f"+336100000{place:02}", f"Jo.{place}@Example.fr"
        self.notes.append(Note(number, email, "shop", at, refused_at=at + 0.2))
        return self.notes[-1]

    def row(self, request: int) -> RequestRow:
        return self.requests[request]

    def change(self, request: int, **changes: Any) -> None:
        """Change a request's row, and leave its history as it is."""
        self.requests[request] = replace(self.row(request), **changes)

    def move(
        self, request: int, at: float, name: str, to: str, actor: str = "worker", **more: str
    ) -> None:
        before = self.row(request).status
        move = MoveRow(len(self.moves) + 1, request, at, name, before, to, actor, **more)
        self.moves.append(move)
        self.change(request, status=to, reason=more.get("reason", ""))

    def claim(self, request: int, at: float, worker: str = "worker-1") -> int:
        """Let a worker claim the request; return the number of the attempt."""
        number = self.row(request).attempts_made + 1
        self.move(request, at, "claim", "calling")
        self.change(request, attempts_made=number)
        attempt = AttemptRow(request, number, at, at + 10, None, "pending", worker, sends=0)
        self.attempts.append(attempt)
        return number

    def end(self, request: int, at: float, outcome: str) -> None:
        """End the request's last attempt."""
        for place, attempt in enumerate(self.attempts):
            if (attempt.request, attempt.ended_at) == (request, None):
                self.attempts[place] = replace(attempt, ended_at=at, outcome=outcome)

    def send(
        self,
        request: int,
        at: float,
        status: int | None = 200,
        *,
        rings: bool | None = None,
        **changes: Any,
    ) -> Send:
        """Let a startcall request arrive; by default, a phone rings if it is accepted."""
        row = self.row(request)
        note = self.notes[request - 1]
        send = Send(
            index=len(self.sends) + 1,
            at=at,
            status=status,
            originate=f"bot-{row.widget}",
            destination=note.number,
            email=note.email,
            token=1,
            answered_at=None if status is None else at + 0.1,
        )
        send = replace(send, **changes)
        self.sends.append(send)
        for place, attempt in enumerate(self.attempts):
            if (attempt.request, attempt.ended_at) == (request, None):
                self.attempts[place] = replace(attempt, sends=(attempt.sends or 0) + 1)
        if rings if rings is not None else status == 200:
            body = send.originate, send.destination, send.email
            self.rings.append(Ring(len(self.rings) + 1, at, send.index, *body))
        return send

    def call(self, request: int, at: float, status: int | None = 200, **more: Any) -> Send:
        """Let a worker claim the request, send once, and record the answer."""
        worker = more.pop("worker", "worker-1")
        self.claim(request, at, worker)
        send = self.send(request, at + 0.1, status, **more)
        self.record(request, at + 0.3, status)
        return send

    def record(self, request: int, at: float, status: int | None) -> None:
        outcome, name, to = MEANS.get(status or 0, MARK_UNCERTAIN)
        self.end(request, at, outcome)
        self.move(request, at, name, to)

    def person(
        self, request: int, at: float, kind: str, to: str, *, leaves_history: bool = True
    ) -> None:
        """Let a member of staff do something to a request."""
        self.acts.append(PersonAct(kind, "anne", at, at + 0.2, True, request))
        if leaves_history:
            self.move(request, at + 0.1, kind, to, "staff", person="anne")

    def died(self, request: int, at: float) -> None:
        """Let a worker claim the request and die; housekeeping finds it."""
        self.claim(request, at)
        self.end(request, at + 25, "unknown")
        self.move(
            request, at + 25, "mark_uncertain", "uncertain", "housekeeping", reason="worker_died"
        )

    def too_late(self, request: int, at: float) -> None:
        self.move(request, at, "expire", "failed", "housekeeping", reason="too_late")


def good(**settings: Any) -> History:
    """Return a plausible history in which every promise was kept."""
    history = History(**settings)
    plainly_called, throttled, new_token, lost = (history.visitor(at) for at in (10, 11, 12, 13))
    history.call(plainly_called, 10.5)
    history.call(throttled, 11.5, 429, retry_after=2.0)
    history.claim(new_token, 12.5)
    history.send(new_token, 12.6, 401, token=1)
    history.send(new_token, 12.8, 200, token=2)
    history.record(new_token, 13.0, 200)
    history.call(throttled, 14.5)
    history.call(lost, 15, None, rings=True)
    history.person(lost, 30, "retry", "queued")
    history.call(lost, 30.5, worker="worker-2")
    redirected = history.visitor(31, "bakery")
    history.claim(redirected, 31.5)
    history.send(redirected, 31.6, 307)
    history.send(redirected, 31.7)
    history.record(redirected, 31.9, 200)
    refused = history.visitor(32)
    history.call(refused, 32.5, 422)
    history.turned_away(33)
    killed = history.visitor(34)
    history.harms.append(Period(34, 40, "SIGKILL worker"))
    history.died(killed, 34.5)
    history.person(killed, 70, "close", "cancelled")
    cancelled = history.visitor(71, cancelled_at=72.0)
    history.move(cancelled, 71.9, "cancel", "cancelled", "visitor")
    outage = history.visitor(80, "bakery")
    history.harms.append(Period(79, 400, "call service is down"))
    history.too_late(outage, 380.5)
    return history


def rules(history: History, **more: Any) -> set[str]:
    """Return the names of the rules that find something wrong."""
    found = verdict.violations(history.evidence(**more))
    return {sentence.rpartition("(")[2].rstrip(")") for sentence in found}
