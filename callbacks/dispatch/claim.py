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
from callbacks.models import Actor, Attempt, CallRequest, Reason, Status

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


def due(now: datetime) -> QuerySet[CallRequest]:
    """What waits for a worker at `now`, in the order in which it is served."""
    return CallRequest.objects.filter(
        status=Status.QUEUED, due_at__lte=now, patience_until__gt=now
    ).order_by("turn", "id")


def is_due(now: datetime) -> bool:
    """Whether anything is, whether pacing leaves room for it or not."""
    question = db.Question(f"SELECT 1 FROM callbacks_callrequest WHERE {DUE} LIMIT 1", (now, now))
    return bool(db.ask({"due": question})["due"])


def pick(now: datetime, *, lock: bool = False) -> CallRequest | None:
    """The request whose turn it is at `now`, of those whose widget has room for another call.

    With `lock`, inside a transaction: rows that others are claiming are passed over, this one is
    locked, and so is its widget's pace.
    """
    if pace.room(pace.account_limits(), now) == 0:
        return None
    rows = due(now).select_related("widget")
    if lock and connection.features.has_select_for_update_skip_locked:
        rows = rows.select_for_update(skip_locked=True, of=("self",))
    full: list[int] = []
    while True:
        request = (rows.exclude(widget_id__in=full) if full else rows).first()
        if request is None:
            return None
        if lock:
            pace.lock_widget(request.widget)
        if pace.room(pace.widget_limits(request.widget), now) != 0:
            return request
        full.append(request.widget_id)


def claim_next(decision: gate.Decision, attempt_seconds: float) -> Claim | Blocked | None:
    """Claims the request whose turn it is, and commits.

    In: what the gate said; how long an attempt may take. Out: the claim; or `Blocked` when the
    one whose turn it was is on the block list by now and was cancelled; or None when nothing is
    due, pacing leaves no room, the gate was shut meanwhile or somebody else was faster.
    """
    begun = time.monotonic()
    with transaction.atomic():
        pace.lock_account()
        if not gate.still_open_for(decision):
            return None
        now = clock.now()
        request = pick(now, lock=True)
        if request is None:
            return None
        if blocks.is_blocked(
            now, number=request.number, email=request.email, address=request.address
        ):
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
