"""French overseas numbers are not mainland numbers, although they are dialled like them."""

import phonenumbers
import pytest
from hypothesis import given
from hypothesis import strategies as st

from callbacks.contact.french_plan import FICTION, OVERSEAS
from callbacks.contact.phone_numbers import Reason, parse
from tests.support.samples.refusals import refusal
from tests.support.samples.spellings import spellings

PREFIXES = [prefix for territory in OVERSEAS for prefix in territory.prefixes]

# National spelling, its region, its E.164.
OWN_CODES = [
    ("0262 12 34 56", "RE", "+262262123456"),
    ("0263 01 23 45", "RE", "+262263012345"),
    ("0692 12 34 56", "RE", "+262692123456"),
    ("0693 01 23 45", "RE", "+262693012345"),
    ("0709 21 23 45", "RE", "+262709212345"),
    ("0269 60 12 34", "YT", "+262269601234"),
    ("0639 01 12 34", "YT", "+262639011234"),
    ("0709 35 12 34", "YT", "+262709351234"),
    ("0508 41 12 34", "PM", "+508411234"),
    ("0708 41 23 45", "PM", "+508708412345"),
    ("0590 20 12 34", "GP", "+590590201234"),
    ("0690 12 34 56", "GP", "+590690123456"),
    ("0691 22 34 56", "GP", "+590691223456"),
    ("0590 27 12 34", "BL", "+590590271234"),
    ("0690 12 34 56", "BL", "+590690123456"),
    ("0590 87 12 34", "MF", "+590590871234"),
    ("0690 12 34 56", "MF", "+590690123456"),
    ("0594 10 12 34", "GF", "+594594101234"),
    ("0694 12 34 56", "GF", "+594694123456"),
    ("0709 31 23 45", "GF", "+594709312345"),
    ("0596 30 12 34", "MQ", "+596596301234"),
    ("0696 12 34 56", "MQ", "+596696123456"),
    ("0697 12 34 56", "MQ", "+596697123456"),
    ("0709 11 23 45", "MQ", "+596709112345"),
]


@pytest.mark.parametrize(("typed", "region", "e164"), OWN_CODES)
def test_national_spelling_when_its_region_is_not_allowed(
    typed: str, region: str, e164: str
) -> None:
    assert refusal(typed) is Reason.OVERSEAS
    assert refusal(e164) is Reason.OVERSEAS
    assert refusal("00" + e164[1:], "FR", "BE") is Reason.OVERSEAS
    assert refusal("+33" + typed[1:]) is Reason.OVERSEAS


@pytest.mark.parametrize(("typed", "region", "e164"), OWN_CODES)
def test_national_spelling_gets_the_code_of_its_region_when_that_is_allowed(
    typed: str, region: str, e164: str
) -> None:
    for regions in [("FR", region), (region, "FR"), (region,)]:
        assert parse(typed, regions) == e164
        assert parse(e164, regions) == e164
        assert parse("+33 (0)" + typed[1:], regions) == e164


@pytest.mark.parametrize("typed", ["+687 75 12 34", "+689 87 12 34 56", "+681 72 12 34"])
def test_the_pacific_has_no_national_spelling(typed: str) -> None:
    assert refusal(typed) is Reason.OVERSEAS
    assert parse(typed, ("FR", "NC", "PF", "WF")) == typed.replace(" ", "")


@pytest.mark.parametrize(
    "typed", ["+262 999 99 99 99", "+590 590 123 456", "0590123456", "0508000000", "+68187123456"]
)
def test_overseas_before_valid(typed: str) -> None:
    assert refusal(typed) is Reason.OVERSEAS


def test_one_overseas_region_does_not_allow_another_of_the_same_code() -> None:
    assert refusal("0639 01 12 34", "FR", "RE") is Reason.OVERSEAS
    assert refusal("0639 12 34 56", "FR", "RE") is Reason.OVERSEAS  # in the plan, not given out yet
    assert refusal("+262 269 60 12 34", "FR", "RE") is Reason.OVERSEAS
    assert refusal("0692 12 34 56", "FR", "YT") is Reason.OVERSEAS
    assert refusal("0590 87 12 34", "FR", "GP") is Reason.OVERSEAS  # Saint-Martin


def test_where_the_mainland_is_not_allowed_nothing_is_said_of_it() -> None:
    assert refusal("0612345678", "RE") is Reason.FOREIGN
    assert refusal("+33612345678", "RE") is Reason.FOREIGN
    assert refusal("0690123456", "RE") is Reason.FOREIGN
    assert refusal("0712345678", "RE") is Reason.IMPOSSIBLE


@pytest.mark.parametrize("region", ["RE", "GP", "MQ", "PM"])
def test_08_is_special_from_overseas_too(region: str) -> None:
    assert refusal("0800123456", region) is Reason.SPECIAL
    assert refusal("0806123456", region) is Reason.SPECIAL
    assert refusal("0892701234", "FR", region) is Reason.SPECIAL


@pytest.mark.parametrize("regions", [("FR",), ("FR", "YT"), ("YT",), ("RE",)])
def test_numbers_kept_for_films_are_not_mayottes(regions: tuple[str, ...]) -> None:
    assert refusal("06 39 98 12 34", *regions) is Reason.IMPOSSIBLE


def test_saint_pierre_has_numbers_that_begin_like_those_for_films() -> None:
    assert parse("63 99 81", ("PM",)) == "+508639981"


@given(
    prefix=st.sampled_from(PREFIXES),
    rest=st.text("0123456789", min_size=8, max_size=8),
    way=st.sampled_from(sorted(spellings("612345678"))),
)
def test_no_overseas_number_is_ever_mainland(prefix: str, rest: str, way: str) -> None:
    significant = (prefix + rest)[:9]
    films = significant.startswith(FICTION)
    expected = Reason.IMPOSSIBLE if films else Reason.OVERSEAS
    assert refusal(spellings(significant)[way]) is expected


@pytest.mark.parametrize("territory", [t for t in OVERSEAS if t.prefixes])
def test_the_list_knows_every_mobile_block_of_the_metadata(territory: tuple[object, ...]) -> None:
    """A new overseas block in a later release of the metadata is noticed here."""
    _code, regions, _prefixes = territory
    assert isinstance(regions, tuple)
    for region in regions:
        number = phonenumbers.example_number_for_type(region, phonenumbers.PhoneNumberType.MOBILE)
        assert number is not None
        e164 = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
        national = "0" + phonenumbers.national_significant_number(number)
        assert parse(national if region != "PM" else e164, (region,)) == e164
