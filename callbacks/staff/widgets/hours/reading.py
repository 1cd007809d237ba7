"""Read what staff typed into the editor of opening hours, and say what is wrong with which day."""

import re
from collections.abc import Sequence
from datetime import date, datetime
from itertools import pairwise

from django.core.exceptions import ValidationError
from django.utils.dates import WEEKDAYS
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from callbacks.hours import hours_syntax, in_words
from callbacks.hours.hours_reader import LONGEST_NIGHT
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
from callbacks.staff.widgets.hours import typed_hours
from callbacks.staff.widgets.hours.typed_hours import TypedDays, TypedHours, TypedPeriod

# 9, 9:30, 09.30, 9h, 9h30, 9 h 30, 0930
_CLOCK = re.compile(r"([0-9]{1,2}) ?(?:[:.hH] ?([0-9]{2})?)?|([0-9]{2})([0-9]{2})")
_DATES = ("%Y-%m-%d", "%d/%m/%Y")


class Reading:
    """What was read.

    `text` is what is stored: empty if it is always open, and None if something is wrong. `problems`
    holds the sentences by the part of the editor that they are about: a day such as "mo", "ph", the
    number of special days, or "" for all of it. `wrong` holds what to mark, by the same parts: a
    period, or None for the dates and the name of special days.
    """

    def __init__(self, typed: TypedHours) -> None:
        self.text: str | None = None
        self.hours: OpeningHours | None = None
        self.problems: dict[str, str] = {}
        self.wrong: set[tuple[str, TypedPeriod | None]] = set()
        if typed.is_always:
            self.text = ""
            return
        hours = self._read(typed)
        if not self.problems and hours is not None:
            self._check(hours)

    @property
    def sentences(self) -> list[str]:
        """Return the problems as sentences, each with the day that it is about."""
        return list(self.problems.values())

    def _read(self, typed: TypedHours) -> OpeningHours | None:
        week = tuple(
            self._periods(key, name_of_day(number), typed.week[number])
            for number, key in enumerate(typed_hours.WEEKDAYS)
        )
        special = [self._special(days) for days in typed.special]
        if typed.has_holidays:
            periods = self._periods(typed_hours.HOLIDAYS, _("Public holidays"), typed.on_holidays)
            rule = SpecialDays(PublicHolidays(), periods, _clean(typed.holidays_name))
            special.insert(typed.holidays_at, rule)
        if self.problems:
            return None
        return OpeningHours(week, tuple(days for days in special if days is not None))

    def _check(self, hours: OpeningHours) -> None:
        """Keep the hours and their text, unless they are never open or too long."""
        text = hours_syntax.written(hours)
        try:
            hours_syntax.check(text)
        except ValidationError as error:
            self.problems[""] = (
                " ".join(error.messages)
                if hours.ever_open
                else _(
                    "It is never open. Enter the hours of one day at least, or choose “At any "
                    "time”."
                )
            )
        else:
            self.hours, self.text = hours, text

    def _problem(self, key: str, day: str, sentence: str) -> None:
        """Keep the first problem of each day."""
        whole = _("%(day)s: %(problem)s") % {"day": day, "problem": sentence}
        self.problems.setdefault(key, whole)

    def _periods(self, key: str, day: str, typed: Sequence[TypedPeriod]) -> tuple[Period, ...]:
        """Return the periods of one day in order, those that touch as one."""
        found: list[Period] = []
        for pair in typed:
            try:
                found.append(_period(pair))
            except ValidationError as error:
                self._problem(key, day, str(error.message))
                self.wrong.add((key, pair))
        found.sort()
        for before, after in pairwise(found):
            if after.begin < before.end:
                both = {"one": in_words.period(before), "other": in_words.period(after)}
                self._problem(key, day, _("%(one)s and %(other)s overlap.") % both)
                self.wrong |= {(key, pair) for pair in typed}
        return _joined(found)

    def _special(self, typed: TypedDays) -> SpecialDays | None:
        """Return special days."""
        day = typed.name or typed.first or _("Special days")
        before = len(self.problems)
        periods = self._periods(typed.number, day, typed.periods)
        try:
            days = _days(typed)
            name = _name(typed.name)
        except ValidationError as error:
            self._problem(typed.number, day, str(error.message))
            self.wrong.add((typed.number, None))
            return None
        return SpecialDays(days, periods, name) if len(self.problems) == before else None


def name_of_day(number: int) -> str:
    """Return the name of a weekday, from 0 for Monday."""
    return capfirst(str(WEEKDAYS[number]))


def _joined(periods: list[Period]) -> tuple[Period, ...]:
    joined: list[Period] = []
    for period in periods:
        if joined and joined[-1].end == period.begin:
            joined[-1] = Period(joined[-1].begin, period.end)
        else:
            joined.append(period)
    return tuple(joined)


def _period(typed: TypedPeriod) -> Period:
    """Return a period. An end before the beginning is on the next day."""
    if not typed.begin or not typed.end:
        raise ValidationError(_("Enter both when it opens and when it closes."))
    begin, end = _minutes(typed.begin, DAY - 1), _minutes(typed.end, 2 * DAY)
    if end == 0:
        end = DAY  # midnight
    if end <= begin:
        if end + DAY - begin > LONGEST_NIGHT:
            raise ValidationError(
                _(
                    "%(begin)s–%(end)s ends before it begins. If it goes on until the next day, "
                    "write the end as %(next_day)s."
                )
                % {
                    "begin": hours_syntax.clock_time(begin),
                    "end": hours_syntax.clock_time(end),
                    "next_day": hours_syntax.clock_time(end + DAY),
                }
            )
        end += DAY
    return Period(begin, end)


def _minutes(typed: str, latest: int) -> int:
    """Return a time as minutes from midnight."""
    match = _CLOCK.fullmatch(typed)
    if match:
        hour, minute = match[1] or match[3], match[2] or match[4] or "0"
        minutes = int(hour) * 60 + int(minute)
        if int(minute) < 60 and minutes <= latest:
            return minutes
    raise ValidationError(
        _("“%(typed)s” is not a time. Write hours and minutes, such as 09:00.")
        % {"typed": typed[:20]}
    )


def _days(typed: TypedDays) -> Dates | EachYear:
    if not typed.first:
        raise ValidationError(_("Enter the first day."))
    first = _date(typed.first)
    last = _date(typed.last) if typed.last else first
    if last < first:
        raise ValidationError(_("The last day comes before the first."))
    if not typed.is_yearly:
        return Dates(first, last)
    if last.year > first.year + 1 or (last.year > first.year and last.month >= first.month):
        raise ValidationError(_("Days that come each year cannot last that long."))
    return EachYear(MonthDay(first.month, first.day), MonthDay(last.month, last.day))


def _date(typed: str) -> date:
    for form in _DATES:
        try:
            day = datetime.strptime(typed, form).date()  # noqa: DTZ007  (a day without a time)
        except ValueError:
            continue
        if 2000 <= day.year <= 2999:
            return day
    raise ValidationError(
        _("“%(typed)s” is not a date from 2000 on. Write it as 24/12/2026.") % {"typed": typed[:20]}
    )


def _name(typed: str) -> str:
    """Return the name of special days. The text that is stored has quotes around it."""
    name = _clean(typed)
    if not name.isprintable():
        raise ValidationError(_("The name has characters that cannot be shown."))
    return name


def _clean(name: str) -> str:
    return " ".join(name.replace('"', "”").split())
