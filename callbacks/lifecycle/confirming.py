"""Confirm a booking whose time slot is outside the opening hours, or that was set aside before it.

A change of the opening hours leaves a booking where it is, but nobody is called outside the hours
until a person has confirmed the time. The confirmation belongs to that time (`confirmed_for`).
"""

from collections.abc import Iterable
from typing import TYPE_CHECKING

from django.db import transaction
from django.db.models import Q

from callbacks.accounts import audit_log
from callbacks.core import clock, crypto
from callbacks.lifecycle import retrying, transitions
from callbacks.lifecycle.errors import NothingToConfirm
from callbacks.models import Actor, CallRequest, Status
from callbacks.scheduling import slot_places
from callbacks.worker import tasks

if TYPE_CHECKING:
    from django.contrib.auth.models import User


def confirm(
    call_request: CallRequest, person: "User", *, checked: bool = False, note: str = ""
) -> bool:
    """Have the visitor called in the time slot that they booked, although it is outside the hours.

    A request that waits keeps its slot, and is called in it. A request that is uncertain, because
    it was set aside before its slot, goes back into it. The confirmation is for this slot only:
    moving the call to another time takes it away.

    Return False, with nothing done, if the request has changed since it was read.

    Raises:
        NeedsCheck: the request is uncertain, and `checked` is not set.
        NothingToConfirm: the slot is over, or inside the opening hours; or it is confirmed already;
            or it is outside the hours of a widget that keeps to the legal hours for sales calls.
        transitions.NotAllowed: as for `retrying.retry`.
    """
    if call_request.status == Status.UNCERTAIN:
        return retrying.retry_in_own_slot(call_request, person, checked=checked, note=note)
    transitions.check(call_request, transitions.CONFIRM, Actor.STAFF)
    with transaction.atomic():
        if not to_confirm([call_request]):
            raise NothingToConfirm("confirm inside the opening hours, or too late")
        done = transitions.transition(
            call_request,
            transitions.CONFIRM,
            Actor.STAFF,
            person=person,
            note=note,
            only=Q(due_at=call_request.due_at, slot_start=call_request.slot_start),
            confirmed_for=call_request.due_at,
        )
        if done:
            audit_log.record(person, audit_log.CONFIRM, call_request)
            transaction.on_commit(tasks.notify_workers, robust=True)
    return done


def may_confirm(call_request: CallRequest) -> bool:
    """Return whether the request, as it was read, may be one for `to_confirm`."""
    may_be = call_request.status in {Status.QUEUED, Status.UNCERTAIN}
    is_booked = call_request.slot_start is not None
    is_readable = not crypto.is_unreadable(call_request.number, call_request.email)
    return may_be and is_booked and is_readable and call_request.erased_at is None


def to_confirm(call_requests: Iterable[CallRequest]) -> set[int]:
    """Return the primary keys of those requests whose time slot a person may confirm.

    They wait for a slot that is outside the opening hours and not over, or were set aside before
    their slot began. Only requests that were read with a slot are looked up.
    """
    booked = [one.pk for one in call_requests if one.slot_start is not None]
    if not booked:
        return set()
    now = clock.now()
    waits = transitions.CONFIRM.only_if(now) & Q(status=Status.QUEUED)
    set_aside = Q(status=Status.UNCERTAIN, slot_start__gt=now, number__empty=False)
    set_aside &= ~(slot_places.outside_hours() & transitions.keeps_to_legal_hours())
    found = CallRequest.objects.filter(waits | set_aside, pk__in=booked, erased_at=None)
    return set(found.order_by().values_list("pk", flat=True))
