"""Claiming: one due request becomes this worker's, committed before anything is sent."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from django.db import connection, transaction

from callbacks.abuse import block_list
from callbacks.call_api import connected_service
from callbacks.core import boot_clock, clock, crypto, database, process_identity
from callbacks.core.statements import Question, Statement, from_row, insertion
from callbacks.dispatch import circuit_breaker
from callbacks.lifecycle import transitions
from callbacks.models import Actor, AlertKind, Attempt, CallRequest, Reason, Widget
from callbacks.notifications import alerts
from callbacks.scheduling import fair_queue, pacing
from callbacks.scheduling.due import is_due

# A claim older than this is given up instead of sent: the machine slept, or the database hung.
OLDEST_CLAIM_SECONDS = 5.0
# How often machines may send a request's startcall, per wish of a person; all kinds together.
MOST_SENDS = 5


@dataclass(frozen=True)
class Claim:
    call_request: CallRequest
    attempt: Attempt
    originate: str
    # The boot clock from before the claim's transaction.
    begun: float

    @property
    def sends_left(self) -> int:
        return MOST_SENDS - self.call_request.sends_since_asked


@dataclass(frozen=True)
class Blocked:
    """Nobody is called: it was cancelled or set aside instead."""

    call_request: CallRequest


_OF_REQUEST = (
    *(
        "id",
        "public_id",
        "widget_id",
        "status",
        "attempts_made",
        "put_off_count",
        "queue_position",
        "erased_at",
    ),
    *("number", "email", "address", "retried_by_id", "patience_until", "sends_since_asked"),
)
_OF_WIDGET = ("id", "originate", "calls_per_minute", "simultaneous_calls", "call_seconds")


def first_due(without: Sequence[int] = (), *, lock: bool = False) -> Statement:
    """Select the next due request, skipping the widgets in `without`, with only the columns that a
    call needs. `read` turns the row into a request.

    With `lock`, inside a transaction: rows that others are claiming are passed over, and this one
    is locked.
    """
    columns = [
        *(f"callbacks_callrequest.{name}" for name in _OF_REQUEST),
        *(f"widget.{name}" for name in _OF_WIDGET),
    ]
    condition = is_due()
    others = f" AND widget_id NOT IN ({', '.join(['%s'] * len(without))})" if without else ""
    locking = lock and connection.features.has_select_for_update_skip_locked
    return Statement(
        f"SELECT {', '.join(columns)} FROM callbacks_callrequest"
        " JOIN callbacks_widget AS widget ON widget.id = widget_id"
        f" WHERE {condition.sql}{others} ORDER BY queue_position, callbacks_callrequest.id LIMIT 1"
        f"{' FOR UPDATE OF callbacks_callrequest SKIP LOCKED' if locking else ''}",
        (*condition.parameters, *without),
    )


def read(found: database.Done) -> CallRequest | None:
    """Return the request that `first_due` found, or None.

    Columns that it left out are read when they are asked for.
    """
    if not found.rows:
        return None
    [row] = found.rows
    call_request = from_row(CallRequest, _OF_REQUEST, row[: len(_OF_REQUEST)])
    call_request.widget = from_row(Widget, _OF_WIDGET, row[len(_OF_REQUEST) :])
    return call_request


def pick(candidate: CallRequest | None, *, lock: bool = False) -> CallRequest | None:
    """From `candidate` on, the first that is due and whose widget has room for another call; the
    account's pace is the caller's to look at. `lock`: as in `first_due`.
    """
    full: list[int] = []
    while candidate is not None:
        limits = pacing.widget_pacing(candidate.widget)
        if not limits:
            break
        questions = pacing.questions(limits)
        [done] = database.run([database.asking(questions)])
        if pacing.room(limits, database.answers(questions, done)) != 0:
            break
        full.append(candidate.widget_id)
        [found] = database.run([first_due(full, lock=lock)])
        candidate = read(found)
    return candidate


def claim_next(
    decision: circuit_breaker.Decision, attempt_seconds: float
) -> Claim | Blocked | None:
    """Claim the next due request, and commit.

    `decision` is what the circuit breaker said; `attempt_seconds` how long an attempt may take.
    Return the claim; `Blocked` when the next request is on the block list by now and was cancelled,
    or cannot be decrypted and was set aside; None when nothing is due, pacing leaves no room, calls
    were stopped or paused meanwhile, or another worker was faster.
    """
    begun = boot_clock.now()
    with transaction.atomic():
        account = pacing.account_pacing()
        questions = {
            "now": clock.question(),
            "shut": circuit_breaker.shut_question(decision),
            "has_blocks": Question("SELECT 1 FROM callbacks_block LIMIT 1"),
            **pacing.questions(account),
        }
        *locked, asked, first = database.run(
            [*pacing.lock(), database.asking(questions), first_due(lock=True)]
        )
        found = database.answers(questions, asked)
        if found["shut"] or pacing.room(account, found) == 0:
            return None
        call_request = pick(read(first), lock=True)
        if call_request is None:
            return None
        if not all(done.rows for done in locked) and pacing.widget_pacing(call_request.widget):
            return None  # it was given a pace in this moment: whoever comes next locks it
        now = clock.read(found["now"])
        if crypto.is_unreadable(call_request.number, call_request.email):
            if transitions.transition(
                call_request, transitions.SET_ASIDE, Actor.WORKER, reason=Reason.UNREADABLE
            ):
                alerts.raise_once(AlertKind.UNREADABLE)
            return Blocked(call_request)
        who = {
            "number": call_request.number,
            "email": call_request.email,
            "address": call_request.address,
        }
        if found["has_blocks"] and block_list.is_blocked(**who):
            transitions.transition(
                call_request, transitions.CANCEL, Actor.WORKER, reason=Reason.BLOCKED
            )
            return Blocked(call_request)
        attempt = Attempt(
            call_request=call_request,
            widget_id=call_request.widget_id,
            number=call_request.attempts_made + 1,
            queue_position=fair_queue.served(call_request.queue_position),  # type: ignore[misc]
            started_at=now,
            deadline_at=now + timedelta(seconds=attempt_seconds),
            worker=process_identity.thread_name(),
            person_id=call_request.retried_by_id,
            service=connected_service.connected().host,
        )
        if not transitions.transition(
            call_request,
            transitions.CLAIM,
            Actor.WORKER,
            at=now,
            run_first=[insertion(attempt)],
            only=is_due(),
            attempts_made=attempt.number,
        ):
            transaction.set_rollback(True)
            return None
    return Claim(call_request, attempt, call_request.widget.originate, begun)
