"""Opening hours as the editor shows them: every field as the text that stands in it."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple

from django.http import QueryDict

from callbacks.hours import hours_syntax
from callbacks.hours.opening_hours import (
    Dates,
    EachYear,
    OpeningHours,
    Period,
    PublicHolidays,
    SpecialDays,
)

WEEKDAYS = ("mo", "tu", "we", "th", "fr", "sa", "su")
HOLIDAYS = "ph"
# What the editor proposes for a widget that has no hours yet.
_OFFICE = (Period(9 * 60, 12 * 60), Period(14 * 60, 18 * 60))
PROPOSED = OpeningHours(week=(*(_OFFICE,) * 5, (), ()), special=(SpecialDays(PublicHolidays()),))
_NUMBERS = {str(number) for number in range(1000)}
# A leap year comes within eight years, also around 2100.
_YEARS = 9


class TypedPeriod(NamedTuple):
    """The beginning and the end of a period, such as "09:00" and "12:00"."""

    begin: str = ""
    end: str = ""


class TypedDays(NamedTuple):
    """Special days. `number` tells them apart in the form; dates are in ISO 8601.

    If they are `below_holidays`, the rule for public holidays counts on a day that is both.
    """

    number: str
    name: str = ""
    first: str = ""
    last: str = ""
    is_yearly: bool = False
    below_holidays: bool = False
    periods: tuple[TypedPeriod, ...] = ()

    @property
    def is_empty(self) -> bool:
        """Return whether nothing is filled in."""
        return not (self.name or self.first or self.last or self.periods)


@dataclass(frozen=True)
class TypedHours:
    """Everything in the editor.

    `week` holds the periods of each day, from Monday. If several special days include a day, the
    last of them count.
    """

    is_always: bool
    week: tuple[tuple[TypedPeriod, ...], ...]
    special: tuple[TypedDays, ...] = ()
    has_holidays: bool = False
    on_holidays: tuple[TypedPeriod, ...] = ()
    holidays_name: str = ""

    @property
    def holidays_at(self) -> int:
        """Return the place of the rule for public holidays among the special days."""
        below = [place for place, days in enumerate(self.special, 1) if days.below_holidays]
        return max(below, default=0)


def of_text(text: str, today: date) -> TypedHours:
    """Return what the editor shows for the text that is stored. Empty text means always open."""
    hours = hours_syntax.read(text) if text else PROPOSED
    special: list[TypedDays] = []
    rule = SpecialDays(PublicHolidays())
    for days in hours.special:
        if isinstance(days.days, PublicHolidays):
            rule = days  # the last of several counts
            special = [one._replace(below_holidays=True) for one in special]
        else:
            special.append(_typed_days(days, days.days, str(len(special)), today))
    return TypedHours(
        is_always=not text,
        week=tuple(_typed_periods(periods) for periods in hours.week),
        special=tuple(special),
        has_holidays=hours.on_public_holidays,
        on_holidays=_typed_periods(rule.periods),
        holidays_name=rule.name,
    )


def of_data(data: QueryDict, name: str) -> TypedHours:
    """Return what a form was sent with. `name` is that of the field."""

    def text(field: str) -> str:
        return str(data.get(f"{name}-{field}", "")).strip()

    def periods(field: str) -> tuple[TypedPeriod, ...]:
        begins, ends = (data.getlist(f"{name}-{field}-{end}") for end in ("begin", "end"))
        pairs = (TypedPeriod(b.strip(), e.strip()) for b, e in zip(begins, ends, strict=False))
        return tuple(pair for pair in pairs if any(pair))

    typed = (
        TypedDays(
            number,
            text(f"{number}-name"),
            text(f"{number}-first"),
            text(f"{number}-last"),
            bool(text(f"{number}-yearly")),
            bool(text(f"{number}-below")),
            periods(number),
        )
        for number in dict.fromkeys(data.getlist(f"{name}-special"))
        if number in _NUMBERS
    )
    return TypedHours(
        is_always=text("mode") == "always",
        week=tuple(periods(day) for day in WEEKDAYS),
        special=tuple(days for days in typed if not days.is_empty),
        has_holidays=bool(data.get("holidays")),
        on_holidays=periods(HOLIDAYS),
        holidays_name=text("ph-name"),
    )


def _typed_periods(periods: Iterable[Period]) -> tuple[TypedPeriod, ...]:
    return tuple(
        TypedPeriod(hours_syntax.clock_time(begin), hours_syntax.end_time(begin, end))
        for begin, end in periods
    )


def _typed_days(
    special: SpecialDays, days: Dates | EachYear, number: str, today: date
) -> TypedDays:
    first, last = _next(days, today) if isinstance(days, EachYear) else (days.first, days.last)
    return TypedDays(
        number,
        special.name,
        first.isoformat(),
        last.isoformat() if last != first else "",
        isinstance(days, EachYear),
        periods=_typed_periods(special.periods),
    )


def _next(days: EachYear, today: date) -> tuple[date, date]:
    """Return the dates of yearly days this year, or in the next year that has both."""
    crosses_new_year = days.last < days.first
    for year in range(today.year, today.year + _YEARS):
        try:
            first = date(year, *days.first)
            last = date(year + crosses_new_year, *days.last)
        except ValueError:  # 29 February
            continue
        return first, last
    raise ValueError(f"no year has these days: {days}")
