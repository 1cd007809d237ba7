"""A week of opening hours with its exceptions, and the open periods that follow from it.

Opening hours are what a clock on the wall shows. A moment is open if the clock shows a time within
the hours of its day. This decides the days on which clocks change: a time that is skipped is never
open, and a time that comes twice is open both times.
"""

from collections.abc import Container, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from typing import NamedTuple

DAY = 24 * 60
"""Minutes in a day."""

type Span = tuple[datetime, datetime]
"""A beginning and an end. The end is no longer part of the span."""

_ONE_DAY = timedelta(days=1)


class Period(NamedTuple):
    """From when to when it is open on one day, in minutes from midnight.

    A period belongs to the day on which it begins. An `end` after 24:00 is on the next day: 26:00
    is 02:00. The latest end is 48:00.
    """

    begin: int
    end: int


@dataclass(frozen=True)
class Dates:
    """The days from `first` to `last`, both included."""

    first: date
    last: date

    def include(self, day: date, holidays: Container[date]) -> bool:
        """Return whether `day` is one of these days."""
        return self.first <= day <= self.last


class MonthDay(NamedTuple):
    """A day of each year, such as 24 December."""

    month: int
    day: int


@dataclass(frozen=True)
class EachYear:
    """The days from `first` to `last` in each year. From December to January crosses New Year."""

    first: MonthDay
    last: MonthDay

    def include(self, day: date, holidays: Container[date]) -> bool:
        """Return whether `day` is one of these days."""
        month_day = MonthDay(day.month, day.day)
        if self.first <= self.last:
            return self.first <= month_day <= self.last
        return month_day >= self.first or month_day <= self.last


@dataclass(frozen=True)
class PublicHolidays:
    """All public holidays of the place where the hours apply."""

    def include(self, day: date, holidays: Container[date]) -> bool:
        """Return whether `day` is a public holiday."""
        return day in holidays


@dataclass(frozen=True)
class SpecialDays:
    """Days with hours of their own, instead of those of the week. No periods means closed."""

    days: Dates | EachYear | PublicHolidays
    periods: tuple[Period, ...] = ()
    name: str = ""


CLOSED_WEEK: tuple[tuple[Period, ...], ...] = ((),) * 7


@dataclass(frozen=True)
class OpeningHours:
    """The periods of each weekday, from Monday, and the special days.

    If several special days apply to one day, the last of them counts.

    Raises:
        ValueError: if the periods of a day overlap or touch, are out of order or out of range.
    """

    week: tuple[tuple[Period, ...], ...]
    special: tuple[SpecialDays, ...] = ()

    def __post_init__(self) -> None:
        if len(self.week) != 7:
            raise ValueError("a week has seven days")
        for periods in (*self.week, *(special.periods for special in self.special)):
            last = -1
            for begin, end in periods:
                if not last < begin < end <= 2 * DAY or begin >= DAY:
                    raise ValueError(f"no periods of one day: {periods}")
                last = end

    @property
    def ever_open(self) -> bool:
        """Return whether there is any period."""
        return any(self.week) or any(special.periods for special in self.special)

    @property
    def on_public_holidays(self) -> bool:
        """Return whether these hours say what happens on public holidays."""
        return any(isinstance(special.days, PublicHolidays) for special in self.special)

    def of(self, day: date, holidays: Container[date] = frozenset()) -> tuple[Period, ...]:
        """Return the periods that begin on `day`. `holidays` are the public holidays."""
        special = self.special_on(day, holidays)
        return self.week[day.weekday()] if special is None else special.periods

    def special_on(self, day: date, holidays: Container[date]) -> SpecialDays | None:
        """Return the special days that count for `day`, or None if it is an ordinary day."""
        for special in reversed(self.special):
            if special.days.include(day, holidays):
                return special
        return None


ALWAYS = OpeningHours(week=((Period(0, DAY),),) * 7)


