"""The company's own numbers: the one that its calls come from, and the one that visitors may dial.

Both may be numbers that are never called, so `phone_numbers.parse` alone does not decide on them.
"""

import re
from collections.abc import Sequence

import phonenumbers
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _
from phonenumbers import PhoneNumberFormat, PhoneNumberType

from callbacks.contact import french_plan, number_sentences, phone_numbers, typed_number
from callbacks.contact.phone_numbers import Reason

# In digits, in any country.
SHORT = re.compile(r"[1-9][0-9]{2,5}")


def calling(typed: str, regions: Sequence[str]) -> str:
    """Return, in E.164, the number that calls come from; `regions` are those that may be called.

    A number of another country is read if it is written with its country code.

    Raises:
        ValidationError: with a sentence that says what is wrong.
    """
    is_international = typed.strip().startswith(("+", "00"))
    known = phone_numbers.supported_regions() if is_international else _home(regions)
    try:
        return str(phone_numbers.parse(typed, known))
    except phone_numbers.NumberRefused as refused:
        if refused.reason in {Reason.SPECIAL, Reason.SHORT}:
            raise ValidationError(
                _(
                    "Calls cannot come from a freephone, premium-rate or short number. Enter the "
                    "number that phones show."
                )
            ) from None
        if refused.reason in {Reason.EXTENSION, Reason.FOREIGN, Reason.OVERSEAS}:
            raise ValidationError(
                _("Enter the number in full, with its country code, for example %(example)s."),
                params={"example": "+33\u00a01\u00a099\u00a000\u00a012\u00a034"},
            ) from None
        raise ValidationError(str(number_sentences.of(refused, known))) from None


def dialled(typed: str, regions: Sequence[str]) -> str:
    """Return the number that visitors may dial: in E.164, or the digits of a short number.

    It may be a freephone or a short number, but neither a premium-rate nor an emergency number.

    Raises:
        ValidationError: with a sentence that says what is wrong.
    """
    digits = typed_number.dialled(typed_number.cleaned(typed) or "")
    if digits is not None and SHORT.fullmatch(digits):
        return _short(digits, regions)
    found = phone_numbers.search_forms(typed, _home(regions))
    if not found:
        raise ValidationError(
            _(
                "This is not a phone number. Enter the number as people dial it, or with its "
                "country code."
            )
        )
    if phonenumbers.number_type(phonenumbers.parse(found[0])) == PhoneNumberType.PREMIUM_RATE:
        raise ValidationError(
            _("This is a premium-rate number. Enter one that costs visitors nothing extra.")
        )
    return found[0]


def shown(number: str, regions: Sequence[str]) -> str:
    """Return a number of `calling` or `dialled` as people read it, with no-break spaces.

    It is written as dialled within the country, if all `regions` are in that country.
    """
    if not number.startswith("+"):
        return number
    read = phonenumbers.parse(number)
    codes = {phonenumbers.country_code_for_region(region) for region in regions}
    is_french = {read.country_code, *codes} <= french_plan.COUNTRY_CODES
    style = (
        PhoneNumberFormat.NATIONAL
        if is_french or codes == {read.country_code}
        else PhoneNumberFormat.INTERNATIONAL
    )
    return phonenumbers.format_number(read, style).replace(" ", "\u00a0")


def _short(digits: str, regions: Sequence[str]) -> str:
    """Return the short number, if one of the regions has it.

    Its cost is not checked: the metadata calls all those that begin with 3 in France premium-rate,
    also the free ones.
    """
    for region in _home(regions):
        number = phonenumbers.parse(digits, region)
        if not phonenumbers.is_valid_short_number_for_region(number, region):
            continue
        if phonenumbers.is_emergency_number(digits, region):
            break
        return digits
    raise ValidationError(
        _("This is not a short number that visitors can dial in the allowed countries.")
    )


def _home(regions: Sequence[str]) -> list[str]:
    """Return the regions, and all of France if one of them is French: it dials the same digits."""
    if french_plan.REGIONS.isdisjoint(regions):
        return list(regions)
    return [*regions, *sorted(french_plan.REGIONS.difference(regions))]
