"""The statuses of a request and the moves between them.

The moves are data (`MOVES`). `transition` is the only code that writes `CallRequest.status`. It
writes by compare-and-set: the row must still be as the caller saw it, or nothing changes. Every
move leaves a row in the table `Move`.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, NamedTuple

from django.db import transaction
from django.db.models import Exists, F, OuterRef, Q

from callbacks.core import clock, database
from callbacks.core.queries import Query
from callbacks.core.statements import Statement
from callbacks.models import Actor, CallRequest, OpenPeriod, Reason, Status, Widget
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
    # A further condition on the row, at the time of the move.
    only_if: Callable[[datetime], Q] = lambda now: Q()


def _has_number(now: datetime) -> Q:
    """Return the condition that the number was not erased."""
    return Q(number__empty=False)


def _is_too_late(now: datetime) -> Q:
    """Return the condition that the patience has ended, or that no try can come before it ends."""
    return Q(patience_until__lte=now) | Q(patience_until__lte=F("backoff_until"))


def never_opens(now: datetime) -> Q:
    """Return the condition that the widget has opening hours and does not open for this person.

    Both conditions are subqueries, not joins: Django would move a join, and with it the condition
    on the status, into a subquery that PostgreSQL does not evaluate again after waiting for a lock.
    """
    ahead = OpenPeriod.objects.filter(
        Q(zone="") | Q(zone=OuterRef("consumer_zone")),
        widget=OuterRef("widget"),
        ends_at__gt=now,
    )
    with_hours = Widget.objects.filter(pk=OuterRef("widget"), has_hours=True)
    return Q(Exists(with_hours)) & ~Q(Exists(ahead))


def _move(
    name: str,
    sources: Iterable[Status],
    target: Status,
    actors: Iterable[Actor],
    needs_care: Iterable[Status] = (),
    only_if: Callable[[datetime], Q] = lambda now: Q(),
) -> Move:
    """Return a `Move` whose statuses and actors are frozen sets."""
    return Move(name, frozenset(sources), target, frozenset(actors), frozenset(needs_care), only_if)


_S, _A = Status, Actor

CLAIM = _move("claim", [_S.QUEUED], _S.CALLING, [_A.WORKER], only_if=_has_number)
ACCEPT = _move("accept", [_S.CALLING], _S.CALLED, [_A.WORKER])
REQUEUE = _move("requeue", [_S.CALLING], _S.QUEUED, [_A.WORKER])
REFUSE = _move("refuse", [_S.CALLING], _S.FAILED, [_A.WORKER])
MARK_UNCERTAIN = _move("mark_uncertain", [_S.CALLING], _S.UNCERTAIN, [_A.WORKER, _A.HOUSEKEEPING])
LATE_ACCEPT = _move("late_accept", [_S.UNCERTAIN], _S.CALLED, [_A.WORKER])
EXPIRE = _move("expire", [_S.QUEUED], _S.FAILED, [_A.WORKER, _A.HOUSEKEEPING], only_if=_is_too_late)
# The widget has no open time ahead. Nobody knows when the call could come.
EXPIRE_CLOSED = _move(
    "expire_closed", [_S.QUEUED], _S.FAILED, [_A.HOUSEKEEPING], only_if=never_opens
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
    only_if=_has_number,
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
        EXPIRE_CLOSED,
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


class Queries(NamedTuple):
    """A frequent move's own statements, sent in one message.

    Both compare the row with what is in hand: status, `%(attempts_in_hand)s`, not erased, and the
    fact that the move rests on.
    """

    # Adds the row to `Move`, and locks the request.
    add_move: Query
    # Writes the request; its parameters are named as the columns are.
    update: Query
    # Further parameters of both.
    values: Mapping[str, object] = {}


def transition(
    call_request: CallRequest,
    move: Move,
    actor: Actor,
    *,
    at: datetime | None = None,
    person: "User | None" = None,
    reason: Reason | str = "",
    note: str = "",
    only: Q | None = None,
    queries: Queries | None = None,
    run_first: Sequence[Statement] = (),
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
        only: a further condition on the row, checked in the same statement; not with `queries`.
        queries: the statements of a frequent move, sent in one message. By default, Django's models
            write the move, in a transaction.
        run_first: with `queries`, statements executed before the move, in the same message. They
            are executed even if the move cannot be made.
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
    row = {
        "name": move.name,
        "to_status": move.target,
        "actor": actor,
        "person_id": person.pk if person else None,
        "reason": reason,
        "note": note[:500],
    }
    if queries is not None:
        changes |= {"reason": reason, "status_at": at or clock.in_sql()}
        is_made = _send(call_request, move, queries, run_first, row, changes)
    else:
        changes |= {"reason": reason, "status_at": at or clock.now()}
        is_made = _save(call_request, move, only or Q(), row, changes)
    if is_made:
        for name, value in {**changes, "status": move.target}.items():
            if isinstance(value, Statement):  # the database knows: it is read when it is asked for
                call_request.__dict__.pop(name, None)
            else:
                setattr(call_request, name, value)
    return is_made


def _send(
    call_request: CallRequest,
    move: Move,
    queries: Queries,
    run_first: Sequence[Statement],
    row: dict[str, Any],
    changes: dict[str, Any],
) -> bool:
    """Make a frequent move, in one message."""
    in_hand = {
        "id": call_request.pk,
        "attempts_in_hand": call_request.attempts_made,
        "at": changes["status_at"],
        **queries.values,
    }
    new = {name: value for name, value in changes.items() if name != "status_at"}
    add_move = queries.add_move(**in_hand, **row)
    update = queries.update(**in_hand, **new, to_status=move.target)
    return bool(database.run([*run_first, add_move, update])[-1].number)


def _save(
    call_request: CallRequest, move: Move, only: Q, row: dict[str, Any], changes: dict[str, Any]
) -> bool:
    """Make a move of the others, in a transaction."""
    as_in_hand = CallRequest.objects.filter(
        move.only_if(changes["status_at"]),
        only,
        pk=call_request.pk,
        status=call_request.status,
        attempts_made=call_request.attempts_made,
        erased_at=None,
    )
    with transaction.atomic(savepoint=False):
        if not as_in_hand.update(**(changes | {"status": move.target})):
            return False
        MoveRow.objects.create(
            call_request_id=call_request.pk,
            at=changes["status_at"],
            from_status=call_request.status,
            attempt_number=changes.get("attempts_made", call_request.attempts_made) or None,
            **row,
        )
    return True
