"""Put the number of a request on the block list, for its visitor or for staff.

A visitor asks never to be called again, and may undo that for a few minutes.

Each action is done to the request as the person saw it. If the request has changed since, the
function does nothing and returns `False`; the page then says so.
"""

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from django.db import transaction

from callbacks.abuse import block_list, limits
from callbacks.consent import proof as consent_proof
from callbacks.core import clock
from callbacks.lifecycle import actions, transitions
from callbacks.models import Actor, BlockKind, CallRequest, ConsentEvent, Reason, Status

if TYPE_CHECKING:
    from django.contrib.auth.models import User


# The reason stored with a block that a visitor asked for. Staff read it in the block list.
BY_VISITOR = "the visitor asked not to be called again"
# For how long a visitor may undo that block.
UNDO_FOR = timedelta(minutes=10)


def never_again(call_request: CallRequest) -> bool:
    """Put the visitor's number on the block list, so that no widget calls it again.

    A waiting request is cancelled, and the consent is recorded as withdrawn. Return whether a
    request was cancelled. Also return False, with nothing done, if the number was corrected or
    erased since the request was read.
    """
    with transaction.atomic():
        if not _is_as_seen(call_request):
            return False
        if call_request.number:
            _block(call_request)
        cancelled = actions.cancel_by_visitor(call_request)
        if not cancelled and not actions.withdrawn([call_request]):
            consent_proof.record_later_event(call_request, ConsentEvent.WITHDRAWN)
    return cancelled


def _block(call_request: CallRequest) -> None:
    """Put the number on the block list, at the visitor's wish.

    Call it while holding the locks on the number and on the row. If the number is listed already,
    its entry is renewed: the person who added it earlier can then no longer remove it and undo
    this visitor's wish. A renewed entry cannot be undone from here.
    """
    call_request.refresh_from_db(fields=["blocked_at"])
    before = block_list.entry(BlockKind.NUMBER, call_request.number, clock.now())
    if before is not None and before.created_at == call_request.blocked_at:
        return  # the visitor clicked twice
    added, _is_new = block_list.add(BlockKind.NUMBER, call_request.number, reason=BY_VISITOR)
    call_request.blocked_at = None if before else added.created_at
    CallRequest.objects.filter(pk=call_request.pk).update(blocked_at=call_request.blocked_at)


def may_undo_until(call_request: CallRequest, now: datetime) -> datetime | None:
    """Return the time until which the visitor may undo `never_again`, or None if they may not."""
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
    """Take the number off the block list, if this request put it there less than `UNDO_FOR` ago.

    Nothing else is undone. The consent stays withdrawn, so no request may be left that would be
    called without one: a request that was being called at the time, and has waited again since,
    is cancelled.

    Return False, with nothing done, when it is too late, when the call is being placed, or when
    somebody else has asked for no more calls to this number.
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
    """Put the number on the block list on behalf of `person`.

    Return False, with nothing done, if the number was corrected or erased since it was read.

    Raises:
        ValidationError: the block list does not take this number.
    """
    with transaction.atomic():
        if not _is_as_seen(call_request):
            return False
        block_list.add(BlockKind.NUMBER, call_request.number, reason=note, author=person)
    return True


def _is_as_seen(call_request: CallRequest) -> bool:
    """Lock the number, then the row. Return whether the row still holds that number.

    Call it first in a transaction. What the transaction then writes about the number is committed
    before an erasure, which removes it again; after an erasure, nothing is written.
    """
    if call_request.number:
        limits.lock_number(call_request.number)
    rows = CallRequest.objects.select_for_update().filter(
        pk=call_request.pk, number_hash=call_request.number_hash, erased_at=None
    )
    return bool(rows.values_list("pk"))


def wants_no_more_calls(call_request: CallRequest) -> bool:
    """Return whether the visitor asked here for no more calls, and the block is still in force.

    A waiting request has never been withdrawn, so the answer for it needs no query.
    """
    if call_request.status == Status.QUEUED or not actions.withdrawn([call_request]):
        return False
    return block_list.is_listed(
        BlockKind.NUMBER, call_request.number, clock.now(), reason=BY_VISITOR
    )
