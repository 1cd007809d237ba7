"""What visitors have booked: how many requests hold a place in each time slot."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from django.db.models import Count, Q, QuerySet

from callbacks.models import CallRequest, Status
from callbacks.scheduling import slot_places
from callbacks.scheduling.slot_places import Slot, Taken

_ORDER = ("slot_start", "widget__name", "widget", "slot_end")
_OF_WIDGET = ("widget__name", "widget__time_zone", "widget__slot_capacity")


def by_slot(widgets: Collection[int], since: datetime) -> QuerySet[CallRequest, dict[str, Any]]:
    """Return the booked slots that begin from `since` on, the earliest first: a dict for each.

    It has the slot (`widget`, `slot_start`, `slot_end`), columns of the widget, and the number of
    requests that were booked for exactly this slot (`booked`): `waiting`, `called` and `uncertain`
    together. `places` says how many places are taken. `widgets` are primary keys.
    """
    return _counted(_booked(widgets).filter(slot_start__gte=since, status__in=slot_places.HOLDING))


def outside_hours(widgets: Collection[int], now: datetime) -> QuerySet[CallRequest, dict[str, Any]]:
    """Return the booked slots that are not over, are outside the opening hours, and not confirmed.

    Only requests that wait count: nobody is called in such a slot (`worker.left_behind`) until a
    person confirms it. The dicts are those of `by_slot`.
    """
    waiting = _booked(widgets).filter(
        # The index finds a request by the start of its slot, so this says how early that can be.
        slot_start__gt=now - slot_places.LONGEST,
        slot_end__gt=now,
        status=Status.QUEUED,
    )
    return _counted(waiting.filter(slot_places.outside_hours()))


class Places(NamedTuple):
    """How many places of a slot are taken, and how many of these by requests for other slots."""

    taken: int
    of_other_slots: int


def places(slots: Sequence[dict[str, Any]]) -> list[Places]:
    """Return the places that are taken in each of these slots, in the same order, by one query.

    The slots are dicts of `by_slot` or `outside_hours`. By the rule for their capacity
    (`slot_places`), requests for slots that overlap take places too. There are some after the hours
    or the length of the slots were changed.
    """
    if not slots:
        return []
    begin, end = (min(one["slot_start"] for one in slots), max(one["slot_end"] for one in slots))
    widgets = {one["widget"] for one in slots}
    rows = slot_places.holding(widgets, begin, end).order_by()
    held: dict[int, dict[Slot, int]] = defaultdict(dict)
    by_slot = rows.values_list("widget", "slot_start", "slot_end").annotate(count=Count("*"))
    for widget, slot_start, slot_end, count in by_slot:
        held[widget][Slot(slot_start, slot_end)] = count
    taken = {
        widget: Taken(None, [(*slot, count) for slot, count in held[widget].items()])
        for widget in widgets
    }
    found = []
    for one in slots:
        widget, slot = one["widget"], Slot(one["slot_start"], one["slot_end"])
        number = taken[widget].in_slot(slot)
        found.append(Places(number, number - held[widget].get(slot, 0)))
    return found


def _booked(widgets: Collection[int]) -> QuerySet[CallRequest]:
    # The index begins with the widget.
    return CallRequest.objects.filter(widget__in=widgets, slot_start__isnull=False)


def _counted(rows: QuerySet[CallRequest]) -> QuerySet[CallRequest, dict[str, Any]]:
    under_way = Q(status__in=(Status.QUEUED, Status.CALLING))
    slots = rows.order_by(*_ORDER).values("widget", "slot_start", "slot_end", *_OF_WIDGET)
    counted: QuerySet[CallRequest, dict[str, Any]] = slots.annotate(
        booked=Count("pk"),
        waiting=Count("pk", filter=under_way),
        called=Count("pk", filter=Q(status=Status.CALLED)),
        uncertain=Count("pk", filter=Q(status=Status.UNCERTAIN)),
    )
    return counted
