"""What people do with a request: staff retry, mark, cancel and close; visitors cancel; operators
hold.

Every function is one move of the lifecycle, made for the request as the person saw it: when it
has changed meanwhile, `False` comes back, nothing is done, and the person is to be told.
"""

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from django.db import transaction

from callbacks.abuse import block_list, limits
from callbacks.accounts import audit_log
from callbacks.consent import proof as consent_proof
from callbacks.core import clock, crypto, database
from callbacks.dispatch.fair_queue import next_position
from callbacks.lifecycle import transitions
from callbacks.models import (
    Actor,
    BlockKind,
    CallRequest,
    ConsentEvent,
    Note,
    Outcome,
    Reason,
    Status,
)
from callbacks.worker import tasks

if TYPE_CHECKING:
    from django.contrib.auth.models import User


# Stored with a block that a visitor asked for; staff read it.
BY_VISITOR = "the visitor asked not to be called again"
# How long a visitor may change their mind about it.
UNDO_FOR = timedelta(minutes=10)


class NeedsConfirmation(Exception):
    """This person may have been called already: ask first, then pass `confirmed=True`."""


def retry(
    call_request: CallRequest, person: "User", *, confirmed: bool = False, note: str = ""
) -> bool:
    """Queues the request again, with a new patience, on behalf of `person`.

    Raises `NeedsConfirmation` when the request is uncertain or called and `confirmed` is not
    set, and `lifecycle.NotAllowed` when it can't be retried at all: cancelled, under way, erased,
    not to be decrypted with the keys that there are, or the visitor has withdrawn the consent.
    """
    is_unreadable = crypto.is_unreadable(call_request.number, call_request.email)
    if is_unreadable or not transitions.may(call_request, transitions.RETRY, Actor.STAFF):
        raise transitions.NotAllowed(f"retry from {call_request.status}")
    if call_request.status in transitions.RETRY.needs_care and not confirmed:
        raise NeedsConfirmation
    with transaction.atomic():
        counted_under = limits.retry_keys(call_request.number, call_request.widget)
        now = database.lock(counted_under)
        # Under the number's lock, which "never again" takes as well.
        if _has_withdrawn(call_request):
            raise transitions.NotAllowed("retry after the consent was withdrawn")
        done = transitions.transition(
            call_request,
            transitions.RETRY,
            Actor.STAFF,
            person=person,
            note=note,
            due_at=now,
            is_scheduled=False,
            backoff_until=None,
            backoff_since=None,
            patience_until=now + call_request.widget.patience,
            put_off_count=0,
            sends_since_asked=0,
            queue_position=next_position(call_request.widget_id),
            retried_by=person,
        )
        if done:
            audit_log.record(person, audit_log.RETRY, call_request)
            limits.count_retry(counted_under, now)
            transaction.on_commit(tasks.notify_workers, robust=True)
    return done


def mark_called(call_request: CallRequest, person: "User", *, note: str = "") -> bool:
    """The person knows that the call took place, or has called by themselves."""
    return _by_staff(call_request, transitions.MARK_CALLED, person, note, audit_log.MARK_CALLED)


def cancel(call_request: CallRequest, person: "User", *, note: str = "") -> bool:
    """A waiting request is not to be called any more."""
    return _by_staff(call_request, transitions.CANCEL, person, note, audit_log.CANCEL)


def close(call_request: CallRequest, person: "User", *, note: str = "") -> bool:
    """Nothing more is to be done about an uncertain or failed request."""
    return _by_staff(call_request, transitions.CLOSE, person, note, audit_log.CLOSE)


def _by_staff(
    call_request: CallRequest, move: transitions.Move, person: "User", note: str, action: str
) -> bool:
    with transaction.atomic():
        done = transitions.transition(
            call_request, move, Actor.STAFF, person=person, reason=Reason.BY_STAFF, note=note
        )
        if done:
            audit_log.record(person, action, call_request)
    return done


def hold(call_request: CallRequest, *, reason: Reason | str = "", note: str = "") -> bool:
    """An unfinished request waits for a person from now on, by the operator's word: whether it has
    led to a call cannot be known here."""
    with transaction.atomic():
        done = transitions.transition(
            call_request, transitions.HOLD, Actor.OPERATOR, reason=reason, note=note
        )
        if done:
            # Or the retry's own attempt could not begin.
            call_request.attempts.filter(outcome=Outcome.PENDING).update(
                outcome=Outcome.UNKNOWN, code="held", ended_at=clock.now()
            )
    return done


def cancel_by_visitor(call_request: CallRequest) -> bool:
    """The visitor doesn't want the call any more: the consent is withdrawn. False when it is too
    late to stop the call."""
    if not transitions.may(call_request, transitions.CANCEL, Actor.VISITOR):
        return False
    with transaction.atomic():
        done = transitions.transition(
            call_request, transitions.CANCEL, Actor.VISITOR, reason=Reason.BY_VISITOR
        )
        if done:
            consent_proof.record_again(call_request, ConsentEvent.WITHDRAWN)
    return done


