"""Queue a request again on behalf of a member of staff, who decides when its call comes.

- `retry` puts a booking back into its time slot. Other calls come as soon as the widget is open.
- `retry_in_chosen_slot` puts the call into a free time slot that the person chose.
- `retry_in_own_slot` puts a booking back into its time slot, whatever the opening hours are by now.

Each gives the request its widget's full patience anew, and returns False, with nothing done, if the
request has changed since it was read.
"""

from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING, NamedTuple

from django.db import transaction

from callbacks.abuse import limits
from callbacks.accounts import audit_log
from callbacks.core import crypto, database
from callbacks.lifecycle import actions, overbooking, transitions
from callbacks.lifecycle.errors import (
    ConsentWithdrawn,
    NeedsCheck,
    NeverOpens,
    NothingToConfirm,
    SlotGone,
)
from callbacks.models import Actor, CallRequest
from callbacks.scheduling import call_time, open_periods, slot_places, slots
from callbacks.scheduling.call_time import CallTime
from callbacks.scheduling.fair_queue import next_position
from callbacks.scheduling.slot_places import Slot
from callbacks.worker import tasks

if TYPE_CHECKING:
    from django.contrib.auth.models import User


class _Place(NamedTuple):
    """Where the call goes: into a time slot, or as soon as the widget is open (None)."""

    slot: Slot | None
    # The time that a person has confirmed, as in `CallRequest.confirmed_for`.
    confirmed_for: datetime | None


def retry(
    call_request: CallRequest,
    person: "User",
    *,
    checked: bool = False,
    note: str = "",
    overbook: bool = False,
) -> bool:
    """Queue the request again: in its time slot, or as soon as the widget is open.

    It goes back into its time slot if this has not begun, and is not outside the opening hours.
    With `overbook`, the slot may be full by now.

    Raises:
        NeedsCheck: the request is uncertain or called, and `checked` is not set.
        transitions.NotAllowed: the request cannot be retried at all. It is cancelled, under way or
            erased; or no key decrypts its number or email.
        ConsentWithdrawn: the visitor has withdrawn the consent.
        NeverOpens: the widget has no opening hours ahead.
        overbooking.SlotFull: the time slot is full, and `overbook` is not set.
    """

    def place(now: datetime) -> _Place:
        slot = overbooking.slot_ahead(call_request, now)
        if slot is None or _is_outside_hours(call_request):
            return _Place(None, None)
        if not overbook:
            overbooking.check(call_request, slot)
        return _Place(slot, call_request.confirmed_for)

    return _requeue(call_request, person, place, checked=checked, note=note)


def retry_in_chosen_slot(
    call_request: CallRequest,
    person: "User",
    slot_start: datetime,
    *,
    checked: bool = False,
    note: str = "",
) -> bool:
    """Queue the request again, in the free time slot that begins at `slot_start`.

    Raises:
        SlotGone: this slot can no longer be chosen.
        NeedsCheck, transitions.NotAllowed, ConsentWithdrawn: as for `retry`.
    """
    chosen = slots.slot_of(call_request.widget, slot_start)

    def place(now: datetime) -> _Place:
        _check_chosen(call_request, chosen, now)
        return _Place(chosen, None)

    return _requeue(call_request, person, place, checked=checked, note=note, chosen=chosen)


def retry_in_own_slot(
    call_request: CallRequest, person: "User", *, checked: bool = False, note: str = ""
) -> bool:
    """Queue a booking again, in its time slot: the call comes then, or not at all.

    If the slot is outside the opening hours, the person confirms it.

    Raises:
        NothingToConfirm: the time slot has begun, or there is none, or it is outside the legal
            hours for sales calls.
        overbooking.SlotFull: the time slot is full.
        NeedsCheck, transitions.NotAllowed, ConsentWithdrawn: as for `retry`.
    """

    def place(now: datetime) -> _Place:
        slot, confirmed_for = overbooking.slot_ahead(call_request, now), call_request.confirmed_for
        if slot is None:
            raise NothingToConfirm("no time slot ahead")
        if _is_outside_hours(call_request):
            if call_request.widget.sales_hours:
                raise NothingToConfirm("outside the legal hours for sales calls")
            confirmed_for = slot.start
        overbooking.check(call_request, slot)
        return _Place(slot, confirmed_for)

    return _requeue(
        call_request, person, place, checked=checked, note=note, action=audit_log.CONFIRM
    )


def _requeue(
    call_request: CallRequest,
    person: "User",
    place: Callable[[datetime], _Place],
    *,
    checked: bool,
    note: str,
    chosen: Slot | None = None,
    action: str = audit_log.RETRY,
) -> bool:
    """Make the move, and record `action`. `place` is called while the slots are locked."""
    is_unreadable = crypto.is_unreadable(call_request.number, call_request.email)
    if is_unreadable or not transitions.may(call_request, transitions.RETRY, Actor.STAFF):
        raise transitions.NotAllowed(f"retry from {call_request.status}")
    if call_request.status in transitions.RETRY.needs_care and not checked:
        raise NeedsCheck
    with transaction.atomic():
        counted_under = limits.retry_keys(call_request.number, call_request.widget)
        now = database.lock([*counted_under, *overbooking.lock_keys(call_request, chosen)])
        # Checked under the number's lock, because `blocking.never_again` takes the same lock.
        if actions.withdrawn([call_request]):
            raise ConsentWithdrawn("retry after the consent was withdrawn")
        slot, confirmed_for = place(now)
        times = CallTime.of_slot(slot) if slot else _at_opening(call_request, now)
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
            confirmed_for=confirmed_for,
            backoff_until=None,
            backoff_since=None,
            patience_until=times.patience_until,
            put_off_count=0,
            sends_since_asked=0,
            queue_position=None if times.is_scheduled else next_position(call_request.widget_id),
            retried_by=person,
        )
        if done:
            audit_log.record(person, action, call_request)
            limits.count_retry(counted_under, now)
            transaction.on_commit(tasks.notify_workers, robust=True)
    return done


def _at_opening(call_request: CallRequest, now: datetime) -> CallTime:
    """Return the times of a call now, or at the next opening; raise `NeverOpens` without one."""
    periods = call_time.ahead(call_request.widget, str(call_request.number), now)
    times = call_time.of_opening(call_request.widget, periods, now)
    if times is None:
        raise NeverOpens("retry without open time ahead")
    return times


def _is_outside_hours(call_request: CallRequest) -> bool:
    """Return whether the time slot is outside the opening hours, and nobody has confirmed it."""
    outside = CallRequest.objects.filter(slot_places.outside_hours(), pk=call_request.pk)
    return outside.exists()


def _check_chosen(call_request: CallRequest, chosen: Slot, now: datetime) -> None:
    """Raise `SlotGone` unless the slot can be chosen. Call it while the slot is locked."""
    widget = call_request.widget
    zone = open_periods.zone_of(widget, str(call_request.number))
    if not widget.offers_slots or slots.check_slot(
        widget, zone, chosen.start, now, besides=call_request
    ):
        raise SlotGone("this time slot can no longer be chosen")
