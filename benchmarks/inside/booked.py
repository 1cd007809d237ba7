"""Create widgets with time slots, and bookings: `booked.py BOOKINGS DAYS [CAPACITY]`.

Print the public id of a widget on which as many requests as BOOKINGS hold places, evenly in all its
time slots of the next DAYS days, and that of one without any. Both have the same hours and slots.
"""

import itertools
import sys

import django

django.setup()

from django.db import connection  # noqa: E402

from benchmarks.inside import columns  # noqa: E402
from callbacks.core import clock  # noqa: E402
from callbacks.models import CallRequest, Widget  # noqa: E402
from callbacks.scheduling import slots  # noqa: E402
from callbacks.widget_changes import widget_store  # noqa: E402

HOURS = "Mo-Su 09:00-12:00,14:00-18:00"
LIMITS = {"daily_cap": 1_000_000, "hourly_cap": 1_000_000, "proof_of_work": "off"}
BATCH = 500


def main(bookings: int, days: int, capacity: int) -> None:
    now = clock.now()
    busy, empty = (_widget(name, days, capacity) for name in ("busy", "empty"))
    free = list(slots.free_slots(busy, "", now))
    rows = (
        CallRequest(
            widget=busy,
            nonce=f"booked-{number}",
            number=f"+337{number:08}",
            **columns.asked_at(now),
            due_at=slot.start,
            is_scheduled=True,
            slot_start=slot.start,
            slot_end=slot.end,
            patience_until=slot.end,
            queue_position=None,
        )
        for number, slot in zip(range(bookings), itertools.cycle(free), strict=False)
    )
    while batch := list(itertools.islice(rows, BATCH)):
        CallRequest.objects.bulk_create(batch)
    with connection.cursor() as cursor:  # as in a database after a night
        cursor.execute("ANALYZE" if connection.vendor == "sqlite" else "VACUUM ANALYZE")
    print(busy.public_id, empty.public_id)


def _widget(name: str, days: int, capacity: int) -> Widget:
    widget = Widget(
        name=name,
        originate="test-scenario",
        opening_hours=HOURS,
        slot_capacity=capacity,
        days_ahead=days,
        **LIMITS,
    )
    widget.full_clean()
    widget_store.save(widget)
    Widget.objects.filter(pk=widget.pk).update(has_old_times=False)
    return widget


if __name__ == "__main__":
    main(*map(int, sys.argv[1:4]))
