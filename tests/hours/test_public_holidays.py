"""The public holidays of a place: which days, under which names and keys."""

import subprocess
import sys
from datetime import date

import pytest
from django.core.exceptions import ValidationError

from callbacks.hours import public_holidays
from tests.support.hours.real import HOLIDAYS_2026

# The keys are stored with widgets, so an upgrade of the library must not change them.
KEYS = [
    "jour-de-lan",
    "lundi-de-pâques",
    "fête-du-travail",
    "fête-de-la-victoire",
    "ascension",
    "lundi-de-pentecôte",
    "fête-nationale",
    "assomption",
    "toussaint",
    "armistice",
    "noël",
]


def _days(place: str, *switched_off: str) -> set[date]:
    return set(public_holidays.between(place, switched_off, date(2026, 1, 1), date(2026, 12, 31)))


def test_france_has_the_eleven_holidays_of_its_labour_code():
    assert _days("FR") == HOLIDAYS_2026


def test_the_keys_of_the_french_holidays_stay_what_they_are():
    assert [holiday.key for holiday in public_holidays.in_year("FR", 2026, "fr")] == KEYS
    assert [holiday.key for holiday in public_holidays.in_year("FR", 2031, "en")] == KEYS


def test_holidays_have_names_in_the_language_of_the_reader():
    easter = [public_holidays.in_year("FR", 2026, language)[1] for language in ("fr", "en", "xx")]
    assert [holiday.name for holiday in easter] == [
        "Lundi de Pâques",
        "Easter Monday",
        "Lundi de Pâques",
    ]
    assert {holiday.day for holiday in easter} == {date(2026, 4, 6)}


@pytest.mark.parametrize(
    ("place", "own"),
    [
        ("FR-57", {date(2026, 4, 3), date(2026, 12, 26)}),  # Good Friday and Saint Stephen
        ("FR-6AE", {date(2026, 4, 3), date(2026, 12, 26)}),
        ("FR-974", {date(2026, 12, 20)}),  # the abolition of slavery
        ("FR-976", {date(2026, 4, 27)}),
        ("FR-972", {date(2026, 5, 22), date(2026, 7, 21)}),
        ("FR-973", {date(2026, 6, 10)}),
        ("FR-NC", {date(2026, 9, 24)}),
    ],
)
def test_parts_of_france_have_holidays_of_their_own(place, own):
    assert _days(place) - HOLIDAYS_2026 == own


def test_each_holiday_can_be_switched_off():
    assert HOLIDAYS_2026 - _days("FR", "lundi-de-pentecôte", "assomption") == {
        date(2026, 5, 25),
        date(2026, 8, 15),
    }
    assert _days("FR", *KEYS) == set()


def test_two_holidays_on_one_day_are_switched_off_one_by_one():
    first_of_may = date(2008, 5, 1)
    both = [h for h in public_holidays.in_year("FR", 2008, "en") if h.day == first_of_may]
    assert [(holiday.key, holiday.name) for holiday in both] == [
        ("ascension", "Ascension Day"),
        ("fête-du-travail", "Labor Day"),
    ]
    for switched_off, is_left in (
        (["ascension"], True),
        (["fête-du-travail"], True),
        (["ascension", "fête-du-travail"], False),
    ):
        days = public_holidays.between("FR", switched_off, first_of_may, first_of_may)
        assert (first_of_may in days) is is_left


def test_a_substitute_is_switched_off_with_its_holiday():
    """Christmas 2027 is a Saturday: in England the Monday after it is free."""
    monday = date(2027, 12, 27)
    [key] = {h.key for h in public_holidays.in_year("GB-ENG", 2027, "en") if h.day == monday}
    assert key == "christmas-day"
    assert monday in public_holidays.between("GB-ENG", (), monday, monday)
    assert monday not in public_holidays.between("GB-ENG", [key], monday, monday)


def test_a_range_over_new_year_has_the_holidays_of_both_years():
    days = public_holidays.between("FR", (), date(2026, 12, 25), date(2027, 1, 1))
    assert days == {date(2026, 12, 25), date(2027, 1, 1)}


def test_no_place_has_no_holidays():
    assert _days("") == set()


@pytest.mark.parametrize("place", ["FR", "FR-57", "FR-974", "FR-MF", "BE", "CH-GE", "RE", "JP"])
def test_a_known_place_is_valid(place):
    public_holidays.check(place)


@pytest.mark.parametrize(
    "place", ["", "fr", "France", "FRA", "FR-", "FR-Zone A", "FR-75", "XX", "UK", "FR-57 ", "DE-FR"]
)
def test_an_unknown_place_is_refused(place):
    with pytest.raises(ValidationError, match="No public holidays are known"):
        public_holidays.check(place)


@pytest.mark.long
def test_every_holiday_of_every_place_has_a_key_and_a_name():
    for place in public_holidays.places():
        assert len(place) <= public_holidays.LONGEST_PLACE
        for holiday in public_holidays.in_year(place, 2026, "fr"):
            assert holiday.key, (place, holiday)
            assert holiday.name, (place, holiday)


@pytest.mark.slow
def test_a_process_that_asks_for_no_holiday_does_not_load_the_library():
    code = "import sys, callbacks.hours.public_holidays; print('holidays' in sys.modules)"
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert said.stdout.strip() == "False"