def never_again(call_request: CallRequest) -> bool:
    """The visitor wants no more calls, from any widget: the number goes on the block list, and a
    call that waits is cancelled. Out: whether one was; False, with nothing done, when the number
    was corrected or erased meanwhile."""
    with transaction.atomic():
        if not _is_as_seen(call_request):
            return False
        if call_request.number:
            _block(call_request)
        cancelled = cancel_by_visitor(call_request)
        if not cancelled and not _has_withdrawn(call_request):
            consent_proof.record_again(call_request, ConsentEvent.WITHDRAWN)
    return cancelled


def _block(call_request: CallRequest) -> None:
    """Put the number on the block list, by the visitor's wish.

    To be called under the number's and the row's locks. An entry that is there already is renewed,
    so that nobody who added it earlier can take this wish back; and then it cannot be undone here.
    """
    call_request.refresh_from_db(fields=["blocked_at"])
    before = block_list.entry(BlockKind.NUMBER, call_request.number, clock.now())
    if before is not None and before.created_at == call_request.blocked_at:
        return  # a second click
    added, _is_new = block_list.add(BlockKind.NUMBER, call_request.number, reason=BY_VISITOR)
    call_request.blocked_at = None if before else added.created_at
    CallRequest.objects.filter(pk=call_request.pk).update(blocked_at=call_request.blocked_at)


def may_undo_until(call_request: CallRequest, now: datetime) -> datetime | None:
    """Return until when the visitor may undo `never_again`; None if they may not, or not now."""
    added_at = call_request.blocked_at
    if added_at is None or not -clock.SLACK <= now - added_at < UNDO_FOR:
        return None
    entry = (
        block_list.entry(BlockKind.NUMBER, call_request.number, now)
        if call_request.number
        else None
    )
    return added_at + UNDO_FOR if entry and entry.created_at == added_at else None


def undo_never_again(call_request: CallRequest) -> bool:
    """Take the number off the block list again, if the visitor put it there from here, and lately.

    Nothing else is undone: the consent stays withdrawn, and so no request is left that could be
    called without one. A request that was being called at the time, and waits again since, is
    cancelled. Return False, with nothing done, when it is too late, when the call is being placed,
    or when somebody else wants no calls either.
    """
    with transaction.atomic():
        if not _is_as_seen(call_request):
            return False
        call_request.refresh_from_db()
        if call_request.status == Status.CALLING:
            return False
        added_at = call_request.blocked_at
        if added_at is None or may_undo_until(call_request, clock.now()) is None:
            return False
        if call_request.status == Status.QUEUED and not transitions.transition(
            call_request, transitions.CANCEL, Actor.VISITOR, reason=Reason.BY_VISITOR
        ):
            raise RuntimeError("A request changed although its row was locked.")
        return block_list.lift(
            BlockKind.NUMBER, call_request.number, added_at=added_at, reason=BY_VISITOR
        )


def block(call_request: CallRequest, person: "User", *, note: str = "") -> bool:
    """Put the number on the block list. Return False when it was corrected or erased meanwhile.

    Raises `ValidationError` for a number that the list does not take.
    """
    with transaction.atomic():
        if not _is_as_seen(call_request):
            return False
        block_list.add(BlockKind.NUMBER, call_request.number, reason=note, author=person)
    return True


def _is_as_seen(call_request: CallRequest) -> bool:
    """Lock the number and then the row; return whether the row still holds that number.

    To be called first inside a transaction: what it writes about the number then stands before an
    erasure, which takes it out again, or does not come about.
    """
    if call_request.number:
        limits.lock_number(call_request.number)
    rows = CallRequest.objects.select_for_update().filter(
        pk=call_request.pk, number_hash=call_request.number_hash, erased_at=None
    )
    return bool(rows.values_list("pk"))


def wants_no_more_calls(call_request: CallRequest) -> bool:
    """Whether the visitor asked for that here, and it is still in force.

    What waits has not been withdrawn: that is answered without a query.
    """
    if call_request.status == Status.QUEUED or not _has_withdrawn(call_request):
        return False
    return block_list.is_listed(
        BlockKind.NUMBER, call_request.number, clock.now(), reason=BY_VISITOR
    )


def _has_withdrawn(call_request: CallRequest) -> bool:
    return call_request.consent_proofs.filter(event=ConsentEvent.WITHDRAWN).exists()


def add_note(call_request: CallRequest, person: "User", text: str) -> Note:
    """Writes down what others should know. Raises `ValueError` for an empty note, and
    `lifecycle.NotAllowed` for a request whose personal data was erased."""
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
