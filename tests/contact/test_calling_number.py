"""The number that calls come from is checked as the visitors' numbers are."""

import pytest
from django.core.exceptions import ValidationError
from django.utils import translation

from callbacks.contact import company_numbers


@pytest.mark.parametrize(
    ("typed", "regions", "stored"),
    [
        ("01 23 45 67 89", ["FR"], "+33123456789"),
        ("+33 1 23 45 67 89", ["FR"], "+33123456789"),
        ("0033 1 23 45 67 89", ["BE"], "+33123456789"),
        ("+32 2 555 12 12", ["FR"], "+3225551212"),
        ("02 555 12 12", ["BE"], "+3225551212"),
        ("0262 12 34 56", ["FR"], "+262262123456"),
        ("01 23 45 67 89", ["RE"], "+33123456789"),
    ],
)
def test_it_is_stored_in_one_form(typed: str, regions: list[str], stored: str) -> None:
    assert company_numbers.calling(typed, regions) == stored


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ("0 800 123 456", "Calls cannot come from a freephone, premium-rate or short number."),
        ("0899 12 34 56", "Calls cannot come from"),
        ("3639", "Calls cannot come from"),
        ("01 23 45 67", "A French number has 10 digits; this one has 8."),
        ("01 23 45 67 89 poste 12", "Enter the number in full, with its country code"),
        ("jo@example.fr", "This is an email address."),
        ("nobody", "This number contains letters."),
        ("+33 1", "This number"),
    ],
)
def test_what_no_phone_shows_is_refused(typed: str, sentence: str) -> None:
    with translation.override("en"):
        with pytest.raises(ValidationError) as refused:
            company_numbers.calling(typed, ["FR"])
        [message] = refused.value.messages
    assert sentence in message
    assert "call in" not in message
