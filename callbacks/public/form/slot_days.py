"""Show time slots by day, in the visitor's language and on the visitor's clock."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import groupby, islice
from zoneinfo import ZoneInfo

from django.utils.formats import date_format
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from callbacks.public.status.times import clock_time
from callbacks.scheduling.slot_places import Slot
from callbacks.scheduling.slots import spelled

DAYS_SHOWN = 7
"""How many days with free slots stand in the form itself. Later days stand behind a link."""


@dataclass(frozen=True)
class SlotChoice:
    """A slot as an option: what the field `when` holds, and the time to show."""

    value: str
    label: str
    # The same time on the widget's clock, if it shows another one.
    widget_time: str


@dataclass(frozen=True)
class SlotDay:
    """The free slots that begin on one day."""

    date: date
    label: str
    # The day within each option: a menu that is closed shows the chosen option alone.
    short: str
    choices: tuple[SlotChoice, ...]


def first_days(
    slots: Iterable[Slot],
    zone: ZoneInfo,
    own: ZoneInfo,
    now: datetime,
    most: int | None = DAYS_SHOWN,
) -> tuple[list[SlotDay], bool]:
    """Return the first days with slots, and whether there are later ones.

    The days and times are those of `zone`, where the visitor is; `own` is the widget's time zone.
    The slots come in order. They are read only as far as needed; with `most` None, all are.
    """
    today = now.astimezone(zone).date()
    by_day = groupby(slots, lambda slot: slot.start.astimezone(zone).date())
    days = [
        SlotDay(day, day_label(day, today), short_name(day), _choices(list(on_day), zone, own))
        for day, on_day in islice(by_day, most)
    ]
    return days, next(by_day, None) is not None


def names_zone(days: Iterable[SlotDay]) -> bool:
    """Return whether the widget's times must stand beside the visitor's, because they differ."""
    return any(choice.widget_time for day in days for choice in day.choices)


def place_of(zone: ZoneInfo) -> str:
    """Return the place after which a time zone is named: "Paris" for Europe/Paris."""
    return zone.key.rpartition("/")[2].replace("_", " ")


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


def _choices(slots: list[Slot], zone: ZoneInfo, own: ZoneInfo) -> tuple[SlotChoice, ...]:
    """Return the slots of one day as options.

    A time that comes twice, because clocks are set back, is shown with its distance from UTC.
    """
    labels = [clock_time(slot.start, zone) for slot in slots]
    times = Counter(labels)
    return tuple(
        SlotChoice(
            spelled(slot.start),
            label if times[label] == 1 else f"{label} ({slot.start.astimezone(zone):UTC%:z})",
            "" if _alike(slot.start, zone, own) else clock_time(slot.start, own),
        )
        for slot, label in zip(slots, labels, strict=True)
    )


def _alike(moment: datetime, zone: ZoneInfo, own: ZoneInfo) -> bool:
    return moment.astimezone(zone).utcoffset() == moment.astimezone(own).utcoffset()
