"""From when to when a request may be called: its time, and the end of its maximum wait.

The maximum wait counts open time alone. It begins when the visitor or a member of staff asks for
the call; if they ask for a call at the next opening, it begins then. A request for a call now ends
at closing, unless the widget lets it wait for the next opening (`Widget.waits_for_opening`). When
the opening hours change, the end is worked out anew, from the same beginning.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Self

from callbacks.hours.opening_hours import Span
from callbacks.models import Widget
from callbacks.scheduling import open_periods
from callbacks.scheduling.slot_places import Slot


@dataclass(frozen=True)
class CallTime:
    """The columns of a request that say when it may be called."""

    due_at: datetime
    is_scheduled: bool
    patience_until: datetime
    slot: Slot | None = None

    @classmethod
    def of_slot(cls, slot: Slot) -> Self:
        """Return the time of a call in a time slot: it begins and ends with the slot."""
        return cls(slot.start, True, slot.end, slot)


def of_now(widget: Widget, periods: Sequence[Span], now: datetime) -> CallTime | None:
    """Return the time of a call that is asked for now, or None while it is closed.

    `periods` are the widget's open periods for the number (`open_periods.ahead`).
    """
    if widget.has_hours and (not periods or periods[0][0] > now):
        return None
    return CallTime(now, False, wait_ends(widget, periods, now, is_scheduled=False))


def of_opening(widget: Widget, periods: Sequence[Span], now: datetime) -> CallTime | None:
    """Return the time of a call at the next opening; None if it never opens again.

    While it is open, this is the time of a call now.
    """
    if not widget.has_hours or not periods or periods[0][0] <= now:
        return of_now(widget, periods, now)
    opening = periods[0][0]
    return CallTime(opening, True, wait_ends(widget, periods, opening, is_scheduled=True))


def wait_ends(
    widget: Widget, periods: Sequence[Span], begun: datetime, *, is_scheduled: bool
) -> datetime:
    """Return when the maximum wait ends that began at `begun`.

    `periods` are the open periods that end after `begun`; a widget with hours has at least one. If
    they do not last long enough, the wait ends with the last of them.
    """
    left = widget.patience
    if not widget.has_hours:
        return begun + left
    for starts_at, ends_at in periods:
        begin = max(starts_at, begun)
        if ends_at - begin >= left:
            return begin + left
        if not is_scheduled and not widget.waits_for_opening:
            return ends_at
        left -= ends_at - begin
    return periods[-1][1]


def break_in_wait(
    widget: Widget, periods: Sequence[Span], now: datetime, until: datetime
) -> Span | None:
    """Return from when to when the widget is closed during the wait for a call for now.

    The wait lasts until `until`; `periods` are the open periods that end after `now`. Return None
    if it stays open as long, or is closed already.
    """
    if not widget.waits_for_opening or len(periods) < 2 or periods[0][0] > now:
        return None
    closes_at, opens_at = periods[0][1], periods[1][0]
    return (closes_at, opens_at) if until > opens_at else None


def next_opening(widget: Widget, number: str, now: datetime) -> datetime | None:
    """Return when the widget opens for a call to `number`; None if it is open or never opens."""
    periods = ahead(widget, number, now)
    return periods[0][0] if periods and periods[0][0] > now else None


def ahead(widget: Widget, number: str, moment: datetime) -> list[Span]:
    """Return the open periods that end after `moment`, for a call to `number` (E.164).

    The list is empty for a widget without opening hours, which is always open.
    """
    if not widget.has_hours:
        return []
    return open_periods.ahead(widget, open_periods.zone_of(widget, number), moment)
