"""What people do with a request.

Staff mark as called, cancel, close and add notes. Visitors cancel, and so does a system of the
company with an API key. Operators hold: they set an unfinished request aside. `retrying` holds how
staff retry, `confirming` how they confirm a booking, and `blocking` what puts a number on the block
list.

Each action is done to the request as the person saw it. If the request has changed since, the
function does nothing and returns `False`; the page then says so.
"""

from collections.abc import Iterable
from typing import TYPE_CHECKING

from django.db import transaction

from callbacks.accounts import audit_log
from callbacks.call_api.codes import AttemptCode
from callbacks.consent import proof as consent_proof
from callbacks.core import clock
from callbacks.lifecycle import transitions
from callbacks.models import (
    Actor,
    ApiKey,
    CallRequest,
    ConsentEvent,
    ConsentProof,
    Note,
    Outcome,
    Reason,
)

if TYPE_CHECKING:
    from django.contrib.auth.models import User


def mark_called(call_request: CallRequest, person: "User", *, note: str = "") -> bool:
    """Mark the request as called: `person` knows that the call took place, or made it themselves.

    Return False, with nothing done, if the request has changed since it was read.

    Raises:
        transitions.NotAllowed: its status as read does not allow it, or it was erased.
    """
    return _by_staff(call_request, transitions.MARK_CALLED, person, note, audit_log.MARK_CALLED)


def cancel(call_request: CallRequest, person: "User", *, note: str = "") -> bool:
    """Cancel a waiting request on behalf of `person`, so that it is no longer called.

    Return False, with nothing done, if the request has changed since it was read.

    Raises:
        transitions.NotAllowed: its status as read does not allow it, or it was erased.
    """
    return _by_staff(call_request, transitions.CANCEL, person, note, audit_log.CANCEL)


def close(call_request: CallRequest, person: "User", *, note: str = "") -> bool:
    """Close an uncertain or failed request on behalf of `person`: nothing is left to do.

    Return False, with nothing done, if the request has changed since it was read.

    Raises:
        transitions.NotAllowed: its status as read does not allow it, or it was erased.
    """
    return _by_staff(call_request, transitions.CLOSE, person, note, audit_log.CLOSE)


def _by_staff(
    call_request: CallRequest, move: transitions.Move, person: "User", note: str, action: str
) -> bool:
    """Make `move` on behalf of `person` and record `action` in the audit trail."""
    with transaction.atomic():
        done = transitions.transition(
            call_request, move, Actor.STAFF, person=person, reason=Reason.BY_STAFF, note=note
        )
        if done:
            audit_log.record(person, action, call_request)
    return done


def hold(call_request: CallRequest, *, reason: Reason | str = "", note: str = "") -> bool:
    """Set an unfinished request aside, by the operator's decision, until a person has checked it.

    Its status becomes *uncertain*, because nobody can know here whether it has led to a call.
    Return False, with nothing done, if the request has changed since it was read.

    Raises:
        transitions.NotAllowed: its status as read does not allow it, or it was erased.
    """
    with transaction.atomic():
        done = transitions.transition(
            call_request, transitions.HOLD, Actor.OPERATOR, reason=reason, note=note
        )
        if done:
            # A pending attempt left behind would keep a retry's own attempt from beginning.
            call_request.attempts.filter(outcome=Outcome.PENDING).update(
                outcome=Outcome.UNKNOWN, code=AttemptCode.HELD, ended_at=clock.now()
            )
    return done


def cancel_by_visitor(call_request: CallRequest) -> bool:
    """Cancel the request at the visitor's wish, and record that the consent is withdrawn.

    Return False, with nothing done, when it is too late to stop the call.
    """
    if not transitions.may(call_request, transitions.CANCEL, Actor.VISITOR):
        return False
    with transaction.atomic():
        done = transitions.transition(
            call_request, transitions.CANCEL, Actor.VISITOR, reason=Reason.BY_VISITOR
        )
        if done:
            consent_proof.record_later_event(call_request, ConsentEvent.WITHDRAWN)
    return done


def cancel_by_key(call_request: CallRequest, key: ApiKey) -> bool:
    """Cancel the request for a system of the company, which has this API key.

    The consent is not withdrawn: the company decided, not the visitor. Return False, with nothing
    done, when it is too late to stop the call.
    """
    if not transitions.may(call_request, transitions.CANCEL, Actor.API_KEY):
        return False
    with transaction.atomic():
        done = transitions.transition(
            call_request, transitions.CANCEL, Actor.API_KEY, reason=Reason.BY_API, note=key.name
        )
        if done:
            audit_log.record(None, audit_log.CANCEL, call_request, key=key.name)
    return done


def withdrawn(call_requests: Iterable[CallRequest]) -> set[int]:
    """Return the primary keys of those requests whose visitors have withdrawn the consent."""
    proofs = ConsentProof.objects.filter(
        call_request__in=[one.pk for one in call_requests], event=ConsentEvent.WITHDRAWN
    )
    return set(proofs.order_by().values_list("call_request_id", flat=True))


def add_note(call_request: CallRequest, person: "User", text: str) -> Note:
    """Store what colleagues should know about the request, and return the note.

    Raises:
        ValueError: `text` is empty.
        transitions.NotAllowed: the personal data of the request was erased.
    """
    if not text.strip():
        raise ValueError("an empty note")
    with transaction.atomic():
        kept = CallRequest.objects.select_for_update().filter(pk=call_request.pk, erased_at=None)
        if not kept.values_list("pk"):
            raise transitions.NotAllowed("a note on an erased request")
        audit_log.record(person, audit_log.NOTE, call_request)
        return Note.objects.create(
            call_request=call_request, at=clock.now(), person=person, text=text.strip()[:2000]
        )
