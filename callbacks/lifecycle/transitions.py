"""The statuses of a request and the moves between them.

The moves are data (`MOVES`). Only `transition`, and `worker_moves` for the moves of a call, write
`CallRequest.status`. They write by compare-and-set: the row must still be as the caller saw it, or
nothing changes. Every move leaves a row in the table `Move`.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.db.models import Exists, F, OuterRef, Q

from callbacks.core import clock, database
from callbacks.models import Actor, CallRequest, OpenPeriod, Reason, Status, Widget
from callbacks.models import Move as MoveRow
from callbacks.scheduling import slot_places
from callbacks.team_mails import events as team_mails
from callbacks.visitor_mails import events as visitor_mails
from callbacks.webhooks import events

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
    # From these statuses the visitor may have been called already: let staff check before the move.
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
    """Return the condition that the widget has opening hours and does not open for this visitor.

    A request whose time a person confirmed needs no opening hours. The two other conditions are
    subqueries, not joins: Django would move a join, and with it the condition on the status, into a
    subquery that PostgreSQL does not evaluate again after waiting for a lock.
    """
    ahead = OpenPeriod.objects.filter(
        Q(zone="") | Q(zone=OuterRef("consumer_zone")),
        widget=OuterRef("widget"),
        ends_at__gt=now,
    )
    with_hours = Widget.objects.filter(pk=OuterRef("widget"), has_hours=True)
    return Q(Exists(with_hours)) & ~Q(Exists(ahead)) & ~slot_places.is_confirmed()


def _is_outside_hours(now: datetime) -> Q:
    """Return the condition that the time slot is not over yet, and lies outside the opening hours.

    Nobody may confirm it for a widget that keeps to the legal hours for sales calls: its hours are
    those of the law too.
    """
    outside = slot_places.outside_hours() & ~keeps_to_legal_hours()
    return _has_number(now) & outside & Q(slot_end__gt=now)


def keeps_to_legal_hours() -> Q:
    """Return the condition that the request's widget keeps to the legal hours for sales calls."""
    return Q(Exists(Widget.objects.filter(pk=OuterRef("widget"), sales_hours=True)))


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
CANCEL = _move("cancel", [_S.QUEUED], _S.CANCELLED, [_A.VISITOR, _A.STAFF, _A.WORKER, _A.API_KEY])
# To another time. It is made only if the request still has the time that the person saw.
RESCHEDULE = _move(
    "reschedule",
    [_S.QUEUED],
    _S.QUEUED,
    [_A.VISITOR, _A.STAFF, _A.API_KEY],
    only_if=_has_number,
)
# A person wants the call in its time slot, although the opening hours no longer cover it.
CONFIRM = _move("confirm", [_S.QUEUED], _S.QUEUED, [_A.STAFF], only_if=_is_outside_hours)
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
        RESCHEDULE,
        CONFIRM,
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


def check(call_request: CallRequest, move: Move, actor: Actor) -> None:
    """Raise `NotAllowed` unless `actor` may make `move` on the request as it was read."""
    if not may(call_request, move, actor):
        erased = ", erased" if call_request.erased_at is not None else ""
        raise NotAllowed(f"{move.name} by {actor} from {call_request.status}{erased}")


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
    **changes: Any,
) -> bool:
    """Make `move` and write `changes`, if the row is still as `call_request` shows it.

    Args:
        call_request: the request as it was read. The row must have the same `status` and
            `attempts_made`, and must not be erased.
        move: the move to make. Its own condition (`Move.only_if`) is always checked.
        actor: who makes the move.
        at: when the move is made; by default now.
        person: the member of staff; required if `actor` is staff.
        reason: stored with the new status and in the history.
        note: stored in the history; at most 500 characters are kept.
        only: a further condition on the row, checked in the same statement.
        changes: further columns of the same row and their new values.

    Return True if the move was made; `call_request` then shows the new row. Return False if the
    row has changed since it was read; nothing was then written.

    Raises:
        NotAllowed: the move may not start from this status or not be made by this actor, or staff
            act without a `person`.
    """
    check(call_request, move, actor)
    if actor is Actor.STAFF and person is None:
        raise NotAllowed(f"{move.name} needs a person")
    now = at or clock.now()
    changes |= {"status": move.target, "reason": reason, "status_at": now}
    as_in_hand = CallRequest.objects.filter(
        move.only_if(now),
        only or Q(),
        pk=call_request.pk,
        status=call_request.status,
        attempts_made=call_request.attempts_made,
        erased_at=None,
    )
    with transaction.atomic(savepoint=False):
        if not as_in_hand.update(**changes):
            return False
        MoveRow.objects.create(
            call_request_id=call_request.pk,
            at=now,
            name=move.name,
            from_status=call_request.status,
            to_status=move.target,
            actor=actor,
            person=person,
            reason=reason,
            attempt_number=changes.get("attempts_made", call_request.attempts_made) or None,
            note=note[:500],
        )
        attempts = changes.get("attempts_made", call_request.attempts_made)
        made = (move.name, call_request.pk, move.target, attempts, now)
        for statement in [*events.of_move(*made), *team_mails.of_move(*made)]:
            database.execute(statement)
        visitor_mails.add_after(call_request, move.name, actor, changes)
    for name, value in changes.items():
        setattr(call_request, name, value)
    return True
