"""What people do with a request.

Staff retry, mark as called, cancel and close. Visitors cancel, and so does a system of the company
with an API key. Operators hold: they set an unfinished request aside. `confirming` holds how staff
confirm a booking, `blocking` what puts a number on the block list.

Each action is done to the request as the person saw it. If the request has changed since, the
function does nothing and returns `False`; the page then says so.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import TYPE_CHECKING

from django.db import transaction

from callbacks.abuse import limits
from callbacks.accounts import audit_log
from callbacks.call_api.codes import AttemptCode
from callbacks.consent import proof as consent_proof
from callbacks.core import clock, crypto, database
from callbacks.lifecycle import overbooking, transitions
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
from callbacks.scheduling import call_time, open_periods, slot_places, slots
from callbacks.scheduling.fair_queue import next_position
from callbacks.scheduling.slot_places import Slot
from callbacks.worker import tasks

if TYPE_CHECKING:
    from django.contrib.auth.models import User


class NeedsConfirmation(Exception):
    """The visitor may have been called already: ask the person, then pass `confirmed=True`."""


class ConsentWithdrawn(transitions.NotAllowed):
    """The visitor has withdrawn the consent to this request, so nobody may call them for it."""


class NeverOpens(transitions.NotAllowed):
    """The widget has opening hours, and none are ahead in which this person may be called."""


class SlotGone(transitions.NotAllowed):
    """The time slot that the person chose is full, over, or no longer offered."""


class NothingToConfirm(transitions.NotAllowed):
    """No confirmation is possible or needed.

    The time slot is over or has begun, or lies inside the opening hours, or there is none. Or the
    widget keeps to the legal hours for sales calls, outside of which nobody may confirm a call.
    """


def retry(
    call_request: CallRequest,
    person: "User",
    *,
    confirmed: bool = False,
    note: str = "",
    only_in_slot: bool = False,
    overbook: bool = False,
    slot_start: datetime | None = None,
) -> bool:
    """Queue the request again on behalf of `person`, with its widget's full patience from now.

    A request whose time slot has not begun goes back into that slot. Otherwise, outside the opening
    hours, the call is placed at the next opening, with the full patience from then. With
    `only_in_slot`, the person confirms the time slot: the call comes then or not at all, whatever
    the opening hours are by now. With `overbook`, the slot may be full by now.
    `slot_start` is the start of a free time slot that the person chose instead of all this.

    Return False, with nothing done, if the request has changed since it was read.

    Raises:
        NeedsConfirmation: the request is uncertain or called, and `confirmed` is not set.
        transitions.NotAllowed: the request cannot be retried at all. It is cancelled, under way or
            erased; or no key decrypts its number or email.
        ConsentWithdrawn: the visitor has withdrawn the consent.
        NeverOpens: the widget has no opening hours ahead.
        NothingToConfirm: with `only_in_slot`, the time slot has begun, or there is none, or it is
            outside the legal hours for sales calls.
        overbooking.SlotFull: the time slot is full, and `overbook` is not set.
        SlotGone: the slot from `slot_start` can no longer be chosen.
    """
    is_unreadable = crypto.is_unreadable(call_request.number, call_request.email)
    if is_unreadable or not transitions.may(call_request, transitions.RETRY, Actor.STAFF):
        raise transitions.NotAllowed(f"retry from {call_request.status}")
    if call_request.status in transitions.RETRY.needs_care and not confirmed:
        raise NeedsConfirmation
    with transaction.atomic():
        counted_under = limits.retry_keys(call_request.number, call_request.widget)
        chosen = slots.slot_of(call_request.widget, slot_start) if slot_start else None
        now = database.lock([*counted_under, *overbooking.lock_keys(call_request, chosen)])
        # Checked under the number's lock, because `blocking.never_again` takes the same lock.
        if withdrawn([call_request]):
            raise ConsentWithdrawn("retry after the consent was withdrawn")
        periods = call_time.ahead(call_request.widget, str(call_request.number), now)
        slot, confirmed_for = overbooking.slot_ahead(call_request, now), call_request.confirmed_for
        if only_in_slot and slot is None:
            raise NothingToConfirm("no time slot ahead")
        outside = CallRequest.objects.filter(slot_places.outside_hours(), pk=call_request.pk)
        if chosen:
            _check_chosen(call_request, chosen, now)
            slot, confirmed_for = chosen, None
        elif slot and outside.exists():
            if only_in_slot and call_request.widget.sales_hours:
                raise NothingToConfirm("outside the legal hours for sales calls")
            slot, confirmed_for = (slot, slot.start) if only_in_slot else (None, None)
        if slot and not chosen and not overbook:
            overbooking.check(call_request, slot)
        times = (
            call_time.CallTime.of_slot(slot)
            if slot
            else call_time.of_opening(call_request.widget, periods, now)
        )
        if times is None:
            raise NeverOpens("retry without open time ahead")
        done = transitions.transition(
            call_request,
            transitions.RETRY,
            Actor.STAFF,
            person=person,
            note=note,
            due_at=times.due_at,
            is_scheduled=times.is_scheduled,
            slot_start=slot.start if slot else None,
            slot_end=slot.end if slot else None,
            confirmed_for=confirmed_for if slot else None,
            backoff_until=None,
            backoff_since=None,
            patience_until=times.patience_until,
            put_off_count=0,
            sends_since_asked=0,
            queue_position=None if times.is_scheduled else next_position(call_request.widget_id),
            retried_by=person,
        )
        if done:
            action = audit_log.CONFIRM if only_in_slot else audit_log.RETRY
            audit_log.record(person, action, call_request)
            limits.count_retry(counted_under, now)
            transaction.on_commit(tasks.notify_workers, robust=True)
    return done


def _check_chosen(call_request: CallRequest, chosen: Slot, now: datetime) -> None:
    """Raise `SlotGone` unless the slot can be chosen. Call it while the slot is locked."""
    widget = call_request.widget
    zone = open_periods.zone_of(widget, str(call_request.number))
    if not widget.offers_slots or slots.check_slot(
        widget, zone, chosen.start, now, besides=call_request
    ):
        raise SlotGone("this time slot can no longer be chosen")


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
