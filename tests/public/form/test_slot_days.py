"""Time slots by day, as a visitor reads them."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.utils import translation

from callbacks.hours import time_zones
from callbacks.public.form.slot_days import by_day
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
        days = by_day(iter(free), PARIS, NOW)
    assert words(days) == expected
    assert days[0].choices[0].value == "2026-12-01T08:00:00Z"


def test_no_slot_is_lost_between_the_days():
    free = slots(*(NOW + n * HALF for n in range(400)))
    days = by_day(free, PARIS, NOW)
    assert [choice.value for day in days for choice in day.choices] == [
        f"{slot.start:%Y-%m-%dT%H:%M:%SZ}" for slot in free
    ]


def test_a_time_zone_is_named_after_its_place():
    places = [time_zones.place_of(zone) for zone in (PARIS, ZoneInfo("America/New_York"))]
    assert places == ["Paris", "New York"]


def test_today_is_that_of_the_widgets_clock():
    late = datetime(2026, 12, 1, 20, 30, tzinfo=UTC)  # after midnight in Réunion
    with translation.override("en"):
        days = by_day(slots(late + HALF), REUNION, late)
    assert words(days) == {"Today, Wednesday 2 December": ["01:00"]}


def test_the_hour_that_comes_twice_is_told_apart():
    first = datetime(2026, 10, 25, 0, 30, tzinfo=UTC)
    with translation.override("en"):
        days = by_day(slots(*(first + n * HALF for n in range(4))), PARIS, first)
    assert words(days) == {
        "Today, Sunday 25 October": [
            "02:30 (UTC+02:00)",
            "02:00",
            "02:30 (UTC+01:00)",
            "03:00",
        ]
    }
