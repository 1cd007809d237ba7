"""What a visitor is offered at a moment: a call now, at the next opening, or in a time slot."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import groupby

from callbacks.core import clock
from callbacks.hours.opening_hours import Span
from callbacks.models import Widget
from callbacks.models.widget_hours import WhenClosed
from callbacks.scheduling import call_time, open_periods, slots
from callbacks.scheduling.slot_places import Slot

# The days with free slots that stand in the form itself. Later days are behind a link.
FIRST_DAYS = 7


@dataclass(frozen=True)
class Offer:
    """What can be chosen at `at`.

    `opens_at` is the next opening; it is None while it is open, and if it never opens again.
    `break_ahead`: from when to when it is closed, if a call that is asked for now may wait over
    this closing. `takes_opening`: a call at the next opening can be asked for. `slots` are the free
    slots of the first days, the earliest first. `has_more`: there are free slots on later days.
    """

    at: datetime
    is_open: bool
    opens_at: datetime | None = None
    break_ahead: Span | None = None
    takes_opening: bool = False
    slots: tuple[Slot, ...] = ()
    has_more: bool = False

    @property
    def takes_requests(self) -> bool:
        """Return whether anything can be chosen at all."""
        return self.is_open or self.takes_opening or bool(self.slots)


# What a widget without opening hours offers at any time.
ALWAYS_OPEN = Offer(datetime.min.replace(tzinfo=UTC), is_open=True)


def of(
    widget: Widget,
    moment: datetime | None = None,
    *,
    number: str = "",
    zone: str | None = None,
    all_days: bool = False,
) -> Offer:
    """Return what a visitor with this number (E.164; "" if unknown) is offered.

    `moment` is the time at which the visitor asks; by default, now. `zone` is the zone whose open
    periods count; by default, that of the number (`open_periods.zone_of`). A widget without opening
    hours costs no query: not even the time is asked of the database.
    """
    if not widget.has_hours:
        return ALWAYS_OPEN
    now = moment or clock.now()
    if zone is None:
        zone = open_periods.zone_of(widget, number)
    periods = open_periods.ahead(widget, zone, now)
    opens_at = periods[0][0] if periods else None
    is_open = opens_at is not None and opens_at <= now
    break_ahead = None
    if asked_now := call_time.of_now(widget, periods, now):
        until = asked_now.patience_until
        break_ahead = call_time.break_in_wait(widget, periods, now, until)
    takes = (WhenClosed.OFFER_TIMES, WhenClosed.NEXT_OPENING)
    free: tuple[Slot, ...] = ()
    has_more = False
    if widget.offers_slots:
        free, has_more = _first_days(
            slots.free_slots(widget, zone, now), widget, None if all_days else FIRST_DAYS
        )
    return Offer(
        now,
        is_open,
        opens_at=None if is_open else opens_at,
        break_ahead=break_ahead,
        takes_opening=not is_open and opens_at is not None and widget.when_closed in takes,
        slots=free,
        has_more=has_more,
    )


def _first_days(
    free: Iterable[Slot], widget: Widget, most: int | None
) -> tuple[tuple[Slot, ...], bool]:
    """Return the slots of the widget's first `most` days, and whether more follow. None: all."""
    own = widget.own_zone
    first: list[Slot] = []
    by_day = groupby(free, key=lambda slot: slot.start.astimezone(own).date())
    for number, (_day, on_day) in enumerate(by_day):
        if number == most:
            return tuple(first), True
        first += on_day
    return tuple(first), False
