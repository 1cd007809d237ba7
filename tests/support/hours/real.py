"""Opening hours as people have them: as text, and once more as a rule that was written by hand.

The rule of a sample says of a clock on the wall whether it is open, minute by minute. It shares
nothing with the code that it judges.
"""

from collections.abc import Callable
from datetime import date, datetime
from typing import NamedTuple

# The eleven holidays of the Code du travail, article L3133-1, from the calendar of 2026.
HOLIDAYS_2026 = frozenset(
    date(2026, month, day)
    for month, day in (
        *((1, 1), (4, 6), (5, 1), (5, 8), (5, 14), (5, 25)),
        *((7, 14), (8, 15), (11, 1), (11, 11), (12, 25)),
    )
)


class Sample(NamedTuple):
    text: str
    is_open: Callable[[datetime], bool]


def _town_hall(clock: datetime) -> bool:
    if clock.date() in HOLIDAYS_2026 or clock.weekday() == 6:
        return False
    if (clock.month, clock.day) in ((12, 24), (12, 31)):
        return 9 <= clock.hour < 12
    if clock.weekday() == 5:
        return 9 * 60 <= clock.hour * 60 + clock.minute < 11 * 60 + 45
    minutes = clock.hour * 60 + clock.minute
    return 8 * 60 + 30 <= minutes < 12 * 60 or 13 * 60 + 30 <= minutes < 17 * 60


def _hotline(clock: datetime) -> bool:
    """Ten in the morning to two at night; not on Sunday, whose first two hours are Saturday's."""
    if clock.hour < 2:
        return clock.weekday() != 0
    return clock.hour >= 10 and clock.weekday() != 6


def _night_shift(clock: datetime) -> bool:
    minutes = clock.hour * 60 + clock.minute
    return minutes < 2 * 60 + 10 or 2 * 60 + 20 <= minutes < 2 * 60 + 40 or minutes >= 22 * 60


def _shop(clock: datetime) -> bool:
    if clock.month == 8 or not (1, 3) < (clock.month, clock.day) < (12, 28):
        return False
    return clock.weekday() in (1, 2, 3, 4, 5) and 10 <= clock.hour < 19


SATURDAYS = [date(2026, 1, 10).toordinal() + 14 * n for n in range(25)]


def _doctor(clock: datetime) -> bool:
    if clock.date().toordinal() in SATURDAYS:
        return 9 <= clock.hour < 12
    return clock.weekday() in (0, 1, 3, 4) and (8 <= clock.hour < 12 or 14 <= clock.hour < 18)


def _doctor_text() -> str:
    days = ",".join(date.fromordinal(day).strftime("%Y %b %d") for day in SATURDAYS)
    return f"Mo,Tu,Th,Fr 08:00-12:00,14:00-18:00; {days} 09:00-12:00"


SAMPLES = {
    "town hall with a lunch break": Sample(
        "Mo-Fr 08:30-12:00,13:30-17:00; Sa 09:00-11:45; Dec 24,Dec 31 09:00-12:00; PH off",
        _town_hall,
    ),
    "hotline to two at night": Sample("Mo-Sa 10:00-26:00", _hotline),
    "night shift with breaks": Sample("22:00-24:00,00:00-02:10,02:20-02:40", _night_shift),
    "shop closed in August and over New Year": Sample(
        'Tu-Sa 10:00-19:00; Aug 01-31 off; Dec 28-Jan 03 off "Inventory"', _shop
    ),
    "doctor on every other Saturday": Sample(_doctor_text(), _doctor),
    "always": Sample("24/7", lambda clock: True),
}
