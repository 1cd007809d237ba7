"""The legal hours of sales calls in France, in the time zone of the person who is called."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import phonenumbers
import pytest

from callbacks.contact import french_plan
from callbacks.hours import sales_hours
from callbacks.hours.opening_hours import Span
from tests.support.hours.real import HOLIDAYS_2026


@pytest.mark.parametrize(
    ("number", "zone"),
    [
        ("+33612345678", "Europe/Paris"),
        ("+33387123456", "Europe/Paris"),
        ("+32470123456", "Europe/Paris"),
        ("+262692123456", "Indian/Reunion"),
        ("+262262123456", "Indian/Reunion"),
        ("+33692123456", "Indian/Reunion"),
        ("+262639123456", "Indian/Mayotte"),
        ("+262269612345", "Indian/Mayotte"),
        ("+590690123456", "America/Guadeloupe"),
        ("+594694123456", "America/Cayenne"),
        ("+596696123456", "America/Martinique"),
        ("+508412345", "America/Miquelon"),
        ("+33508412345", "America/Miquelon"),
        ("+508708401234", "America/Miquelon"),
        ("+687751234", "Pacific/Noumea"),
        ("+68987123456", "Pacific/Tahiti"),
        ("+681821234", "Pacific/Wallis"),
        ("", "Europe/Paris"),
    ],
)
def test_a_number_tells_the_time_zone_of_its_owner(number, zone):
    assert sales_hours.consumer_zone(number) == zone


def test_the_example_numbers_of_all_territories_lie_in_their_zones():
    regions = sales_hours.OVERSEAS | {
        "BL": "America/Guadeloupe",
        "MF": "America/Guadeloupe",
        "FR": "Europe/Paris",
    }
    for territory in french_plan.OVERSEAS:
        assert set(territory.regions) <= set(regions)
    for region, zone in regions.items():
        number = phonenumbers.example_number(region)
        text = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
        assert sales_hours.consumer_zone(text) == zone, region


def test_guadeloupe_and_its_neighbours_share_one_country_code_and_the_same_clocks():
    for neighbour in ("America/St_Barthelemy", "America/Marigot"):
        for month in range(1, 13):
            noon = datetime(2026, month, 15, 12, tzinfo=UTC)
            here, there = (
                noon.astimezone(ZoneInfo(name)) for name in (neighbour, "America/Guadeloupe")
            )
            assert here.utcoffset() == there.utcoffset()


def _minute_by_minute(zone: ZoneInfo, begin: datetime, end: datetime) -> list[Span]:
    """Return the periods by the words of the law, asked about each minute."""
    spans: list[Span] = []
    moment, since = begin, None
    while moment < end:
        clock = moment.astimezone(zone)
        is_legal = (
            clock.weekday() < 5
            and clock.date() not in HOLIDAYS_2026
            and clock.hour in (10, 11, 12, 14, 15, 16, 17, 18, 19)
        )
        if is_legal:
            since = since or moment
        elif since is not None:
            spans.append((since, moment))
            since = None
        moment += timedelta(minutes=1)
    return spans


@pytest.mark.thorough
@pytest.mark.parametrize("zone", ["Europe/Paris", "Indian/Reunion", "America/Miquelon"])
def test_every_minute_of_a_year_is_legal_as_the_law_says(zone):
    begin, end = datetime(2026, 1, 2, tzinfo=UTC), datetime(2026, 12, 30, tzinfo=UTC)
    periods = sales_hours.legal_periods(zone, date(2026, 1, 1), date(2026, 12, 31))
    inside = [span for span in periods if begin <= span[0] and span[1] <= end]
    assert inside == _minute_by_minute(ZoneInfo(zone), begin, end)


def test_a_day_in_reunion_begins_while_paris_sleeps():
    day = date(2026, 12, 1)
    assert sales_hours.legal_periods("Indian/Reunion", day, day) == [
        (datetime(2026, 12, 1, 6, tzinfo=UTC), datetime(2026, 12, 1, 9, tzinfo=UTC)),
        (datetime(2026, 12, 1, 10, tzinfo=UTC), datetime(2026, 12, 1, 16, tzinfo=UTC)),
    ]