def open_periods(
    hours: OpeningHours,
    zone: tzinfo,
    first: date,
    last: date,
    holidays: Container[date] = frozenset(),
) -> list[Span]:
    """Return when it is open, in UTC, sorted, and merged where one period follows another.

    They are the periods that begin on the days from `first` to `last`, by the clocks of `zone`. The
    last one may end up to a day after `last`.
    """
    local = local_periods(hours, first, last, holidays)
    begin = datetime.combine(first, time(), UTC) - _ONE_DAY
    end = datetime.combine(last, time(), UTC) + 4 * _ONE_DAY
    return merged(_in_utc(local, zone, begin, end))


def local_periods(
    hours: OpeningHours, first: date, last: date, holidays: Container[date] = frozenset()
) -> list[Span]:
    """Return what `open_periods` returns, as naive times of the clock on the wall."""
    days = (first + timedelta(days=n) for n in range((last - first).days + 1))
    return merged(
        (_at(day, period.begin), _at(day, period.end))
        for day in days
        for period in hours.of(day, holidays)
    )


def merged(spans: Iterable[Span]) -> list[Span]:
    """Return the spans in order, with those that overlap or touch made one."""
    result: list[Span] = []
    for begin, end in sorted(spans):
        if result and begin <= result[-1][1]:
            result[-1] = (result[-1][0], max(end, result[-1][1]))
        else:
            result.append((begin, end))
    return result


def in_both(some: list[Span], others: list[Span]) -> list[Span]:
    """Return the spans that lie in both lists. Each list is sorted and merged."""
    result = []
    mine, theirs = 0, 0
    while mine < len(some) and theirs < len(others):
        begin = max(some[mine][0], others[theirs][0])
        end = min(some[mine][1], others[theirs][1])
        if begin < end:
            result.append((begin, end))
        if some[mine][1] <= others[theirs][1]:
            mine += 1
        else:
            theirs += 1
    return result


def _at(day: date, minutes: int) -> datetime:
    """Return a time of the clock on the wall. `minutes` from midnight may reach the next day."""
    return datetime.combine(day, time()) + timedelta(minutes=minutes)


def _in_utc(local: list[Span], zone: tzinfo, begin: datetime, end: datetime) -> Iterator[Span]:
    """Yield the moments between `begin` and `end` at which the clock shows a time in `local`.

    While a zone keeps one offset, its clock runs evenly, so each stretch of time between two
    changes is converted with the one offset that it has.
    """
    for since, until, offset in _offsets(zone, begin, end):
        for span in local:
            starts, ends = (moment.replace(tzinfo=UTC) - offset for moment in span)
            if max(starts, since) < min(ends, until):
                yield max(starts, since), min(ends, until)


def _offsets(
    zone: tzinfo, begin: datetime, end: datetime
) -> Iterator[tuple[datetime, datetime, timedelta]]:
    """Yield the stretches of time in which `zone` keeps one offset: since, until, offset."""
    since, offset, day = begin, _offset(zone, begin), begin
    while day < end:
        next_day = min(day + _ONE_DAY, end)
        if _offset(zone, next_day) != offset:
            change = _change(zone, day, next_day)
            yield since, change, offset
            since, offset = change, _offset(zone, next_day)
        day = next_day
    yield since, end, offset


def _change(zone: tzinfo, before: datetime, after: datetime) -> datetime:
    """Return the moment, to the second, at which the offset of `zone` becomes that of `after`."""
    new = _offset(zone, after)
    while after - before > timedelta(seconds=1):
        middle = before + (after - before) // timedelta(seconds=2) * timedelta(seconds=1)
        if _offset(zone, middle) == new:
            after = middle
        else:
            before = middle
    return after


def _offset(zone: tzinfo, moment: datetime) -> timedelta:
    """Return how far the clocks of `zone` are ahead of UTC at `moment`."""
    return moment.astimezone(zone).utcoffset() or timedelta()
