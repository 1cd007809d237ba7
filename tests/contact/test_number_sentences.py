"""What is wrong with a number is said with the rule, an example and what was typed wrong."""

import phonenumbers
import pytest
from django.utils import translation
from phonenumbers import PhoneNumberFormat, PhoneNumberType

from callbacks.contact import number_sentences
from callbacks.contact.phone_numbers import NumberRefused, Reason, parse, supported_regions
from callbacks.contact.region_names import NAMES

# Whatever the metadata of the day gives as the example of a mobile.
_BELGIAN = phonenumbers.example_number_for_type("BE", PhoneNumberType.MOBILE)
assert _BELGIAN is not None
# An example is never broken into two lines.
NATIONAL, INTERNATIONAL = (
    phonenumbers.format_number(_BELGIAN, style).replace(" ", "\u00a0")
    for style in (PhoneNumberFormat.NATIONAL, PhoneNumberFormat.INTERNATIONAL)
)
FRENCH = "06\u00a039\u00a098\u00a012\u00a034"

TYPED = [
    ("06 12 34 56 789", ("FR",), "has 10 digits; this one has 11", "compte 10 chiffres"),
    ("06 12 34 56", ("FR",), "has 10 digits; this one has 8", "en compte 8"),
    ("bonjour", ("FR",), "contains letters", "contient des lettres"),
    ("jo@example.fr", ("FR",), "This is an email address", "Ceci est une adresse e-mail"),
    # Longer than any number, and still an address.
    ("marie-charlotte.de-la-tour@" + 30 * "a" + ".fr", ("FR",), "This is an email", "e-mail"),
    ("06*12345678", ("FR",), "characters other than digits", "autres que des chiffres"),
    ("+32 470 12 34 567 89", ("FR", "BE"), "is too long", "est trop long"),
    ("0400123456", ("FR",), "doesn't exist", "n’existe pas"),
    (
        "+49 30 901820",
        ("FR", "BE", "CH"),
        "mainland France, Belgium, Switzerland",
        "France métropolitaine, Belgique, Suisse",
    ),
    ("0692 12 34 56", ("FR",), "French overseas territory", "territoire d’outre-mer"),
]


@pytest.mark.parametrize(("typed", "regions", "english", "french"), TYPED)
def test_what_was_typed_wrong(
    typed: str, regions: tuple[str, ...], english: str, french: str
) -> None:
    with pytest.raises(NumberRefused) as refused:
        parse(typed, regions)
    for code, words in (("en", english), ("fr", french)):
        with translation.override(code):
            said = str(number_sentences.of(refused.value, regions))
        assert words in said
        assert FRENCH in said
        assert typed not in said


@pytest.mark.parametrize("reason", Reason)
def test_every_reason_has_a_sentence_of_its_own_with_an_example(reason: Reason) -> None:
    def said(reason: Reason) -> str:
        return str(number_sentences.of(NumberRefused(reason), ["BE"]))

    assert said(reason).endswith(f"{NATIONAL}.")
    assert len({said(other) for other in Reason}) == len(Reason)


def test_the_hint_names_the_countries_and_gives_an_example_of_each_spelling() -> None:
    with translation.override("fr"):
        assert number_sentences.hint(["FR"]) == (
            f"Numéro fixe ou mobile (France métropolitaine), par exemple {FRENCH}"
        )
        assert number_sentences.hint(["BE", "FR"]) == (
            "Numéro fixe ou mobile (Belgique, France métropolitaine), par exemple "
            f"{FRENCH} ou {INTERNATIONAL}"
        )
        assert "Belgique" not in number_sentences.hint(["FR", "BE", "CH", "LU", "MC", "DE", "ES"])


def test_the_example_is_nobodys_number() -> None:
    with pytest.raises(NumberRefused):
        parse(number_sentences.FRENCH_EXAMPLE)


def test_every_region_that_may_be_called_has_a_name_and_an_example() -> None:
    assert sorted(NAMES) == supported_regions()
    for region in NAMES:
        assert number_sentences.hint([region])
