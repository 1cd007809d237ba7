"""The history of a request, newest first."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from callbacks.lifecycle import transitions
from callbacks.models import (
    Actor,
    Attempt,
    CallOutcome,
    CallRequest,
    ConsentProof,
    Move,
    Note,
    OutboxMessage,
    Reason,
    Status,
)
from callbacks.staff.common.unmasking import Masking
from callbacks.staff.requests.history import beginning, calls
from callbacks.staff.requests.history.event import Event

# The line of an attempt already tells these moves: its beginning and its outcome.
_OF_AN_ATTEMPT = frozenset(
    move.name
    for move in (transitions.CLAIM, transitions.ACCEPT, transitions.REQUEUE, transitions.REFUSE)
)

_SAID_BY_ACTOR = frozenset({Reason.BY_STAFF, Reason.BY_VISITOR, Reason.BY_API})

_TITLES: dict[str, Promise] = {
    transitions.MARK_UNCERTAIN.name: gettext_lazy("Became uncertain"),
    transitions.LATE_ACCEPT.name: gettext_lazy("Late answer: the call was accepted"),
    transitions.EXPIRE.name: gettext_lazy("Expired: the maximum wait is over"),
    transitions.EXPIRE_CLOSED.name: gettext_lazy("Expired: no opening hours ahead"),
    transitions.RESCHEDULE.name: gettext_lazy("Moved to another time"),
    transitions.CONFIRM.name: gettext_lazy("Time slot confirmed"),
    transitions.SET_ASIDE.name: gettext_lazy("Set aside: cannot be decrypted"),
    transitions.CANCEL.name: pgettext_lazy("timeline", "Cancelled"),
    transitions.RETRY.name: gettext_lazy("Back in the queue"),
    transitions.MARK_CALLED.name: gettext_lazy("Marked as called"),
    transitions.CLOSE.name: gettext_lazy("Closed"),
    transitions.HOLD.name: gettext_lazy("Set aside for staff"),
}


def timeline(
    call_request: CallRequest,
    moves: Sequence[Move],
    attempts: Sequence[Attempt],
    notes: Sequence[Note],
    proofs: Sequence[ConsentProof],
    outcomes: Sequence[CallOutcome],
    emails: Sequence[OutboxMessage],
    counted: Sequence[datetime],
    masking: Masking,
) -> list[Event]:
    """Return the history of a request, newest first.

    Args:
        call_request: The request.
        moves: Its moves, with their persons.
        attempts: Its attempts, with their persons.
        notes: Its notes, with their persons.
        proofs: Its proofs of consent, with their texts.
        outcomes: What the call service reported about its calls.
        emails: The emails to its visitor.
        counted: When its number counted towards the limits (see `caller_history.counted`).
        masking: How the session sees personal data.
    """
    events = [
        *beginning.of_request(call_request, proofs, counted),
        *map(calls.of_attempt, attempts),
    ]
    events += [*map(calls.of_outcome, outcomes), *map(calls.of_email, emails)]
    events += [_of_move(move, counted) for move in moves if move.name not in _OF_AN_ATTEMPT]
    events += [
        Event(at=note.at, kind="note", title=_("Note"), by=str(note.person or ""), note=note.text)
        for note in notes
    ]
    if call_request.erased_at:
        events.append(
            Event(at=call_request.erased_at, kind="note", title=_("Personal data erased"))
        )
    events = [
        replace(event, note=masking.note(event.note), quote=masking.text(call_request, event.quote))
        for event in events
    ]
    # The sort is stable: events of the same instant keep the order above.
    return sorted(events, key=lambda event: event.at)[::-1]


def _of_move(move: Move, counted: Sequence[datetime]) -> Event:
    """Return the line of a move."""
    return Event(
        at=move.at,
        kind=move.to_status,
        title=str(_TITLES.get(move.name, move.name)),
        by=str(move.person) if move.person else str(Actor(move.actor).label),
        status=str(Status(move.to_status).label),
        status_kind=move.to_status,
        reason="" if move.reason in _SAID_BY_ACTOR else move.get_reason_display(),
        help="" if move.reason in _SAID_BY_ACTOR else move.reason,
        note=move.note,
        facts=beginning.towards_limits(move.at, counted)
        if move.name == transitions.RETRY.name
        else (),
    )
