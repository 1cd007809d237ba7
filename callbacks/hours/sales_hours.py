"""The hours in which French law allows sales calls to consumers.

Code de la consommation, article D223-9 (décret n° 2022-1313 of 13 October 2022, in force since
1 March 2023): from Monday to Friday, except on the public holidays of article L3133-1 of the Code
du travail, from 10:00 to 13:00 and from 14:00 to 20:00, by the clocks of the consumer's time zone.
Outside these hours, a call needs the consumer's express prior consent, and proof of it.

The consumer's time zone is taken from the number, as far as it tells. A mobile number of the
mainland counts as being in mainland France, wherever its owner is.
"""

from collections.abc import Collection
from datetime import date
from zoneinfo import ZoneInfo

from callbacks.contact import french_plan
from callbacks.hours import public_holidays
from callbacks.hours.opening_hours import (
    OpeningHours,
    Period,
    PublicHolidays,
    Span,
    SpecialDays,
    open_periods,
)

_WORKING_DAY = (Period(10 * 60, 13 * 60), Period(14 * 60, 20 * 60))
LEGAL_HOURS = OpeningHours(
    week=(*(_WORKING_DAY,) * 5, (), ()), special=(SpecialDays(PublicHolidays()),)
)

MAINLAND = "Europe/Paris"
OVERSEAS = {
    "GF": "America/Cayenne",
    "GP": "America/Guadeloupe",  # also Saint-Barthélemy and Saint-Martin, with the same clocks
    "MQ": "America/Martinique",
    "NC": "Pacific/Noumea",
    "PF": "Pacific/Tahiti",
    "PM": "America/Miquelon",
    "RE": "Indian/Reunion",
    "WF": "Pacific/Wallis",
    "YT": "Indian/Mayotte",
}
"""The time zone of each French territory that has a block of numbers of its own."""

ZONES = (MAINLAND, *OVERSEAS.values())
"""Every time zone that `consumer_zone` returns."""


def consumer_zone(number: str) -> str:
    """Return the time zone of the person with this number, as an IANA name.

    `number` is in E.164. A number outside the French territories overseas counts as being in
    mainland France.
    """
    canonical = french_plan.canonical_prefix(number)
    for territory in french_plan.OVERSEAS:
        national = canonical.removeprefix(f"+{territory.country_code}")
        # +262 is Réunion's and Mayotte's: the block tells them apart.
        if national != canonical and (
            not territory.prefixes or french_plan.territory_of(national) in (territory, None)
        ):
            return OVERSEAS[territory.regions[0]]
    return MAINLAND


def zones_of(regions: Collection[str]) -> set[str]:
    """Return the time zones in which people with numbers of these regions (ISO 3166) may live."""
    overseas = {
        region: OVERSEAS[territory.regions[0]]
        for territory in french_plan.OVERSEAS
        for region in territory.regions
    }
    return {overseas.get(region, MAINLAND) for region in regions}


def legal_periods(zone: str, first: date, last: date) -> list[Span]:
    """Return when sales calls are legal to consumers in `zone`, in UTC, sorted.

    They are the periods on the days from `first` to `last`, by the clocks of `zone`.
    """
    holidays = public_holidays.between("FR", (), first, last)
    return open_periods(LEGAL_HOURS, ZoneInfo(zone), first, last, holidays)
