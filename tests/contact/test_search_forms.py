"""Staff find a request by the number, in whatever form they type it."""

import pytest

from callbacks.contact.phone_numbers import search_forms
from tests.support.samples.spellings import spellings


@pytest.mark.parametrize("way", sorted(spellings("612345678")))
def test_each_spelling(way: str) -> None:
    assert search_forms(spellings("612345678")[way], ("FR",)) == ["+33612345678"]


@pytest.mark.parametrize(
    "typed",
    [
        "06 12 34 56 78 (mobile)",
        "mobile : 06.12.34.56.78",
        "Tél. +33 6 12 34 56 78",
        "\u260e (+33) 6 12 34 56 78",
        "0612345678 poste 12",
        "<0612345678>",
    ],
)
def test_with_a_remark(typed: str) -> None:
    assert search_forms(typed, ("FR",)) == ["+33612345678"]


def test_overseas_numbers_are_found_also_where_they_are_not_allowed() -> None:
    assert search_forms("0692 12 34 56", ("FR",)) == ["+262692123456"]
    assert search_forms("+262 692 12 34 56", ("FR",)) == ["+262692123456"]
    assert search_forms("262692123456", ("FR",)) == ["+262692123456"]


def test_every_reading_once_french_first() -> None:
    assert search_forms("0470 12 34 56", ("BE", "FR", "FR")) == ["+33470123456", "+32470123456"]


@pytest.mark.parametrize("typed", ["", "0612", "Dupont", "+", "3639", "\x00", "dupont@example.fr"])
def test_no_number(typed: str) -> None:
    assert search_forms(typed, ("FR",)) == []
