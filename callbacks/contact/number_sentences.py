"""Sentences about numbers for visitors: which numbers may be called, and what is wrong with one.

Each sentence names the mistake and the rule, and gives an example. None contains the number that
was typed.
"""

from collections.abc import Sequence
from functools import lru_cache

import phonenumbers
from django.utils.functional import lazy
from django.utils.translation import gettext
from django.utils.translation import gettext_noop as _
from phonenumbers import PhoneNumberFormat, PhoneNumberType

from callbacks.contact import region_names
from callbacks.contact.phone_numbers import NumberRefused, Reason

# Reserved for films and books, so that the example is nobody's number (`french_plan.FICTION`). It
# has no-break spaces, as the examples of other countries have, so that it stays on one line.
FRENCH_EXAMPLE = "06 39 98 12 34".replace(" ", "\u00a0")
# The most countries that a hint names. With more, it would be longer than the form.
MOST_NAMED = 6

_SENTENCES = {
    Reason.EMPTY: _("Enter your phone number, for example %(example)s."),
    Reason.EMAIL: _("This is an email address. Enter a phone number, for example %(example)s."),
    Reason.LETTERS: _("This number contains letters. Use digits only, for example %(example)s."),
    Reason.CHARACTERS: _(
        "This number contains characters other than digits. Use digits only, for example "
        "%(example)s."
    ),
    Reason.TOO_SHORT: _(
        "This number is too short. Check that it is complete, for example %(example)s."
    ),
    Reason.TOO_LONG: _("This number is too long. Check the digits, for example %(example)s."),
    Reason.IMPOSSIBLE: _(
        "This number doesn't exist. Check each digit: a number looks like %(example)s."
    ),
    Reason.SPECIAL: _(
        "We can't call freephone or premium-rate numbers. Enter a landline or mobile number, for "
        "example %(example)s."
    ),
    Reason.SHORT: _(
        "We can't call short numbers. Enter a landline or mobile number, for example %(example)s."
    ),
    Reason.FOREIGN: _(
        "We can't call numbers in this country. Countries we can call: %(countries)s. For example: "
        "%(example)s."
    ),
    Reason.OVERSEAS: _(
        "We can't call numbers in this French overseas territory. Countries we can call: "
        "%(countries)s. For example: %(example)s."
    ),
    Reason.EXTENSION: _(
        "We can't dial an extension. Enter a number that reaches you directly, for example "
        "%(example)s."
    ),
}
_FRENCH_LENGTH = _(
    "A French number has 10 digits; this one has %(digits)d. Check it. Example: %(example)s."
)


def of(refused: NumberRefused, regions: Sequence[str]) -> str:
    """Return a sentence that says what is wrong and what to do, translated when it is shown.

    `regions` are the ISO 3166 codes of the regions that may be called.
    """
    return lazy(_sentence, str)(refused.reason, tuple(regions), refused.french_digits)


def _sentence(reason: Reason, regions: Sequence[str], french_digits: int | None) -> str:
    """Return the sentence for `reason`, in the active language."""
    is_counted = french_digits and reason in {Reason.TOO_SHORT, Reason.TOO_LONG}
    return gettext(_FRENCH_LENGTH if is_counted else _SENTENCES[reason]) % {
        "example": _example(_first_region(regions), is_national=True),
        "countries": region_names.listed(regions),
        "digits": french_digits,
    }


def hint(regions: Sequence[str]) -> str:
    """Return a sentence on which numbers may be called, with an example, in the active language."""
    examples = _example(_first_region(regions), is_national=True)
    others = [region for region in regions if region != _first_region(regions)]
    if others:
        examples = gettext("%(national)s or %(international)s") % {
            "national": examples,
            "international": _example(others[0], is_national=False),
        }
    if len(regions) > MOST_NAMED:
        return gettext("Landline or mobile number, for example %(examples)s") % {
            "examples": examples
        }
    return gettext("Landline or mobile number (%(countries)s), for example %(examples)s") % {
        "countries": region_names.listed(regions),
        "examples": examples,
    }


def _first_region(regions: Sequence[str]) -> str:
    """Return the region whose national spelling is tried first."""
    return "FR" if "FR" in regions or not regions else regions[0]


@lru_cache(maxsize=512)
def _example(region: str, *, is_national: bool) -> str:
    """Return an example of a number of this region, with no-break spaces.

    It is a mobile number where the metadata has one.
    """
    if region == "FR":
        return FRENCH_EXAMPLE if is_national else f"+33\u00a0{FRENCH_EXAMPLE.removeprefix('0')}"
    mobile = phonenumbers.example_number_for_type(region, PhoneNumberType.MOBILE)
    number = mobile or phonenumbers.example_number(region)
    if number is None:
        return FRENCH_EXAMPLE
    style = PhoneNumberFormat.NATIONAL if is_national else PhoneNumberFormat.INTERNATIONAL
    return phonenumbers.format_number(number, style).replace(" ", "\u00a0")
