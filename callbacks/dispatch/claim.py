"""Claiming: one due request becomes this worker's, committed before anything is sent."""

import os
import socket
import threading
import time
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import connection, transaction
from django.db.models import QuerySet

from callbacks import blocks, clock, db, gate, lifecycle, service
from callbacks.dispatch import pace
from callbacks.models import Actor, Attempt, CallRequest, Reason, Status, Widget

# A claim older than this is given up instead of sent: the machine slept, or the database hung.
OLDEST_CLAIM_SECONDS = 5.0


@dataclass(frozen=True)
class Claim:
    request: CallRequest
    attempt: Attempt
    originate: str
    # time.monotonic() from before the claim was committed.
    begun: float

    @property
    def is_old(self) -> bool:
        return time.monotonic() - self.begun > OLDEST_CLAIM_SECONDS


@dataclass(frozen=True)
class Blocked:
    request: CallRequest


def worker_name() -> str:
    """Who claims: host, process and thread."""
    return f"{socket.gethostname()}:{os.getpid()}:{threading.current_thread().name}"[:100]


# What `due` selects, for statements of their own; `now` is its parameter, twice.
DUE = "status = 'queued' AND due_at <= %s AND patience_until > %s"
_OF_REQUEST = (
    *("id", "widget_id", "status", "attempts_made", "put_off_count", "turn"),
    *("number", "email", "address", "retried_by_id"),
)
_OF_WIDGET = ("id", "originate", "calls_per_minute", "simultaneous_calls", "call_seconds")


def due(now: datetime) -> QuerySet[CallRequest]:
    """What waits for a worker at `now`, in the order in which it is served."""
    return CallRequest.objects.filter(
        status=Status.QUEUED, due_at__lte=now, patience_until__gt=now
    ).order_by("turn", "id")


def due_question() -> db.Question:
    """Whether anything is due, whether pacing leaves room for it or not."""
    now, parameters = clock.in_sql()
    condition = DUE.replace("%s", now)
    return db.Question(
        f"SELECT 1 FROM callbacks_callrequest WHERE {condition} LIMIT 1", parameters * 2
    )


def pick(now: datetime, *, lock: bool = False) -> CallRequest | None:
    """The request whose turn it is at `now`, of those whose widget has room for another call; the
    account's pace is the caller's to look at.

    With `lock`, inside a transaction: rows that others are claiming are passed over, this one is
    locked, and so is its widget's pace. Of request and widget, the columns that a call needs are
    read, and others when they are asked for.
    """
    full: list[int] = []
    while True:
        request = _first(now, full, lock=lock)
        if request is None:
            return None
        if lock:
            pace.lock_widget(request.widget)
        limits = pace.widget_limits(request.widget)
        if pace.room(limits, db.ask(pace.questions(limits, now))) != 0:
            return request
        full.append(request.widget_id)


def _first(now: datetime, without: list[int], *, lock: bool) -> CallRequest | None:
    """The first that is due, but for those of some widgets."""
    request_columns = ", ".join(f"callbacks_callrequest.{name}" for name in _OF_REQUEST)
    widget_columns = ", ".join(f"widget.{name} AS of_widget_{name}" for name in _OF_WIDGET)
    others = f"AND widget_id NOT IN ({', '.join(['%s'] * len(without))})" if without else ""
    locking = lock and connection.features.has_select_for_update_skip_locked
    rows = CallRequest.objects.raw(
        f"SELECT {request_columns}, {widget_columns} FROM callbacks_callrequest"
        " JOIN callbacks_widget AS widget ON widget.id = widget_id"
        f" WHERE {DUE} {others} ORDER BY turn, callbacks_callrequest.id LIMIT 1"
        f"{' FOR UPDATE OF callbacks_callrequest SKIP LOCKED' if locking else ''}",
        db.adapted([now, now, *without]),
    )
    for request in rows:
        values = [request.__dict__.pop(f"of_widget_{name}") for name in _OF_WIDGET]
        request.widget = Widget.from_db(rows.db, _OF_WIDGET, values)
        return request
    return None


def claim_next(decision: gate.Decision, attempt_seconds: float) -> Claim | Blocked | None:
    """Claims the request whose turn it is, and commits.

    In: what the gate said; how long an attempt may take. Out: the claim; or `Blocked` when the
    one whose turn it was is on the block list by now and was cancelled; or None when nothing is
    due, pacing leaves no room, the gate was shut meanwhile or somebody else was faster.
    """
    begun = time.monotonic()
    with transaction.atomic():
        now = pace.lock_account()
        account = pace.account_limits()
        found = db.ask(
            {
                "shut": gate.shut_question(decision),
                "has_blocks": db.Question("SELECT 1 FROM callbacks_block LIMIT 1"),
                **pace.questions(account, now),
            }
        )
        if found["shut"] or pace.room(account, found) == 0:
            return None
        request = pick(now, lock=True)
        if request is None:
            return None
        who = {"number": request.number, "email": request.email, "address": request.address}
        if found["has_blocks"] and blocks.is_blocked(now, **who):
            lifecycle.make(request, lifecycle.CANCEL, Actor.WORKER, reason=Reason.BLOCKED)
            return Blocked(request)
        number = request.attempts_made + 1
        if not lifecycle.make(request, lifecycle.CLAIM, Actor.WORKER, at=now, attempts_made=number):
            return None
        attempt = Attempt.objects.create(
            request=request,
            widget_id=request.widget_id,
            number=number,
            turn=request.turn,
            started_at=now,
            deadline_at=now + timedelta(seconds=attempt_seconds),
            worker=worker_name(),
            person_id=request.retried_by_id,
            service=service.connected().host,
        )
    return Claim(request, attempt, request.widget.originate, begun)
