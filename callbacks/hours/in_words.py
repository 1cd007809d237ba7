"""Opening hours in words, in the active language: for staff, and for the audit log."""

from collections.abc import Iterable
from datetime import date

from django.utils import formats
from django.utils.dates import WEEKDAYS
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from callbacks.hours import hours_syntax
from callbacks.hours.opening_hours import (
    DAY,
    Dates,
    EachYear,
    MonthDay,
    OpeningHours,
    Period,
    PublicHolidays,
    SpecialDays,
)

# The year of a day that comes each year is not shown. This one has a 29 February.
_LEAP_YEAR = 2024


def period(one: Period) -> str:
    """Return a period as "09:00–12:00"."""
    return f"{hours_syntax.clock_time(one.begin)}–{hours_syntax.end_time(*one)}"


def line(which: str, periods: Iterable[Period]) -> str:
    """Return days and their hours, such as "Monday: 09:00–12:00"."""
    return _line(which, times(periods))


def times(periods: Iterable[Period]) -> str:
    """Return the periods of a day, or "closed"."""
    all_periods = tuple(periods)
    if all_periods == (Period(0, DAY),):
        return _("all day")
    return ", ".join(map(period, all_periods)) or _("closed")


def weekdays(numbers: Iterable[int]) -> str:
    """Return days of the week (from 0, Monday), such as "Monday to Wednesday, Friday"."""
    ranges: list[list[int]] = []
    for number in numbers:
        if ranges and ranges[-1][-1] == number - 1:
            ranges[-1].append(number)
        else:
            ranges.append([number])
    parts = []
    for days in ranges:
        names = [str(WEEKDAYS[day]) for day in days]
        if len(names) > 2:
            names = [_("%(first)s to %(last)s") % {"first": names[0], "last": names[-1]}]
        parts += names
    return capfirst(", ".join(parts))


def days(which: Dates | EachYear | PublicHolidays) -> str:
    """Return special days, such as "24 December each year"."""
    if isinstance(which, PublicHolidays):
        return _("public holidays")
    form = "DATE_FORMAT" if isinstance(which, Dates) else "MONTH_DAY_FORMAT"
    first, last = (
        formats.date_format(date(_LEAP_YEAR, *end) if isinstance(end, MonthDay) else end, form)
        for end in (which.first, which.last)
    )
    text = first
    if which.first != which.last:
        text = _("%(first)s to %(last)s") % {"first": first, "last": last}
    return text if isinstance(which, Dates) else _("%(days)s each year") % {"days": text}


def special(one: SpecialDays) -> str:
    """Return special days with their hours and name."""
    text = line(days(one.days), one.periods)
    return f"{text} ({one.name})" if one.name else text


def rules(hours: OpeningHours) -> list[str]:
    """Return hours as lines, such as "Monday to Friday: 09:00–18:00"."""
    lines = []
    for periods in dict.fromkeys(hours.week):
        alike = [day for day in range(7) if hours.week[day] == periods]
        lines.append(line(weekdays(alike), periods))
    return lines + [capfirst(special(one)) for one in hours.special]


def changes(before: OpeningHours, after: OpeningHours) -> list[str]:
    """Return what changed from `before` to `after`, one line for each change."""
    lines = []
    pairs = list(zip(before.week, after.week, strict=True))
    for old, new in dict.fromkeys(pairs):
        if old != new:
            alike = [day for day in range(7) if pairs[day] == (old, new)]
            lines.append(_line(weekdays(alike), f"{times(old)} → {times(new)}"))
    gone = [one for one in before.special if one not in after.special]
    added = [one for one in after.special if one not in before.special]
    for one in added:
        old_one = next((other for other in gone if other.days == one.days), None)
        if old_one is None or old_one.name != one.name:
            lines.append(_("added: %(days)s") % {"days": special(one)})
        else:
            gone.remove(old_one)
            change = f"{times(old_one.periods)} → {times(one.periods)}"
            lines.append(_line(days(one.days), change))
    lines += [_("removed: %(days)s") % {"days": special(one)} for one in gone]
    if not lines and before != after:
        lines.append(_("special days in another order"))
    return lines


def _line(which: str, what: str) -> str:
    return _("%(day)s: %(hours)s") % {"day": which, "hours": what}
