"""Show time slots by day, in the visitor's language and by the widget's clock.

A script then shows them by the visitor's own clock (`static/public/form.js`).
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import groupby
from zoneinfo import ZoneInfo

from django.utils.formats import date_format
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from callbacks.public.status.times import clock_time
from callbacks.scheduling.slot_places import Slot
from callbacks.scheduling.slots import spelled


@dataclass(frozen=True)
class SlotChoice:
    """A slot as an option: what the field `when` holds, and the time to show."""

    value: str
    label: str


@dataclass(frozen=True)
class SlotDay:
    """The free slots that begin on one day."""

    date: date
    label: str
    # The day within each option: a menu that is closed shows the chosen option alone.
    short: str
    choices: tuple[SlotChoice, ...]


def by_day(slots: Iterable[Slot], zone: ZoneInfo, now: datetime) -> list[SlotDay]:
    """Return the days on which slots begin, with their slots. The days and times are in `zone`.

    The slots come in order.
    """
    today = now.astimezone(zone).date()
    days = groupby(slots, lambda slot: slot.start.astimezone(zone).date())
    return [
        SlotDay(day, day_label(day, today), short_name(day), _choices(list(on_day), zone))
        for day, on_day in days
    ]


def day_label(day: date, today: date) -> str:
    label = day_name(day)
    if day == today:
        return _("Today, %(day)s") % {"day": label}
    if day == today + timedelta(days=1):
        return _("Tomorrow, %(day)s") % {"day": label}
    return capfirst(label)


def day_name(day: date) -> str:
    """Return the weekday, the day and the month, such as Monday 1 June."""
    # Translators: the day of a time slot, as Django's "date" filter formats it.
    return date_format(day, pgettext("day of a time slot", "l j F"))


def short_name(day: date) -> str:
    """Return the day in short, such as Mon 1 Jun."""
    # Translators: the day of a time slot in short, as Django's "date" filter formats it.
    return date_format(day, pgettext("day of a time slot, in short", "D j M"))


def _choices(slots: list[Slot], zone: ZoneInfo) -> tuple[SlotChoice, ...]:
    """Return the slots of one day as options.

    A time that comes twice, because clocks are set back, is shown with its distance from UTC.
    """
    labels = [clock_time(slot.start, zone) for slot in slots]
    times = Counter(labels)
    return tuple(
        SlotChoice(
            spelled(slot.start),
            label if times[label] == 1 else f"{label} ({slot.start.astimezone(zone):UTC%:z})",
        )
        for slot, label in zip(slots, labels, strict=True)
    )
