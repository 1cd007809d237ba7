"""Tell staff when a request would go back into a time slot that is full by now.

A booking that failed has given its place back, and somebody else may have taken it. Staff may put
the booking back all the same, once they know: the slot then holds one call more than it has places.
Every other request that is retried still holds its place, so nothing changes for its slot.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from callbacks.models import CallRequest
from callbacks.scheduling import bookings, slot_places
from callbacks.scheduling.slot_places import Slot


class SlotFull(Exception):
    """The time slot has no free place: tell staff, then pass `overbook=True`."""


class FullSlot(NamedTuple):
    """A request whose slot will be full when it goes back: with how many calls, for how many."""

    call_request: CallRequest
    taken: int
    places: int


def slot_of(call_request: CallRequest) -> Slot | None:
    """Return the time slot for which the request was booked, if there is one."""
    start, end = call_request.slot_start, call_request.slot_end
    return Slot(start, end) if start is not None and end is not None else None


def slot_ahead(call_request: CallRequest, now: datetime) -> Slot | None:
    """Return the time slot for which the request was booked, if it has not begun."""
    slot = slot_of(call_request)
    return slot if slot and slot.start > now else None


def lock_keys(call_request: CallRequest, chosen: Slot | None = None) -> list[str]:
    """Return the keys to lock before places are counted: of its slot, and of the chosen one."""
    slots = [slot for slot in (slot_of(call_request), chosen) if slot]
    return slot_places.lock_keys(call_request.widget, *slots)


def check(call_request: CallRequest, slot: Slot) -> None:
    """Raise `SlotFull` if the request needs a place in this slot, and none is free.

    Call it while holding the locks of `lock_keys`.
    """
    if call_request.status in slot_places.HOLDING:
        return
    if slot_places.taken(call_request.widget, *slot).is_full(slot):
        raise SlotFull


def back_in_slot(
    call_requests: Sequence[CallRequest], now: datetime
) -> list[tuple[CallRequest, Slot]]:
    """Return those requests that a retry puts back into their time slot, the oldest first."""
    booked = [(one, slot) for one in call_requests if (slot := slot_ahead(one, now))]
    if not booked:
        return []
    outside = CallRequest.objects.filter(
        slot_places.outside_hours(), pk__in=[one.pk for one, _slot in booked]
    )
    left_out = set(outside.order_by().values_list("pk", flat=True))
    back = [(one, slot) for one, slot in booked if one.pk not in left_out]
    return sorted(back, key=lambda found: found[0].pk)


def full_slots(back: Sequence[tuple[CallRequest, Slot]]) -> list[FullSlot]:
    """Return those of the requests in `back` whose slots are full when their turn comes.

    They are put back in the order of `back` (`back_in_slot`), so the first may take the last place.
    """
    need = [(one, slot) for one, slot in back if one.status not in slot_places.HOLDING]
    asked = [
        {"widget": one.widget_id, "slot_start": slot.start, "slot_end": slot.end}
        for one, slot in need
    ]
    full = []
    for index, ((one, slot), places) in enumerate(zip(need, bookings.places(asked), strict=True)):
        earlier = [other for before, other in need[:index] if before.widget_id == one.widget_id]
        overlapping = [
            other for other in earlier if other.start < slot.end and slot.start < other.end
        ]
        taken, capacity = places.taken + len(overlapping), one.widget.slot_capacity
        if capacity is not None and taken >= capacity:
            full.append(FullSlot(one, taken, capacity))
    return full
