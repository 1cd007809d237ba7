"""Create requests that are booked for a time slot, and change the hours around them."""

from datetime import datetime, timedelta
from typing import Any

from callbacks.core import clock
from callbacks.models import CallRequest, Widget
from callbacks.widget_changes import widget_store
from callbacks.worker import housekeeping
from tests.support.factories import make_request
from tests.support.hours.december import at


def booking(widget: Widget, **fields: Any) -> CallRequest:
    """Create a request that is booked for 2 December, from 09:00 to 09:30."""
    defaults = {
        "due_at": at(2, 9),
        "slot_start": at(2, 9),
        "slot_end": at(2, 9, 30),
        "patience_until": at(2, 9, 30),
        "is_scheduled": True,
        "queue_position": None,
        "number": "+33612345678",
        "consumer_zone": "Europe/Paris",
    }
    return make_request(widget=widget, **defaults | fields)


def booked(widget: Widget, start: datetime, **fields: Any) -> CallRequest:
    """Create a request that is booked for the widget's time slot from `start`."""
    end = start + timedelta(minutes=widget.slot_minutes)
    return make_request(
        widget=widget,
        **{
            "slot_start": start,
            "slot_end": end,
            "due_at": start,
            "patience_until": end,
            "is_scheduled": True,
        }
        | fields,
    )


def change(widget: Widget, hours: str) -> None:
    """Change the opening hours, as a form does on 1 December at 20:00."""
    with clock.set_to(at(1, 20)):
        widget.opening_hours = hours
        widget.full_clean()
        widget_store.save(widget)
        housekeeping.run_round()


def round_at(moment: datetime) -> None:
    with clock.set_to(moment):
        housekeeping.run_round()
