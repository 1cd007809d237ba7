"""Opening hours at random."""

from datetime import date

from hypothesis import strategies as st

from callbacks.hours.opening_hours import (
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


def _periods(latest: int) -> st.SearchStrategy[tuple[Period, ...]]:
    """Periods of one day that neither overlap nor touch."""

    def periods(minutes: list[int]) -> tuple[Period, ...]:
        ordered = sorted(minutes)[: len(minutes) // 2 * 2]
        found = [Period(a, b) for a, b in zip(ordered[::2], ordered[1::2], strict=True)]
        return tuple(period for period in found if period.begin < DAY)

    times = st.one_of(st.integers(0, latest), st.integers(0, latest // 30).map(lambda n: n * 30))
    return st.lists(times, max_size=6, unique=True).map(periods)


def _date_ranges(days: st.SearchStrategy[date]) -> st.SearchStrategy[Dates]:
    return st.lists(days, min_size=2, max_size=2).map(lambda two: Dates(min(two), max(two)))


_LEAP_DAYS = st.dates(date(2024, 1, 1), date(2024, 12, 31))
_MONTH_DAYS = _LEAP_DAYS.map(lambda day: MonthDay(day.month, day.day))
_EACH_YEAR = st.builds(EachYear, _MONTH_DAYS, _MONTH_DAYS).filter(
    lambda days: days.first <= days.last or days.first.month != days.last.month
)
DAYS_OF_2026 = st.dates(date(2026, 1, 1), date(2026, 12, 31))
DATES = st.one_of(
    _MONTH_DAYS.map(lambda day: EachYear(day, day)),
    DAYS_OF_2026.map(lambda day: Dates(day, day)),
    _EACH_YEAR,
    _date_ranges(st.dates(date(2025, 6, 1), date(2027, 6, 1))),
)
_NAMES = st.text(st.characters(exclude_categories=("C", "Z"), exclude_characters='"'), max_size=8)


def opening_hours(
    *, latest: int = 2 * DAY, with_holidays: bool = True
) -> st.SearchStrategy[OpeningHours]:
    """Opening hours that are open at some time. `latest` is the latest end of a period."""
    days = st.one_of(DATES, st.just(PublicHolidays())) if with_holidays else DATES
    periods = _periods(latest)
    special = st.lists(st.builds(SpecialDays, days, periods, _NAMES), max_size=4).map(tuple)
    few = st.lists(periods, min_size=1, max_size=3)
    week = few.flatmap(lambda some: st.tuples(*[st.sampled_from(some)] * 7))
    weeks = st.one_of(week, st.just(CLOSED_WEEK))
    return st.builds(OpeningHours, weeks, special).filter(lambda hours: hours.ever_open)
