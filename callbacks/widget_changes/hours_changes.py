"""Which settings of a widget's hours were changed, as a fact of the audit log."""

from collections.abc import Mapping
from typing import Any

from callbacks.models import Widget

FIELDS = (
    "time_zone",
    "opening_hours",
    "holidays",
    "holidays_off",
    "sales_hours",
    "when_closed",
    "waits_for_opening",
    "slot_minutes",
    "slot_capacity",
    "slot_lead_minutes",
    "days_ahead",
)
OLD, NEW = "-", "+"
RULES = "; "
"""What separates the rules of opening hours."""


def values(widget: Widget) -> dict[str, Any]:
    """Return the settings of a widget's hours by their names."""
    return {name: getattr(widget, name) for name in FIELDS}


def fact(before: Mapping[str, Any], after: Widget) -> list[str] | None:
    """Return the old and new values of what changed, or None if nothing did.

    Each line is "-name=old value" or "+name=new value". Each rule of opening hours has a line of
    its own, because the audit log cuts long lines. `before` comes from `values`, or is the initial
    data of a form.
    """
    lines = [
        f"{sign}{name}={part}"
        for name in FIELDS
        if before[name] != getattr(after, name)
        for sign, value in ((OLD, before[name]), (NEW, getattr(after, name)))
        for part in _parts(name, value)
    ]
    return lines or None


def _parts(name: str, value: Any) -> list[str]:
    if name == "opening_hours":
        return str(value or "").split(RULES)
    if isinstance(value, list):
        return [",".join(value)]
    return ["" if value is None else str(value)]
