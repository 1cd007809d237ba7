"""The slots of a year, against a slower rule that counts minutes on the clock on the wall."""

from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from functools import cache
from itertools import groupby, pairwise
from typing import NamedTuple
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from callbacks.hours.opening_hours import DAY, local_periods, open_periods
from callbacks.scheduling import open_periods as rows
from callbacks.scheduling import slot_grid
from callbacks.scheduling.slots import SlotProblem, check_slot, free_slots
from tests.support.hours.generated import DAYS_OF_2026, opening_hours
from tests.support.hours.real import SAMPLES
from tests.support.hours.widgets import open_widget

MINUTE, ONE_DAY = timedelta(minutes=1), timedelta(days=1)
# Two of them change their clocks by an hour, one by half an hour, and two never do.
ZONES = (
    "Europe/Paris",
    "Indian/Reunion",
    "America/New_York",
    "Australia/Lord_Howe",
    "Asia/Kolkata",
)
# In minutes, where it is not 30: neither of them divides an hour, and one does not divide a day.
LENGTHS = {"hotline to two at night": 45, "always": 50}
BEGIN, END = datetime(2026, 1, 3, tzinfo=UTC), datetime(2026, 12, 29, tzinfo=UTC)


class Shown(NamedTuple):
    """A minute, and what the clock on the wall shows then."""

    moment: datetime
    clock: datetime


@cache
def minutes_of_a_year(zone: str) -> list[Shown]:
    there, begin = ZoneInfo(zone), BEGIN - 2 * ONE_DAY
    moments = (begin + n * MINUTE for n in range((END - begin) // MINUTE + DAY))
    return [Shown(moment, moment.astimezone(there)) for moment in moments]


def slots_by_the_slow_rule(
    is_open: Callable[[datetime], bool], minutes: list[Shown], length: int
) -> Iterator[datetime]:
    """Yield when slots of `length` minutes begin: count the minutes since it opened.

    If it stays open for more than a day, count them since midnight.
    """
    for open_now, group in groupby(minutes, lambda minute: is_open(minute.clock)):
        if not open_now:
            continue
        run = list(group)
        per_day = len(run) > 1.5 * DAY
        counted, day = 0, run[0].clock.date()
        for place, minute in enumerate(run):
            if per_day and minute.clock.date() != day:
                counted, day = 0, minute.clock.date()
            last = run[place + length - 1] if place + length <= len(run) else None
            fits = last is not None and not (per_day and last.clock.date() != day)
            if counted % length == 0 and fits:
                yield minute.moment
            counted += 1


def widget_of(sample: str, zone: str, length: int):
    text = SAMPLES[sample].text
    return open_widget(
        BEGIN,
        opening_hours=text,
        holidays="FR" if "PH" in text else "",
        time_zone=zone,
        slot_minutes=length,
        slot_lead_minutes=0,
        days_ahead=40,
    )


@pytest.mark.thorough
@pytest.mark.django_db
@pytest.mark.parametrize("zone", ZONES)
@pytest.mark.parametrize("sample", SAMPLES)
def test_the_slots_of_a_year_are_those_of_the_slow_rule(sample, zone):
    length = LENGTHS.get(sample, 30)
    by_rule = slots_by_the_slow_rule(SAMPLES[sample].is_open, minutes_of_a_year(zone), length)
    expected = [start for start in by_rule if BEGIN <= start < END]

    widget = widget_of(sample, zone, length)
    found, now = [], BEGIN
    while now < END:
        later = min(now + 30 * ONE_DAY, END)
        rows.replace(widget, now)
        slots = list(free_slots(widget, "", now))
        assert {slot.end - slot.start for slot in slots} == {length * MINUTE}
        found += [slot.start for slot in slots if slot.start < later]
        now = later

    assert len(expected) > 400
    assert found == expected


CHANGES = {
    "Europe/Paris": (date(2026, 3, 29), date(2026, 10, 25)),
    "Indian/Reunion": (date(2026, 3, 29),),
    "America/New_York": (date(2026, 3, 8), date(2026, 11, 1)),
    "Australia/Lord_Howe": (date(2026, 4, 5), date(2026, 10, 4)),
    "Asia/Kolkata": (date(2026, 10, 25),),
}


@pytest.mark.thorough
@pytest.mark.django_db
@pytest.mark.parametrize("zone", ZONES)
@pytest.mark.parametrize("sample", ["hotline to two at night", "night shift with breaks", "always"])
def test_every_minute_of_a_night_on_which_clocks_change_is_checked_by_the_slow_rule(sample, zone):
    """A minute that begins no slot is refused, as closed if the slot would not fit in open time."""
    length, is_open = LENGTHS.get(sample, 30), SAMPLES[sample].is_open
    minutes = minutes_of_a_year(zone)
    expected = set(slots_by_the_slow_rule(is_open, minutes, length))
    widget = widget_of(sample, zone, length)
    widget.slot_capacity = None
    for day in CHANGES[zone]:
        now = datetime.combine(day, datetime.min.time(), UTC) - ONE_DAY
        rows.replace(widget, now)
        first = next(n for n, minute in enumerate(minutes) if minute.clock.date() == day)
        for place in range(first - 30, first + 6 * 60):
            moment = minutes[place].moment
            fits = all(is_open(minute.clock) for minute in minutes[place : place + length])
            problem = check_slot(widget, "", moment, now)
            if moment in expected:
                assert problem is None
            else:
                assert problem is (SlotProblem.UNALIGNED if fits else SlotProblem.CLOSED)


# -- any hours --------------------------------------------------------------------------------
@pytest.mark.long
@given(
    opening_hours(with_holidays=False),
    st.sampled_from(ZONES),
    st.sampled_from([5, 20, 30, 45, 50, 60, 90, 480]),
    DAYS_OF_2026,
    st.integers(-DAY, 3 * DAY),
)
@hypothesis_settings(max_examples=150)
def test_slots_fill_the_open_periods_of_any_hours_without_a_gap(hours, zone, length, day, since):
    there, last = ZoneInfo(zone), day + 3 * ONE_DAY
    shown = local_periods(hours, day - 2 * ONE_DAY, last)
    after = slot_grid.midnight(datetime.combine(day, datetime.min.time(), there), there)
    after += since * MINUTE
    for span in open_periods(hours, there, day, last):
        slots = [
            (start, start + length * MINUTE)
            for start in slot_grid.starts(span, there, length * MINUTE, after)
        ]
        for start, end in slots:
            assert after <= start
            assert span[0] <= start
            assert end <= span[1]
            moments = (start + n * MINUTE for n in range(length))
            clocks = [moment.astimezone(there).replace(tzinfo=None) for moment in moments]
            assert all(any(a <= clock < b for a, b in shown) for clock in clocks)
        for (_, end), (start, _) in pairwise(slots):
            gap = start - end
            assert gap == timedelta() or (
                # Only where a period lasts more than a day, before a midnight.
                span[1] - span[0] >= timedelta(hours=23)
                and timedelta() < gap < length * MINUTE
                and start == slot_grid.midnight(start, there)
            )
