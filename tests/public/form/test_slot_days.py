"""Time slots by day, as a visitor reads them."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.utils import translation

from callbacks.public.form.slot_days import first_days, names_zone, place_of
from callbacks.scheduling.slot_places import Slot

PARIS, REUNION = ZoneInfo("Europe/Paris"), ZoneInfo("Indian/Reunion")
NOW = datetime(2026, 12, 1, 8, tzinfo=UTC)
HALF, DAY = timedelta(minutes=30), timedelta(days=1)


def slots(*starts: datetime) -> list[Slot]:
    return [Slot(start, start + HALF) for start in starts]


def words(days) -> dict[str, list[str]]:
    return {day.label: [choice.label for choice in day.choices] for day in days}


@pytest.mark.parametrize(
    ("language", "expected"),
    [
        (
            "en",
            {
                "Today, Tuesday 1 December": ["09:00", "09:30"],
                "Tomorrow, Wednesday 2 December": ["14:00"],
                "Thursday 3 December": ["14:00"],
            },
        ),
        (
            "fr",
            {
                "Aujourd’hui, mardi 1 décembre": ["9h00", "9h30"],
                "Demain, mercredi 2 décembre": ["14h00"],
                "Jeudi 3 décembre": ["14h00"],
            },
        ),
    ],
)
def test_slots_stand_under_their_days_in_the_visitors_language(language, expected):
    free = slots(NOW, NOW + HALF, NOW + DAY + 10 * HALF, NOW + 2 * DAY + 10 * HALF)
    with translation.override(language):
        days, more = first_days(free, PARIS, PARIS, NOW)
    assert words(days) == expected
    assert not more
    assert not names_zone(days)
    assert days[0].choices[0].value == "2026-12-01T08:00:00Z"


def test_seven_days_with_slots_are_shown_and_later_ones_are_announced():
    every_other = slots(*(NOW + 2 * n * DAY for n in range(9)))
    for count, has_more in ((7, False), (8, True), (9, True)):
        days, more = first_days(iter(every_other[:count]), PARIS, PARIS, NOW)
        assert (len(days), more) == (7, has_more)
    assert len(first_days(every_other, PARIS, PARIS, NOW, most=None)[0]) == 9
    assert first_days([], PARIS, PARIS, NOW) == ([], False)


def test_no_slot_is_lost_between_the_days():
    free = slots(*(NOW + n * HALF for n in range(400)))
    days, _more = first_days(free, PARIS, PARIS, NOW, most=None)
    assert [choice.value for day in days for choice in day.choices] == [
        f"{slot.start:%Y-%m-%dT%H:%M:%SZ}" for slot in free
    ]


def test_a_visitor_elsewhere_reads_their_own_clock_and_the_widgets_beside():
    late = datetime(2026, 12, 1, 21, tzinfo=UTC)
    with translation.override("en"):
        days, _more = first_days(slots(late), REUNION, PARIS, NOW)
    [day] = days
    assert day.label == "Tomorrow, Wednesday 2 December"
    assert (day.choices[0].label, day.choices[0].widget_time) == ("01:00", "22:00")
    assert names_zone(days)
    assert (place_of(PARIS), place_of(ZoneInfo("America/New_York"))) == ("Paris", "New York")


def test_today_is_that_of_the_visitors_clock():
    late = datetime(2026, 12, 1, 20, 30, tzinfo=UTC)  # after midnight in Réunion
    with translation.override("en"):
        days, _more = first_days(slots(late + HALF), REUNION, PARIS, late)
    assert words(days) == {"Today, Wednesday 2 December": ["01:00"]}


def test_clocks_that_agree_at_that_time_need_no_second_time():
    with translation.override("en"):
        days, _more = first_days(slots(NOW), ZoneInfo("Europe/Berlin"), PARIS, NOW)
    assert not names_zone(days)


def test_the_hour_that_comes_twice_is_told_apart():
    first = datetime(2026, 10, 25, 0, 30, tzinfo=UTC)
    with translation.override("en"):
        days, _more = first_days(slots(*(first + n * HALF for n in range(4))), PARIS, PARIS, first)
    assert words(days) == {
        "Today, Sunday 25 October": [
            "02:30 (UTC+02:00)",
            "02:00",
            "02:30 (UTC+01:00)",
            "03:00",
        ]
    }
