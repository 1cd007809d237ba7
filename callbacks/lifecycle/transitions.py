"""The statuses of a request and the moves between them.

The moves are data (`MOVES`). `transition` is the only code that writes `CallRequest.status`. It
writes by compare-and-set: the row must still be as the caller saw it, or nothing changes. Every
move leaves a row in the table `Move`.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from callbacks.core import clock, database
from callbacks.core.statements import Statement, change, for_update, insertion
from callbacks.models import Actor, CallRequest, Reason, Status
from callbacks.models import Move as MoveRow

if TYPE_CHECKING:
    from django.contrib.auth.models import User


class NotAllowed(ValueError):
    """This move may not start from this status, or this actor may not make it."""


@dataclass(frozen=True)
class Move:
    """One allowed change of status: from which statuses, to which one, and by which actors."""

    name: str
    sources: frozenset[Status]
    target: Status
    actors: frozenset[Actor]
    # From these statuses the visitor may have been called already: ask the person before the move.
    needs_care: frozenset[Status] = frozenset()
    # A further condition on the row, in SQL. "{now}" in it stands for the time of the move.
    only_if: str = ""


def _move(
    name: str,
    sources: Iterable[Status],
    target: Status,
    actors: Iterable[Actor],
    needs_care: Iterable[Status] = (),
    only_if: str = "",
) -> Move:
    """Return a `Move` whose statuses and actors are frozen sets."""
    return Move(name, frozenset(sources), target, frozenset(actors), frozenset(needs_care), only_if)


_S, _A = Status, Actor

CLAIM = _move("claim", [_S.QUEUED], _S.CALLING, [_A.WORKER], only_if="number <> ''")
ACCEPT = _move("accept", [_S.CALLING], _S.CALLED, [_A.WORKER])
REQUEUE = _move("requeue", [_S.CALLING], _S.QUEUED, [_A.WORKER])
REFUSE = _move("refuse", [_S.CALLING], _S.FAILED, [_A.WORKER])
MARK_UNCERTAIN = _move("mark_uncertain", [_S.CALLING], _S.UNCERTAIN, [_A.WORKER, _A.HOUSEKEEPING])
LATE_ACCEPT = _move("late_accept", [_S.UNCERTAIN], _S.CALLED, [_A.WORKER])
EXPIRE = _move(
    "expire",
    [_S.QUEUED],
    _S.FAILED,
    [_A.WORKER, _A.HOUSEKEEPING],
    # Or `backoff_until` is later than `patience_until`: no try can come before the patience ends.
    only_if="(patience_until <= {now} OR patience_until <= backoff_until)",
)
# No key decrypts the number. Nobody was called, but only a person can decide what to do.
SET_ASIDE = _move("set_aside", [_S.QUEUED], _S.UNCERTAIN, [_A.WORKER])
CANCEL = _move("cancel", [_S.QUEUED], _S.CANCELLED, [_A.VISITOR, _A.STAFF, _A.WORKER])
RETRY = _move(
    "retry",
    [_S.FAILED, _S.UNCERTAIN, _S.CALLED],
    _S.QUEUED,
    [_A.STAFF],
    needs_care=[_S.UNCERTAIN, _S.CALLED],
    only_if="number <> ''",
)
MARK_CALLED = _move("mark_called", [_S.QUEUED, _S.UNCERTAIN, _S.FAILED], _S.CALLED, [_A.STAFF])
CLOSE = _move("close", [_S.UNCERTAIN, _S.FAILED], _S.CANCELLED, [_A.STAFF])
HOLD = _move("hold", [_S.QUEUED, _S.CALLING], _S.UNCERTAIN, [_A.OPERATOR])

MOVES: dict[str, Move] = {
    move.name: move
    for move in (
        CLAIM,
        ACCEPT,
        REQUEUE,
        REFUSE,
        MARK_UNCERTAIN,
        LATE_ACCEPT,
        EXPIRE,
        SET_ASIDE,
        CANCEL,
        RETRY,
        MARK_CALLED,
        CLOSE,
        HOLD,
    )
}


def may(call_request: CallRequest, move: Move, actor: Actor) -> bool:
    """Return whether `actor` may make `move` on the request as it was read.

    Nobody may make a move on a request whose personal data was erased.
    """
    allowed = call_request.status in move.sources and actor in move.actors
    return allowed and call_request.erased_at is None


def transition(
    call_request: CallRequest,
    move: Move,
    actor: Actor,
    *,
    at: datetime | None = None,
    person: "User | None" = None,
    reason: Reason | str = "",
    note: str = "",
    run_first: Sequence[Statement] = (),
    only: Statement | None = None,
    **changes: Any,
) -> bool:
    """Make `move` and write `changes`, if the row is still as `call_request` shows it.

    Args:
        call_request: the request as it was read. The row must have the same `status` and
            `attempts_made`, and must not be erased.
        move: the move to make. Its own condition (`Move.only_if`) is always checked.
        actor: who makes the move.
        at: when the move is made; by default the time of the statement.
        person: the member of staff; required if `actor` is staff.
        reason: stored with the new status and in the history.
        note: stored in the history; at most 500 characters are kept.
        run_first: statements executed before the move, in the same round trip. They are executed
            even if the move cannot be made.
        only: a further condition on the row, checked in the same statement.
        changes: further columns of the same row and their new values.

    Return True if the move was made; `call_request` then shows the new row. Return False if the
    row has changed since it was read; nothing but `run_first` was then executed.

    Raises:
        NotAllowed: the move may not start from this status or not be made by this actor, or staff
            act without a `person`.
    """
    if not may(call_request, move, actor):
        erased = ", erased" if call_request.erased_at is not None else ""
        raise NotAllowed(f"{move.name} by {actor} from {call_request.status}{erased}")
    if actor is Actor.STAFF and person is None:
        raise NotAllowed(f"{move.name} needs a person")
    now = at or clock.in_sql()
    changes |= {"status": move.target, "reason": reason, "status_at": now}
    row = MoveRow(
        call_request_id=call_request.pk,
        at=now,  # type: ignore[misc]
        name=move.name,
        from_status=call_request.status,
        to_status=move.target,
        actor=actor,
        person=person,
        reason=reason,
        attempt_number=changes.get("attempts_made", call_request.attempts_made) or None,
        note=note[:500],
    )
    in_hand = _in_hand(call_request, move, now, only)
    locked = Statement(
        f"FROM callbacks_callrequest WHERE {in_hand.sql}{for_update()}", in_hand.parameters
    )
    moves = [insertion(row, only=locked), change(CallRequest, changes, in_hand)]
    changed = database.run([*run_first, *moves])[-1]
    if not changed.number:
        return False
    for name, value in changes.items():
        if isinstance(value, Statement):  # only the database knows the value: read it when needed
            call_request.__dict__.pop(name, None)
        else:
            setattr(call_request, name, value)
    return True


def _in_hand(
    call_request: CallRequest, move: Move, now: datetime | Statement, only: Statement | None
) -> Statement:
    """Return everything that must be true of the row when the move is written, as one condition."""
    at = now if isinstance(now, Statement) else Statement("%s", (now,))
    conditions = [
        Statement(
            "id = %s AND status = %s AND attempts_made = %s AND erased_at IS NULL",
            (call_request.pk, call_request.status, call_request.attempts_made),
        )
    ]
    if move.only_if:
        times = move.only_if.count("{now}")
        conditions.append(Statement(move.only_if.format(now=at.sql), at.parameters * times))
    if only is not None:
        conditions.append(only)
    return Statement(
        " AND ".join(condition.sql for condition in conditions),
        tuple(parameter for condition in conditions for parameter in condition.parameters),
    )
