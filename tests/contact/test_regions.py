"""Which regions are allowed decides how a national spelling is read and what is foreign."""

import pytest

from callbacks.contact.phone_numbers import NumberRefused, Reason, parse, supported_regions
from tests.support.samples.refusals import outcome, refusal


@pytest.mark.parametrize(
    ("typed", "regions", "e164"),
    [
        ("020 7946 0958", ("GB",), "+442079460958"),
        ("0470 12 34 56", ("BE",), "+32470123456"),
        ("(212) 555-1234", ("US",), "+12125551234"),
        ("011 33 6 12 34 56 78", ("US", "FR"), "+33612345678"),
        ("06 1234 5678", ("IT",), "+390612345678"),
        ("+39 06 1234 5678", ("FR", "IT"), "+390612345678"),
        ("751234", ("NC",), "+687751234"),
        ("99 12 34 56", ("FR", "MC"), "+37799123456"),
        ("+7 701 123 45 67", ("KZ",), "+77011234567"),
        ("030 123456", ("FR", "DE"), "+4930123456"),
    ],
)
def test_other_regions(typed: str, regions: tuple[str, ...], e164: str) -> None:
    assert parse(typed, regions) == e164


def test_a_national_spelling_is_read_as_french_first() -> None:
    assert parse("0470 12 34 56", ("FR", "BE")) == "+33470123456"
    assert parse("0470 12 34 56", ("BE", "FR")) == "+33470123456"
    assert parse("0470 12 34 56", ("BE", "DE")) == "+32470123456"
    assert parse("0470 12 34 56", ("DE", "BE")) == "+49470123456"


@pytest.mark.parametrize(
    ("typed", "reason"),
    [("0892123456", Reason.SPECIAL), ("0692123456", Reason.OVERSEAS), ("3639", Reason.SHORT)],
)
def test_a_french_number_that_is_refused_rings_nobody_in_another_country(
    typed: str, reason: Reason
) -> None:
    assert refusal(typed, "FR", "DE") is reason
    assert refusal(typed, "DE", "FR") is reason


def test_00_begins_a_country_code_wherever_the_visitor_is() -> None:
    assert refusal("0044 20 7946 0958", "US") is Reason.FOREIGN


def test_a_short_number_rings_nobody_where_numbers_are_short() -> None:
    assert parse("36180", ("FK",)) == "+50036180"
    assert refusal("36180", "FR", "FK") is Reason.SHORT
    assert refusal("20202", "US") is Reason.SHORT


@pytest.mark.parametrize(
    ("typed", "allowed", "other"),
    [
        ("+44 1534 610000", "JE", "GB"),
        ("+44 7797 712345", "JE", "GG"),
        ("+44 20 7946 0958", "GB", "IM"),
        ("+1 514 666 1234", "CA", "US"),
        ("+1 212 555 1234", "US", "CA"),
        ("+39 06 698 12345", "VA", "IT"),
        ("+7 701 123 45 67", "KZ", "RU"),
        ("+358 18 123456", "AX", "FI"),
        ("+262 692 12 34 56", "RE", "YT"),
    ],
)
def test_regions_that_share_a_country_code(typed: str, allowed: str, other: str) -> None:
    assert parse(typed, (allowed,)) == typed.replace(" ", "")
    assert refusal(typed, other) is Reason.FOREIGN


@pytest.mark.parametrize(
    ("typed", "regions"),
    [
        ("0800 123 4567", ("GB",)),
        ("070 1234 5678", ("GB",)),  # personal number
        ("0300 123 4567", ("GB",)),  # UAN
        ("076 0123 4567", ("GB",)),  # pager
        ("800 555 1234", ("US",)),
        ("900 555 1234", ("US",)),
        ("+44 909 879 0000", ("FR", "GB")),
    ],
)
def test_special_types_of_other_regions(typed: str, regions: tuple[str, ...]) -> None:
    assert refusal(typed, *regions) is Reason.SPECIAL


@pytest.mark.parametrize("typed", ["030 1234567890123", "+49 30 1234567890123"])
def test_longer_than_e164(typed: str) -> None:
    assert refusal(typed, "DE") is Reason.TOO_LONG


@pytest.mark.parametrize("regions", [(), ("XX",), ("",)])
def test_regions_that_do_not_exist_allow_nothing(regions: tuple[str, ...]) -> None:
    for typed in ("0612345678", "+33612345678"):
        refused = outcome(typed, regions)
        assert isinstance(refused, NumberRefused)
        assert refused.reason in {Reason.IMPOSSIBLE, Reason.FOREIGN}


def test_supported_regions() -> None:
    found = supported_regions()
    assert found == sorted(found)
    assert {"FR", "RE", "YT", "GB", "US"} <= set(found)
    assert "001" not in found
