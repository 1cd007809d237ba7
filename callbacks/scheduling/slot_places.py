"""The places of time slots: how many are taken, counted from the requests themselves.

A request holds a place from when it is accepted. It gives the place back when it is cancelled, or
fails, or its personal data is erased. No counter has to be kept equal to the requests.

A request holds a place in each slot that its own overlaps. So what was booked still counts after
staff changed the hours or the length of the slots. For the same reason, a slot is locked by the
hours that it touches: two slots that overlap touch the same hour, and so wait for each other.

To take a place, lock the slot, count, and write the request, in one transaction.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Collection, Iterable, Iterator
from datetime import UTC, datetime, timedelta
from itertools import accumulate
from typing import NamedTuple

from django.db.models import Count, Exists, F, OuterRef, Q, QuerySet

from callbacks.core import database
from callbacks.models import CallRequest, OpenPeriod, Status, Widget
from callbacks.models.widget_hours import LONGEST_SLOT_MINUTES

HOLDING = (Status.QUEUED, Status.CALLING, Status.CALLED, Status.UNCERTAIN)
"""The statuses in which a request holds a place in its slot."""

LONGEST = timedelta(minutes=LONGEST_SLOT_MINUTES)
_HOUR = timedelta(hours=1)


class Slot(NamedTuple):
    """A time slot, in UTC. At its end it is over."""

    start: datetime
    end: datetime


class Taken:
    """The places that are taken in the slots of a widget, during some time."""

    def __init__(self, capacity: int | None, held: list[tuple[datetime, datetime, int]]) -> None:
        """`held` are slots with the number of requests that hold a place in them."""
        self._capacity = capacity
        self._starts, self._begun = _running((start, count) for start, _end, count in held)
        self._ends, self._over = _running((end, count) for _start, end, count in held)

    def in_slot(self, slot: Slot) -> int:
        """Return how many requests have a slot that overlaps this one."""
        # Those that begin before its end, without those that end before it begins.
        begun = self._begun[bisect_left(self._starts, slot.end)]
        return begun - self._over[bisect_right(self._ends, slot.start)]

    def is_full(self, slot: Slot) -> bool:
        """Return whether no place is left. A widget without a capacity always has room."""
        return self._capacity is not None and self.in_slot(slot) >= self._capacity


def _running(counts: Iterable[tuple[datetime, int]]) -> tuple[list[datetime], list[int]]:
    """Return the times in order, and the sums of the counts before the first, the second…"""
    ordered = sorted(counts)
    sums = accumulate((count for _time, count in ordered), initial=0)
    return [time for time, _count in ordered], list(sums)


def taken(
    widget: Widget, begin: datetime, end: datetime, *, besides: CallRequest | None = None
) -> Taken:
    """Return the places that are taken in the slots between `begin` and `end`, in one query.

    `besides` is a request that does not count, because its visitor chooses anew. If the widget has
    no capacity, nothing is asked.
    """
    if widget.slot_capacity is None:
        return Taken(None, [])
    rows = holding([widget.pk], begin, end)
    if besides is not None:
        rows = rows.exclude(pk=besides.pk)
    by_slot = rows.order_by().values_list("slot_start", "slot_end").annotate(count=Count("*"))
    return Taken(widget.slot_capacity, list(by_slot))


def holding(widgets: Collection[int], begin: datetime, end: datetime) -> QuerySet[CallRequest]:
    """Return the requests that hold a place in a slot of which a part lies in this time.

    `widgets` are primary keys.
    """
    return CallRequest.objects.filter(
        widget__in=widgets,
        # The index finds a request by the start of its slot, so this says how early that can be.
        slot_start__gt=begin - LONGEST,
        slot_start__lt=end,
        slot_end__gt=begin,
        status__in=HOLDING,
    )


def in_open_time() -> Q:
    """Return the condition that a request's time slot lies whole inside the opening hours.

    The slot of a request stays as it was booked when staff change the hours. A request without a
    slot does not meet the condition.
    """
    period = OpenPeriod.objects.filter(
        Q(zone="") | Q(zone=OuterRef("consumer_zone")),
        widget=OuterRef("widget"),
        starts_at__lte=OuterRef("slot_start"),
        ends_at__gte=OuterRef("slot_end"),
    )
    without_hours = Widget.objects.filter(pk=OuterRef("widget"), has_hours=False)
    return Q(slot_start__isnull=False) & (Q(Exists(without_hours)) | Q(Exists(period)))


def is_confirmed() -> Q:
    """Return the condition that a person confirmed the call at the time that the request has now.

    It is then due in its time slot although no opening hours cover it.
    """
    return Q(confirmed_for=F("due_at"))


def outside_hours() -> Q:
    """Return the condition that a request is not called in its time slot, or in a part of it.

    The slot does not lie whole inside the opening hours, and no person has confirmed it.
    """
    return Q(slot_start__isnull=False) & ~in_open_time() & ~is_confirmed()


def lock(widget: Widget, *slots: Slot) -> datetime:
    """Lock slots of a widget until the transaction ends; return the time once they are locked.

    Call it before any row is locked. To move a request, lock its old slot and its new one together,
    so that two moves never wait for each other.
    """
    return database.lock(lock_keys(widget, *slots))


def lock_keys(widget: Widget, *slots: Slot) -> list[str]:
    """Return the keys to lock before places of these slots are counted (`database.lock`)."""
    hours = {hour for slot in slots for hour in _hours(slot)}
    return [f"slot:{widget.pk}:{hour:%Y-%m-%dT%H}" for hour in sorted(hours)]


def _hours(slot: Slot) -> Iterator[datetime]:
    """Yield the beginning of each hour of UTC that the slot touches."""
    hour = slot.start.astimezone(UTC).replace(minute=0, second=0, microsecond=0)
    while hour < slot.end:
        yield hour
        hour += _HOUR
