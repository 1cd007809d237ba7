"""Move the call of a request that still waits to another time.

It is done for its visitor, for staff, or for a system of the company with an API key.
"""

from datetime import datetime
from typing import TYPE_CHECKING

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from callbacks.accounts import audit_log
from callbacks.core import database
from callbacks.intake import chosen_time, idempotency
from callbacks.intake.errors import Invalid, Refused, Sentence
from callbacks.intake.idempotency import Once
from callbacks.intake.request_form import WHEN_SENTENCE, WhenFormField
from callbacks.lifecycle import transitions
from callbacks.models import Actor, ApiKey, CallRequest, Move, Status
from callbacks.scheduling import slot_places, slots
from callbacks.scheduling.slot_places import Slot
from callbacks.scheduling.slots import When

if TYPE_CHECKING:
    from django.contrib.auth.models import User

# The most times that one request may be moved, so that nobody keeps changing places.
MOST_RESCHEDULES = 5


class RescheduledTooOften(Refused):
    """The call of this request was already moved `MOST_RESCHEDULES` times."""

    def __init__(self) -> None:
        super().__init__("moved too often")
        self.sentence: Sentence = _(
            "The time of this call has already been changed %(n)d times. To be called at another "
            "time, cancel this request and send the form again."
        ) % {"n": MOST_RESCHEDULES}


def is_offered(call_request: CallRequest) -> bool:
    """Return whether the call waits for a time that can be changed.

    How often it was moved is another question: see `may_be_rescheduled`.
    """
    is_later = call_request.status == Status.QUEUED and call_request.is_scheduled
    return is_later and call_request.widget.offers_slots


def may_be_rescheduled(call_request: CallRequest) -> bool:
    """Return whether visitor and API keys have moved it fewer than `MOST_RESCHEDULES` times."""
    moves = Move.objects.filter(
        call_request=call_request,
        name=transitions.RESCHEDULE.name,
        actor__in=[Actor.VISITOR, Actor.API_KEY],
    )
    return moves.count() < MOST_RESCHEDULES


def reschedule(
    call_request: CallRequest,
    when: str,
    *,
    person: "User | None" = None,
    note: str = "",
    key: ApiKey | None = None,
    once: Once | None = None,
) -> bool:
    """Move a waiting request to the time `when`; return False if it has changed since it was read.

    Return True, with nothing done, if this API request (`once`) was carried out before.

    `when` is the field of a form: `now` (not for an API key), `opening`, or the start of a time
    slot. The consent that
    was given stays the proof, because it is for the same call. The old slot and the new one are
    locked together, so that two moves never wait for each other. `person` is the member of staff
    who moves it, with a note; `key` is the API key of the system that does. Both are None for the
    visitor.

    Raises:
        AlreadyUsed: another body was sent with the same Idempotency-Key.
        Invalid: the time cannot be chosen, with a sentence for the field `when`.
        Closed: the widget takes no calls outside its opening hours.
        transitions.NotAllowed: the request does not wait, or was erased.
        RescheduledTooOften: the visitor and API keys have moved it `MOST_RESCHEDULES` times.
    """
    try:
        chosen = WhenFormField().clean(when)
    except ValidationError as error:
        raise Invalid({"when": error.messages[0]}, {"when": "when"}) from None
    if key and chosen is When.NOW:
        # Only a visitor, who is there to answer, asks for a call at once.
        raise Invalid({"when": WHEN_SENTENCE}, {"when": "when"})
    keys = slot_places.lock_keys(call_request.widget, *_slots(call_request, chosen))
    with transaction.atomic():
        now = database.lock([*keys, *([once.lock_key] if once else [])])
        if once and idempotency.done_before(once):
            return True
        if person is None and not may_be_rescheduled(call_request):
            raise RescheduledTooOften
        time = chosen_time.time_of(
            call_request.widget, call_request.number, chosen, now, besides=call_request
        )
        before = call_request.due_at
        done = transitions.transition(
            call_request,
            transitions.RESCHEDULE,
            _actor(person, key),
            person=person,
            note=key.name if key else note,
            only=Q(due_at=call_request.due_at, number_hash=call_request.number_hash),
            due_at=time.due_at,
            is_scheduled=True,
            slot_start=time.slot.start if time.slot else None,
            slot_end=time.slot.end if time.slot else None,
            confirmed_for=None,
            patience_until=time.patience_until,
            queue_position=None,
            backoff_until=None,
            backoff_since=None,
        )
        if done and once:
            idempotency.note(once, call_request, now)
        if done and (person or key):
            audit_log.record(
                person,
                audit_log.RESCHEDULE,
                call_request,
                moved_from=before.isoformat(),
                moved_to=time.due_at.isoformat(),
                key=key.name if key else None,
            )
    return done


def _actor(person: "User | None", key: ApiKey | None) -> Actor:
    """Return who moves the call."""
    if key:
        return Actor.API_KEY
    return Actor.STAFF if person else Actor.VISITOR


def _slots(call_request: CallRequest, chosen: object) -> list[Slot]:
    """Return the slot in which the request is booked, and the one that was chosen."""
    found = []
    if call_request.slot_start is not None and call_request.slot_end is not None:
        found.append(Slot(call_request.slot_start, call_request.slot_end))
    if isinstance(chosen, datetime):
        found.append(slots.slot_of(call_request.widget, chosen))
    return found
