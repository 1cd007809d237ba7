"""A town hall in December 2026, in Paris: its hours, and times of that month."""

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from callbacks.models import Widget
from tests.support.hours.widgets import open_widget

PARIS = ZoneInfo("Europe/Paris")
NOW = datetime(2026, 12, 1, 9, 30, tzinfo=PARIS)  # a Tuesday
TOWN_HALL = {
    "opening_hours": "Mo-Fr 09:00-12:00,14:00-18:00; Dec 24 09:00-12:00; PH off",
    "holidays": "FR",
}


def widget_with(**fields: Any) -> Widget:
    """Create a widget at `NOW`, validated, and with its rows."""
    return open_widget(NOW, **fields)


def at(day: int, hour: int, minute: int = 0) -> datetime:
    """Return a time in December 2026, in Paris."""
    return datetime(2026, 12, day, hour, minute, tzinfo=PARIS)
