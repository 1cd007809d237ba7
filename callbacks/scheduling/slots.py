"""The time slots that visitors can choose for their call, and whether one can still be chosen.

A slot lies whole inside an open period (`open_periods`, `slot_grid`), not earlier than the shortest
notice allows and not after the last day that can be chosen, and has a free place (`slot_places`).

For a widget that keeps to the legal hours of sales calls, the open periods depend on the number.
Before the number is known, offer the slots of `open_periods.zone_of(widget, "")`: as a rule, those
of mainland France. Once it is known, check the chosen slot again with the zone of the number.

A form carries the choice as text (`read_when`): `now`, `opening` for the next opening, or the start
of a slot in one exact spelling of RFC 3339, such as 2026-06-01T07:00:00Z.
"""

from collections.abc import Iterator
from datetime import MAXYEAR, MINYEAR, UTC, datetime, timedelta
from enum import StrEnum

from callbacks.hours.opening_hours import Span
from callbacks.models import CallRequest, Widget
from callbacks.scheduling import open_periods, slot_grid, slot_places
from callbacks.scheduling.slot_places import Slot

# A form shows the slots of the first days, and these lie within this time as a rule. So it does not
# read the bookings of months.
FIRST_PART = timedelta(days=12)


class When(StrEnum):
    """When a visitor wants to be called, if it is no slot."""

    NOW = "now"
    OPENING = "opening"


class SlotProblem(StrEnum):
    """Why a time slot cannot be chosen."""

    PAST = "past"
    TOO_SOON = "too_soon"
    TOO_FAR_AHEAD = "too_far_ahead"
    CLOSED = "closed"
    UNALIGNED = "unaligned"
    """No slot begins then."""
    FULL = "full"


def read_when(text: str) -> When | datetime:
    """Return what the field `when` of a form says: a `When`, or the start of a slot in UTC.

    Raises:
        ValueError: it is neither, or spelled in another way.
    """
    if text in When:
        return When(text)
    if not text.endswith("Z"):
        raise ValueError("no time in UTC")
    start = datetime.fromisoformat(text)
    # In the first and the last year there are times that other zones cannot show.
    if spelled(start) != text or not MINYEAR < start.year < MAXYEAR:
        raise ValueError("another spelling, or out of range")
    return start.astimezone(UTC)


def spelled(start: datetime) -> str:
    """Return the start of a slot as the field `when` of a form holds it."""
    return start.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def slot_of(widget: Widget, start: datetime) -> Slot:
    """Return the slot of `widget` that begins at `start`. It need not be one that is offered."""
    return Slot(start, start + timedelta(minutes=widget.slot_minutes))


def free_slots(
    widget: Widget, zone: str, now: datetime, *, besides: CallRequest | None = None
) -> Iterator[Slot]:
    """Yield the slots that can be chosen at `now`, the earliest first, with three queries at most.

    The first finds the open periods, the second the places taken in the first `FIRST_PART`; the
    third, those taken later, is made only when it comes to that. `zone` comes from
    `open_periods.zone_of`. The place that the request `besides` holds counts as free.
    """
    since, until = _earliest(widget, now), _end_of_last_day(widget, now)
    if since >= until:
        return
    own, length = widget.own_zone, timedelta(minutes=widget.slot_minutes)
    known_until = min(since + FIRST_PART, until)
    taken = slot_places.taken(widget, since, known_until + length, besides=besides)
    for span in _open_spans(widget, zone, since, until):
        for start in slot_grid.starts(span, own, length, since):
            if start >= until:
                return
            if start >= known_until:
                taken = slot_places.taken(widget, start, until + length, besides=besides)
                known_until = until
            slot = Slot(start, start + length)
            if not taken.is_full(slot):
                yield slot


def check_slot(
    widget: Widget,
    zone: str,
    start: datetime,
    now: datetime,
    *,
    besides: CallRequest | None = None,
    counts_places: bool = True,
) -> SlotProblem | None:
    """Return why the slot that begins at `start` cannot be chosen at `now`, or None if it can.

    Call it while the slot is locked (`slot_places.lock`): otherwise somebody else may take the last
    place meanwhile. Without `counts_places`, it may be full. For `zone` and `besides`, see
    `free_slots`.
    """
    if start < now:
        return SlotProblem.PAST
    if start < _earliest(widget, now):
        return SlotProblem.TOO_SOON
    if start >= _end_of_last_day(widget, now):
        return SlotProblem.TOO_FAR_AHEAD
    slot = slot_of(widget, start)
    spans = _open_spans(widget, zone, slot.start, slot.end)
    span = next((span for span in spans if span[0] <= slot.start and slot.end <= span[1]), None)
    if span is None:
        return SlotProblem.CLOSED
    own, length = widget.own_zone, timedelta(minutes=widget.slot_minutes)
    if next(slot_grid.starts(span, own, length, start), None) != start:
        return SlotProblem.UNALIGNED
    if not counts_places:
        return None
    is_full = slot_places.taken(widget, slot.start, slot.end, besides=besides).is_full(slot)
    return SlotProblem.FULL if is_full else None


def is_open(widget: Widget, zone: str, slot: Slot) -> bool:
    """Return whether the whole slot lies within one open period. `zone` as for `free_slots`."""
    spans = _open_spans(widget, zone, slot.start, slot.end)
    return any(start <= slot.start and slot.end <= end for start, end in spans)


def _earliest(widget: Widget, now: datetime) -> datetime:
    """Return the earliest start of a slot that the shortest notice allows."""
    return now + timedelta(minutes=widget.slot_lead_minutes)


def _end_of_last_day(widget: Widget, now: datetime) -> datetime:
    """Return when the last day ends on which a slot can begin."""
    return slot_grid.midnight(now, widget.own_zone, days=widget.days_ahead + 1)


def _open_spans(widget: Widget, zone: str, begin: datetime, end: datetime) -> list[Span]:
    """Return the open periods of which a part lies between `begin` and `end`, in order."""
    if widget.has_hours:
        return open_periods.between(widget, zone, begin, end)
    # Always open: whole days, in which the slots follow one another from midnight.
    own = widget.own_zone
    return [(slot_grid.midnight(begin, own), slot_grid.midnight(end, own, days=1))]
