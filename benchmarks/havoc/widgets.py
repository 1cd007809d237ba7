"""The widgets of a chaos run: always open, or with hours and time slots."""

from benchmarks.havoc.judge.evidence import Widget as WidgetSettings
from benchmarks.havoc.opening import SLOT_MINUTES, Opening, save
from callbacks.models import Widget

# The places in a time slot: few, so that several visitors want the last one.
SLOT_CAPACITY = 2
CAPS = {"daily_cap": 1_000_000, "hourly_cap": 1_000_000, "proof_of_work": "off"}


def always_open(patience_minutes: int) -> dict[str, WidgetSettings]:
    """Create the run's widgets, by public id; requests of "brief" are erased once they end."""
    of_each: dict[str, dict[str, int]] = {
        "one": {},
        "two": {},
        "slow": {"calls_per_minute": 120},
        "brief": {},
        "patient": {"patience_minutes": 3 * patience_minutes},
    }
    found = {}
    for name, fields in of_each.items():
        more = {"patience_minutes": patience_minutes, **CAPS, **fields}
        widget = Widget.objects.create(name=name, originate=f"scenario-{name}", **more)
        found[widget.public_id] = WidgetSettings(
            (widget.originate,), widget.patience.total_seconds(), widget.calls_per_minute
        )
    Widget.objects.filter(name="brief").update(retention_months=0)
    return found


def with_hours(patience_minutes: int, opening: Opening) -> dict[str, WidgetSettings]:
    """Create the widgets with opening hours and time slots of a minute, by public id.

    They are open at first. Requests of "hours" fail if it closes first; those of "slots" wait.
    """
    found = {}
    for name in ("hours", "slots"):
        widget = Widget(
            name=name,
            originate=f"scenario-{name}",
            patience_minutes=patience_minutes,
            time_zone=opening.zone,
            slot_minutes=SLOT_MINUTES,
            slot_capacity=SLOT_CAPACITY,
            slot_lead_minutes=0,
            days_ahead=1,
            waits_for_opening=name == "slots",
            **CAPS,
        )
        save(widget, opening.always)
        found[widget.public_id] = WidgetSettings(
            (widget.originate,),
            widget.patience.total_seconds(),
            hours=opening.always,
            time_zone=opening.zone,
            slot_capacity=SLOT_CAPACITY,
        )
    return found
