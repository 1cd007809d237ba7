"""Read the text of opening hours, from left to right. `hours_syntax` describes the syntax."""

from calendar import monthrange
from collections.abc import Callable
from datetime import date
from itertools import pairwise

from django.utils.translation import gettext_lazy as _

from callbacks.hours.opening_hours import (
    ALWAYS,
    CLOSED_WEEK,
    DAY,
    Dates,
    EachYear,
    MonthDay,
    OpeningHours,
    Period,
    PublicHolidays,
    SpecialDays,
)
from callbacks.hours.tokens import Token, Tokens, number_in

WEEKDAYS = ("Mo", "Tu", "We", "Th", "Fr", "Sa", "Su")
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
HOLIDAYS, CLOSED = "PH", ("off", "closed")
LONGEST_NIGHT = DAY // 2
"""Minutes: how long a period may last whose end is written with the clock of the next day."""

_LEAP_YEAR = 2024

type _Days = Dates | EachYear | PublicHolidays


class Reader(Tokens):
    """Reads one text from left to right."""

    def hours(self) -> OpeningHours:
        """Return what all rules together say."""
        self._week = list(CLOSED_WEEK)
        self._special: list[SpecialDays] = []
        while self.peek().text:
            if not self.take(";"):
                self._rule()
                if self.peek().text and not self.take(";"):
                    self.unknown(_("a semicolon before the next rule"))
        return OpeningHours(tuple(self._week), tuple(self._special))

    def _rule(self) -> None:
        """Read one rule: days, then times or "off", then perhaps a name."""
        start = self.peek()
        if self.take("24/7"):
            self._apply(start, list(range(7)), [], ALWAYS.week[0], "")
            return
        weekdays: list[int] = []
        special: list[_Days] = []
        if number_in(WEEKDAYS, start.text) is not None or start.text.upper() == HOLIDAYS:
            self._list(lambda: self._weekday_range(weekdays, special))
        elif number_in(MONTHS, start.text) is not None or self._is_year():
            self._list(lambda: special.append(self._dates()))
        elif start.is_number or start.text.lower() in CLOSED:
            weekdays = list(range(7))
        else:
            self.unknown(
                _(
                    "days (Mo, Tu, We, Th, Fr, Sa, Su or PH), a month (Jan to Dec), a time such as "
                    "09:00, or off"
                )
            )
        periods = self._periods()
        name = self._name() if special and not weekdays else ""
        self._apply(start, weekdays, special, periods, name)

    def _apply(
        self,
        start: Token,
        weekdays: list[int],
        special: list[_Days],
        periods: tuple[Period, ...],
        name: str,
    ) -> None:
        """Set what a rule says. `start` is its first token."""
        if weekdays and self._special:
            self.refuse(
                start, _("write the days of the week before special days and public holidays.")
            )
        for day in weekdays:
            self._week[day] = periods
        self._special += [SpecialDays(days, periods, name) for days in special]

    def _list(self, item: Callable[[], None]) -> None:
        """Read items separated by commas."""
        item()
        while self.take(","):
            item()

    def _weekday_range(self, weekdays: list[int], special: list[_Days]) -> None:
        """Read "Mo", "Fr-Mo" or "PH", and add it to one of the lists."""
        if self.peek().text.upper() == HOLIDAYS:
            self.pop()
            special.append(PublicHolidays())
            return
        first = last = self.one_of(WEEKDAYS, _("a day (%(words)s)"))
        if self.take("-"):
            last = self.one_of(WEEKDAYS, _("a day (%(words)s)"))
        weekdays += [(first + n) % 7 for n in range((last - first) % 7 + 1)]

    def _dates(self) -> Dates | EachYear:
        """Read the selector of one day of special hours, or of a range of days."""
        start = self.peek()
        year = self._year()
        month = self.one_of(MONTHS, _("a month (%(words)s)")) + 1
        first_day = self._day_of_month()
        last_year, last_month, last_day = year, month, first_day
        if self.take("-"):
            last_year = self._year()
            is_same_month = last_year is None and first_day and self.peek().is_number
            if not is_same_month:  # "Aug 01-31" names the month once
                last_month = self.one_of(MONTHS, _("a month (%(words)s)")) + 1
            last_day = self._day_of_month()
            if last_year is None and year is not None:
                last_year = year + (last_month < month)  # "2026 Dec 24-Jan 02"
        if year is None and last_year is not None:
            self.refuse(start, _("write the year before the first day, too."))
        first = self._existing(start, year, month, first_day or 1)
        longest = monthrange(last_year or _LEAP_YEAR, last_month)[1]
        last = self._existing(start, last_year, last_month, last_day or longest)
        if last < first and (year or month == last_month):
            self.refuse(start, _("the last day comes before the first."))
        if year is None:
            return EachYear(MonthDay(first.month, first.day), MonthDay(last.month, last.day))
        return Dates(first, last)

    def _existing(self, start: Token, year: int | None, month: int, day: int) -> date:
        """Return a date. Without a year, it is one of a leap year."""
        try:
            return date(year or _LEAP_YEAR, month, day)
        except ValueError:
            self.refuse(start, _("this month does not have that many days."))

    def _day_of_month(self) -> int | None:
        """Read a day, if the next number is one and not the hours of a time."""
        if not self.peek().is_number or self.peek(1).text == ":":
            return None
        token = self.pop()
        if len(token.text) > 2 or not 1 <= int(token.text) <= 31:
            self.refuse(token, _("this is no day of a month."))
        return int(token.text)

    def _is_year(self) -> bool:
        return len(self.peek().text) == 4 and self.peek().is_number

    def _year(self) -> int | None:
        """Read a year, if there is one."""
        if not self._is_year():
            return None
        token = self.pop()
        if not 2000 <= int(token.text) <= 2999:
            self.refuse(token, _("this is no year from 2000 to 2999."))
        return int(token.text)

    def _periods(self) -> tuple[Period, ...]:
        """Read the times of a day, or "off"."""
        if self.peek().text.lower() in CLOSED:
            self.pop()
            return ()
        found: list[tuple[Period, Token]] = []
        self._list(lambda: found.append(self._period()))
        found.sort()
        for (before, _first), (after, token) in pairwise(found):
            if after.begin < before.end:
                self.refuse(token, _("this time overlaps with another one of the same day."))
        periods: list[Period] = []
        for period, _token in found:
            if periods and periods[-1].end == period.begin:
                periods[-1] = Period(periods[-1].begin, period.end)
            else:
                periods.append(period)
        return tuple(periods)

    def _period(self) -> tuple[Period, Token]:
        """Read "09:00-12:00"."""
        start = self.peek()
        begin = self._clock(DAY - 1)
        if not self.take("-"):
            self.unknown(_("a hyphen and the end of the time"))
        end = self._clock(2 * DAY)
        if end <= begin:
            if end + DAY - begin > LONGEST_NIGHT:
                self.refuse(
                    start,
                    _(
                        "this time ends before it begins. If it goes on until the next day, add 24 "
                        "to the hour of its end."
                    ),
                )
            end += DAY
        return Period(begin, end), start

    def _clock(self, latest: int) -> int:
        """Read a time such as "09:00", and return it in minutes from midnight."""
        hour = self.peek()
        if not hour.is_number:
            self.unknown(_("a time such as 09:00, or off"))
        self.pop()
        minute = self.peek(1)
        is_time = self.peek().text == ":" and minute.is_number
        if not is_time or len(hour.text) > 2 or len(minute.text) != 2:
            self.refuse(hour, _("this is no time. Write hours and minutes: 09:00."))
        self.pop(), self.pop()
        minutes = int(hour.text) * 60 + int(minute.text)
        if int(minute.text) > 59 or minutes > latest:
            whole = Token(f"{hour.text}:{minute.text}", hour.position)
            self.refuse(whole, _("this time does not exist."))
        return minutes

    def _name(self) -> str:
        """Read the name of special days, if there is one."""
        if not self.peek().text.startswith('"') or len(self.peek().text) < 2:
            return ""
        token = self.pop()
        name = " ".join(token.text.strip('"').split())
        if not name.isprintable():
            self.refuse(token, _("this name has characters that cannot be shown."))
        return name
