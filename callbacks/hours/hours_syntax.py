"""Read and write opening hours in the syntax of OpenStreetMap's key `opening_hours`.

The specification is https://wiki.openstreetmap.org/wiki/Key:opening_hours/specification. This part
of it is understood, in small or capital letters; rules are separated by semicolons:

- days of the week: `Mo-Fr 09:00-12:00,14:00-18:00`, `Mo,We 09:00-12:00`, `Fr-Mo 10:00-20:00`; times
  without days mean every day; `24/7`;
- `off` or `closed` instead of times: `Su off`;
- past midnight: `22:00-02:00`, or `22:00-26:00`;
- special days: `Dec 24 09:00-12:00`, `2026 Dec 24 off`, `Dec 24,Dec 31 off`, `Aug 01-31 off`,
  `Jul 15-Aug 15 off`, `2026 Dec 24-2027 Jan 02 off`, `Aug off`, with a name at the end if wanted:
  `Dec 24 off "Christmas Eve"`;
- public holidays: `PH off`, `PH 10:00-12:00`, `Su,PH off`.

If several rules apply to a day, the last one counts. So the rules for the days of the week come
first. Two things differ from the specification. A period belongs whole to the day on which it
begins: after `Fr 22:00-02:00; Sa off` it is open until 02:00 on Saturday. And a period that ends
before it begins may last twelve hours at most: `14:00-10:00` is taken for a mistake, and a longer
one is written `14:00-34:00`.
"""

from datetime import date
from itertools import groupby

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from callbacks.hours.hours_reader import CLOSED, HOLIDAYS, LONGEST_NIGHT, MONTHS, WEEKDAYS, Reader
from callbacks.hours.opening_hours import (
    ALWAYS,
    DAY,
    Dates,
    EachYear,
    OpeningHours,
    Period,
    PublicHolidays,
    SpecialDays,
)

LONGEST_TEXT = 5000
"""Characters: special days for several years, one by one."""


def read(text: str) -> OpeningHours:
    """Return the opening hours that `text` describes.

    Raises:
        ValidationError: with a sentence that says what is wrong, and where.
    """
    _check_length(text)
    if not text.strip():
        raise ValidationError(
            _("Enter the opening hours, for example Mo-Fr 09:00-18:00."), code="empty"
        )
    hours = Reader(text).hours()
    if not hours.ever_open:
        raise ValidationError(
            _("These hours are never open. Add a time, for example Mo-Fr 09:00-18:00."),
            code="never_open",
        )
    _check_length(written(hours))
    return hours


def _check_length(text: str) -> None:
    if len(text) > LONGEST_TEXT:
        raise ValidationError(
            _("The opening hours have %(length)d characters. At most %(most)d are possible."),
            params={"length": len(text), "most": LONGEST_TEXT},
            code="too_long",
        )


def check(text: str) -> None:
    """Validate opening hours.

    Raises:
        ValidationError: with a sentence that says what is wrong, and where.
    """
    read(text)


def written(hours: OpeningHours) -> str:
    """Return the text of opening hours, the same for equal hours. `read` understands it."""
    rules = []
    if hours.week == ALWAYS.week:
        rules.append("24/7")
    else:
        for periods in dict.fromkeys(hours.week):
            days = [day for day in range(7) if hours.week[day] == periods]
            if periods:
                rules.append(f"{_weekdays(days)} {_times(periods)}".strip())

    for _alike, group in groupby(hours.special, key=_kind):
        several = list(group)
        name = f' "{several[0].name}"' if several[0].name else ""
        selector = ",".join(_days(special.days) for special in several)
        rules.append(f"{selector} {_times(several[0].periods)}{name}")
    return "; ".join(rules)


def _kind(special: SpecialDays) -> tuple[object, ...]:
    """Return what special days have in common that are written as one rule."""
    return special.periods, special.name, isinstance(special.days, PublicHolidays)


def _weekdays(days: list[int]) -> str:
    """Return the selector of weekdays (from 0, Monday), such as "Mo-Fr,Su". All seven need none."""
    if len(days) == 7:
        return ""
    ranges: list[list[int]] = []
    for day in days:
        if ranges and ranges[-1][-1] == day - 1:
            ranges[-1].append(day)
        else:
            ranges.append([day])
    return ",".join("-".join(WEEKDAYS[day] for day in dict.fromkeys((r[0], r[-1]))) for r in ranges)


def _days(days: Dates | EachYear | PublicHolidays) -> str:
    """Return the selector of special days."""
    if isinstance(days, PublicHolidays):
        return HOLIDAYS
    first, last = (
        (f"{end.year:04} " if isinstance(end, date) else "") + MONTHS[end.month - 1]
        for end in (days.first, days.last)
    )
    if days.first == days.last:
        return f"{first} {days.first.day:02}"
    last = f"{last} " if last != first else ""
    return f"{first} {days.first.day:02}-{last}{days.last.day:02}"


def _times(periods: tuple[Period, ...]) -> str:
    """Return the times of a day, or "off"."""
    return (
        ",".join(f"{clock_time(begin)}-{end_time(begin, end)}" for begin, end in periods)
        or CLOSED[0]
    )


def clock_time(minutes: int) -> str:
    """Return a time in minutes from midnight as "09:00"."""
    return f"{minutes // 60:02}:{minutes % 60:02}"


def end_time(begin: int, end: int) -> str:
    """Return the end of a period as "18:00". A night's end is on the clock of the next day."""
    past_midnight = DAY < end <= begin + LONGEST_NIGHT
    return clock_time(end - DAY if past_midnight else end)
