"""Put the bookings of the model into the database: two slots, hours that cover them, and time.

The clock stands still at `NOW`. Each of the two slots lies on a day of its own. When a slot begins,
the booking and what its readers saw are shifted to `NOW`, with the slot's opening hours.
"""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

from callbacks.models import CallRequest, OpenPeriod, Widget
from callbacks.scheduling import slot_places
from callbacks.scheduling.slot_places import Slot

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
LENGTH = timedelta(minutes=30)
# Where each slot begins: on its own day, and once it has begun.
AHEAD = {1: NOW + timedelta(days=1), 2: NOW + timedelta(days=2)}
BEGUN = {1: NOW - timedelta(minutes=2), 2: NOW - timedelta(minutes=1)}
SLOTS = {start: slot for starts in (AHEAD, BEGUN) for slot, start in starts.items()}


def slot_from(start: datetime | None) -> int:
    """Return the slot that begins then, as the model names it; 0 if `start` is None."""
    return SLOTS[start] if start else 0


def widget_with_slots() -> Widget:
    """Create a widget that is open in both slots, and now."""
    widget = Widget.objects.create(
        name="Shop", originate="scenario", opening_hours="Mo 12:00-13:00", has_hours=True
    )
    for start in (*AHEAD.values(), NOW):
        cover(widget, start)
    return widget


def cover(widget: Widget, start: datetime) -> None:
    """Make the opening hours cover the slot from `start`, or what begins around `NOW`."""
    is_ahead = start in AHEAD.values()
    begin, end = (start, start + LENGTH) if is_ahead else (NOW - LENGTH, NOW + 2 * LENGTH)
    OpenPeriod.objects.get_or_create(
        widget=widget, zone="", ends_at=end, defaults={"starts_at": begin}
    )


def change_hours(row: CallRequest) -> None:
    """Change the opening hours, so that they do not cover the slot of the booking."""
    OpenPeriod.objects.filter(
        widget=row.widget, starts_at__lte=row.slot_start, ends_at__gte=row.slot_end
    ).delete()


def is_outside(row: CallRequest) -> bool:
    """Return whether the opening hours do not cover the slot, confirmed or not."""
    if row.slot_start is None:
        return False
    return CallRequest.objects.filter(~slot_places.in_open_time(), pk=row.pk).exists()


def begin(row: CallRequest, seen: Iterable[CallRequest]) -> None:
    """Let the slot begin: shift the booking, and what was seen of it, to now."""
    was_outside, before = is_outside(row), row.due_at
    slot = Slot(start := BEGUN[slot_from(row.slot_start)], start + LENGTH)
    for one in (row, *(copy for copy in seen if copy.due_at == before)):
        one.due_at = one.slot_start = slot.start
        one.slot_end = one.patience_until = slot.end
        one.confirmed_for = slot.start if one.confirmed_for == before else one.confirmed_for
    row.save(update_fields=["due_at", "slot_start", "slot_end", "patience_until", "confirmed_for"])
    if was_outside:
        change_hours(row)
    else:
        cover(row.widget, slot.start)
