"""The open periods of a year, minute by minute, in time zones whose clocks change and do not."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from callbacks.hours import hours_syntax
from callbacks.hours.opening_hours import (
    CLOSED_WEEK,
    DAY,
    OpeningHours,
    Period,
    Span,
    in_both,
    merged,
    open_periods,
)
from tests.support.hours.real import HOLIDAYS_2026, SAMPLES

MINUTE = timedelta(minutes=1)
ZONES = {
    # Each zone, and how many hours of 2026 its clocks skip and repeat.
    "Europe/Paris": 1.0,
    "Indian/Reunion": 0.0,
    "America/New_York": 1.0,
    "Australia/Lord_Howe": 0.5,
    "Asia/Kolkata": 0.0,
}


def _minute_by_minute(sample: str, zone: ZoneInfo, begin: datetime, end: datetime) -> list[Span]:
    """Return the open periods by asking the sample's own rule about each minute."""
    is_open = SAMPLES[sample].is_open
    spans: list[Span] = []
    moment, since = begin, None
    while moment < end:
        if is_open(moment.astimezone(zone)):
            since = since or moment
        elif since is not None:
            spans.append((since, moment))
            since = None
        moment += MINUTE
    return [*spans, (since, end)] if since else spans


@pytest.mark.thorough
@pytest.mark.parametrize("zone", ZONES)
@pytest.mark.parametrize("sample", SAMPLES)
def test_every_minute_of_a_year_is_open_as_the_clock_on_the_wall_says(sample, zone):
    begin, end = datetime(2026, 1, 2, tzinfo=UTC), datetime(2026, 12, 30, tzinfo=UTC)
    expected = _minute_by_minute(sample, ZoneInfo(zone), begin, end)
    hours = hours_syntax.read(SAMPLES[sample].text)

    periods = open_periods(
        hours, ZoneInfo(zone), date(2025, 12, 30), date(2026, 12, 31), HOLIDAYS_2026
    )

    assert in_both(periods, [(begin, end)]) == expected


@pytest.mark.parametrize(("zone", "hours"), ZONES.items())
def test_the_zones_of_these_tests_change_their_clocks_as_stated(zone, hours):
    offsets = {
        (datetime(2026, 1, 1, tzinfo=UTC) + timedelta(days=n))
        .astimezone(ZoneInfo(zone))
        .utcoffset()
        for n in range(365)
    }
    assert max(offsets) - min(offsets) == timedelta(hours=hours)


def _on(day: date, text: str, zone: str) -> list[str]:
    """Return the periods of one day, as local times with their offsets from UTC."""
    periods = open_periods(hours_syntax.read(text), ZoneInfo(zone), day, day)
    return [
        "-".join(moment.astimezone(ZoneInfo(zone)).strftime("%H:%M%z") for moment in span)
        for span in periods
    ]


def test_a_period_that_begins_in_a_skipped_hour_begins_right_after_it():
    assert _on(date(2026, 3, 29), "02:30-05:00", "Europe/Paris") == ["03:00+0200-05:00+0200"]


def test_a_period_that_ends_in_a_skipped_hour_ends_right_after_it():
    assert _on(date(2026, 3, 29), "01:00-02:30", "Europe/Paris") == ["01:00+0100-03:00+0200"]


def test_a_period_within_a_skipped_hour_is_left_out():
    assert _on(date(2026, 3, 29), "02:10-02:50", "Europe/Paris") == []


def test_a_period_within_a_repeated_hour_is_open_both_times():
    assert _on(date(2026, 10, 25), "02:10-02:50", "Europe/Paris") == [
        "02:10+0200-02:50+0200",
        "02:10+0100-02:50+0100",
    ]


def test_a_period_over_a_repeated_hour_is_open_for_an_hour_more():
    assert _on(date(2026, 10, 25), "01:00-04:00", "Europe/Paris") == ["01:00+0200-04:00+0100"]


def test_the_half_hour_of_lord_howe():
    assert _on(date(2026, 4, 5), "01:30-02:00", "Australia/Lord_Howe") == ["01:30+1100-02:00+1030"]
    assert _on(date(2026, 10, 4), "02:00-03:00", "Australia/Lord_Howe") == ["02:30+1100-03:00+1100"]


def test_clocks_that_change_at_midnight():
    assert _on(date(2026, 4, 24), "00:00-01:30", "Africa/Cairo") == ["01:00+0300-01:30+0300"]


def test_a_day_that_a_zone_skipped_has_no_hours():
    assert _on(date(2011, 12, 30), "09:00-12:00", "Pacific/Apia") == []
    assert _on(date(2011, 12, 31), "09:00-12:00", "Pacific/Apia") == ["09:00+1400-12:00+1400"]


def test_there_is_no_gap_at_midnight():
    hours = hours_syntax.read("Mo 22:00-24:00; Tu 00:00-02:00")
    monday = date(2026, 11, 30)
    [period] = open_periods(hours, ZoneInfo("Europe/Paris"), monday, monday + timedelta(days=1))
    assert period == (
        datetime(2026, 11, 30, 21, tzinfo=UTC),
        datetime(2026, 12, 1, 1, tzinfo=UTC),
    )


def test_a_period_belongs_to_the_day_on_which_it_begins():
    hours = hours_syntax.read("Fr 22:00-02:00; 2026 Dec 05 off")
    friday, saturday = date(2026, 12, 4), date(2026, 12, 5)
    [period] = open_periods(hours, ZoneInfo("Europe/Paris"), friday, saturday)
    assert period[1] == datetime(2026, 12, 5, 1, tzinfo=UTC)


def test_the_last_of_several_special_days_counts():
    first_holiday = hours_syntax.read("09:00-18:00; PH off; Dec 25 10:00-12:00")
    then_holiday = hours_syntax.read("09:00-18:00; Dec 25 10:00-12:00; PH off")
    christmas = date(2026, 12, 25)
    assert first_holiday.of(christmas, HOLIDAYS_2026) == (Period(600, 720),)
    assert then_holiday.of(christmas, HOLIDAYS_2026) == ()


@pytest.mark.parametrize(
    "periods",
    [
        (Period(600, 600),),
        (Period(600, 540),),
        (Period(-1, 60),),
        (Period(DAY, DAY + 60),),
        (Period(600, 2 * DAY + 1),),
        (Period(600, 720), Period(700, 800)),
        (Period(600, 720), Period(720, 800)),
        (Period(800, 900), Period(600, 700)),
    ],
)
def test_periods_that_no_day_can_have_are_refused(periods):
    with pytest.raises(ValueError, match="no periods of one day"):
        OpeningHours((periods, *CLOSED_WEEK[1:]))


def test_merged_spans_touch_no_other():
    days = [datetime(2026, 1, n, tzinfo=UTC) for n in range(1, 8)]
    spans = [(days[4], days[5]), (days[0], days[2]), (days[1], days[2]), (days[2], days[3])]
    assert merged(spans) == [(days[0], days[3]), (days[4], days[5])]
