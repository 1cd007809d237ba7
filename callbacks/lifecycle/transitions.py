"""The states of a request and the moves between them.

The moves are data (`MOVES`); `transition` is the only code that writes `CallRequest.status`. It
does so by compare-and-set: the row must still be as the caller saw it, or nothing happens. Every
move leaves a row in `Move`.
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
    """The move may not start from this status, or this actor may not make it."""


@dataclass(frozen=True)
class Move:
    name: str
    sources: frozenset[Status]
    target: Status
    actors: frozenset[Actor]
    # The request may have led to a call already; whoever makes the move has to be asked first.
    needs_care: frozenset[Status] = frozenset()
    # The fact about the row that the move rests on, as a condition in SQL; "{now}": the time.
    only_if: str = ""


def _move(
    name: str,
    sources: Iterable[Status],
    target: Status,
    actors: Iterable[Actor],
    needs_care: Iterable[Status] = (),
    only_if: str = "",
) -> Move:
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
    # Or no try can come before it ends.
    only_if="(patience_until <= {now} OR patience_until <= backoff_until)",
)
# No key reads its number: nobody was called, but only a person can tell what is to be done.
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
    """Return whether `actor` may make `move` on the request as it is in hand.

    Nobody may make any move on a request whose personal data was erased.
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
    """Makes `move`, if the row is still as `call_request` shows it, and writes `changes` with it.

    In: the request as it was read (its `status` and `attempts_made` are what is compared), who
    makes the move, when (now unless told), why; `changes` are further columns of the same row.
    `run_first` is carried out first, in the same round trip and whether the move can be made or
    not. `only`: a further condition on the row, compared with the others; the move's own
    (`Move.only_if`) always is, and so is that the request was not erased.
    Return True when it was made, and then `call_request` shows the new row; False when somebody
    else was faster and nothing else was changed.

    Raises:
        NotAllowed: the move does not start from the status in hand or is not this actor's, or staff
            act without a person.
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
        if isinstance(value, Statement):  # the database knows: it is read when it is asked for
            call_request.__dict__.pop(name, None)
        else:
            setattr(call_request, name, value)
    return True


def _in_hand(
    call_request: CallRequest, move: Move, now: datetime | Statement, only: Statement | None
) -> Statement:
    """Everything that has to be true of the row when the move is written."""
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
