"""Widgets with opening hours and their rows."""

from datetime import datetime
from typing import Any

from callbacks.core import clock
from callbacks.models import Widget
from callbacks.widget_changes import widget_store


def open_widget(now: datetime, **fields: Any) -> Widget:
    """Create a widget as a form or a command does at `now`: validated, and with its rows."""
    widget = Widget(**{"name": "W", "originate": "s"} | fields)
    with clock.set_to(now):
        widget.full_clean()
        widget_store.save(widget)
    return widget
