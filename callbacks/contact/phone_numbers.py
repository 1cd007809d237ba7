"""Decide which numbers may be called, and say why another may not.

A number is callable if it is a landline, a mobile or a VoIP line of a region that the widget
allows. Google's metadata (`phonenumbers`) is not enough. It also calls a premium-rate number valid,
and it reads the national spelling of several overseas numbers as a mainland landline.
"""

import re
from collections.abc import Iterator, Sequence
from enum import StrEnum

import phonenumbers
from phonenumbers import PhoneNumber, PhoneNumberFormat, PhoneNumberType, ValidationResult

from callbacks.contact import french_plan, typed_number
from callbacks.contact.e164 import E164Number

# The length of a number as dialled within France, the 0 included.
FRENCH_DIGITS = 10

# The shortest and the longest number of any country, in digits, with the country code.
FEWEST_DIGITS, MOST_DIGITS = 4, 15

# E.164 allows 15 digits at most. The metadata of some countries (DE, AT) contains longer and
# shorter numbers.
E164 = re.compile(r"\+[1-9][0-9]{6,14}")

CALLABLE_TYPES = frozenset(
    {
        PhoneNumberType.FIXED_LINE,
        PhoneNumberType.MOBILE,
        PhoneNumberType.FIXED_LINE_OR_MOBILE,
        PhoneNumberType.VOIP,
    }
)


# Nine digits without the trunk 0. Numbers in 08 belong to no territory.
_NATIONAL = re.compile("[1-79][0-9]{8}")


class Reason(StrEnum):
    """Why a number may not be called.

    SPECIAL is one that a company may not call back: premium, freephone, pager and the like. SHORT
    is one of those with few digits, such as 3939 or 112; one with digits missing is TOO_SHORT.
    """

    EMPTY = "empty"
    EMAIL = "email"
    LETTERS = "letters"
    CHARACTERS = "characters"
    TOO_SHORT = "too_short"
    TOO_LONG = "too_long"
    IMPOSSIBLE = "impossible"
    SPECIAL = "special"
    SHORT = "short"
    FOREIGN = "foreign"
    OVERSEAS = "overseas"
    EXTENSION = "extension"


class NumberRefused(ValueError):
    """The number may not be called. `reason` says why; `number_sentences.of` tells the visitor.

    `french_digits` is the number of digits typed, if the text can only be meant as a number dialled
    within France; else None. Nothing here, `str()` included, contains the number.
    """

    def __init__(self, reason: Reason, french_digits: int | None = None) -> None:
        super().__init__(str(reason))
        self.reason = reason
        self.french_digits = french_digits


def parse(typed: str, regions: Sequence[str] = ("FR",)) -> E164Number:
    """Return the number that a visitor typed.

    `regions` are the ISO 3166 codes of the regions that may be called. A national spelling is read
    as a number of FR if that is allowed, else of the first region in which it is a number. If
    France is allowed, a text with the shape of a French number is read as French only: in another
    country the same digits may ring a stranger.

    Raises:
        NumberRefused: the text is not a callable number. Nothing else is raised.
    """
    text = typed_number.cleaned(typed)
    if text is None:
        raise NumberRefused(Reason.EMAIL if "@" in typed else Reason.TOO_LONG)
    if not text:
        raise NumberRefused(Reason.EMPTY)
    if extended := typed_number.EXTENSION.match(text):
        parse(extended["number"], regions)  # another objection helps the visitor more
        raise NumberRefused(Reason.EXTENSION)
    digits = typed_number.dialled(text)
    if digits is None:
        raise NumberRefused(_why_not_dialled(text))
    french = [region for region in regions if region in french_plan.REGIONS]
    readers = french if french and french_plan.is_dialled(digits) else regions
    for number, region in _readings(digits, readers):
        reason = _objection(number, regions)
        if reason is None:
            return E164Number.of(_e164(number))
        if reason is Reason.IMPOSSIBLE and _is_short(number, region):
            reason = Reason.SHORT
        if reason is not Reason.IMPOSSIBLE:
            # It is a real number, but not a callable one. Another region might read it as a
            # stranger's number, so no other region is tried.
            raise NumberRefused(reason)
    if re.fullmatch("[1-9][0-9]{1,3}", digits) or _is_short(read(digits, "FR"), "FR"):
        raise NumberRefused(Reason.SHORT)
    is_french = digits.startswith("0") and french_plan.REGIONS.issuperset(regions)
    raise NumberRefused(_wrong_length(digits, regions), len(digits) if is_french else None)


def search_forms(typed: str, regions: Sequence[str]) -> list[str]:
    """Return the E.164 numbers that a staff member may mean by `typed`, the likeliest first.

    The spelling is free, and a remark may stand around the number ("06 … (mobile)"). Returns [] if
    there is no number. Never raises.
    """
    text = typed_number.cleaned(typed) or ""
    if extended := typed_number.EXTENSION.match(text):
        text = extended["number"]
    text = re.sub("^[^0-9+]+", "", text)
    digits = typed_number.dialled(text[:1] + re.sub("[^0-9]", "", text[1:]))
    if digits is None:
        return []
    numbers = [number for number, _region in _readings(digits, regions)]
    if unprefixed := read("+" + digits.removeprefix("+"), None):
        numbers.append(_settled(unprefixed))  # 33612345678, as other systems store it
    return list(dict.fromkeys(_e164(n) for n in numbers if phonenumbers.is_valid_number(n)))


def supported_regions() -> list[str]:
    """Return the ISO 3166 codes that `regions` may contain, sorted."""
    return sorted(phonenumbers.SUPPORTED_REGIONS)


def _why_not_dialled(text: str) -> Reason:
    """Return why a text cannot be dialled."""
    if "@" in text:
        return Reason.EMAIL
    return Reason.LETTERS if any(c.isalpha() for c in text) else Reason.CHARACTERS


def _wrong_length(digits: str, regions: Sequence[str]) -> Reason:
    """Return TOO_SHORT or TOO_LONG if the digits are that in every region, else IMPOSSIBLE."""
    count = len(digits.removeprefix("+"))
    if digits.startswith("0") and french_plan.REGIONS.issuperset(regions):
        return _unlike(count, FRENCH_DIGITS, FRENCH_DIGITS)
    if count < FEWEST_DIGITS or count > MOST_DIGITS:
        return _unlike(count, FEWEST_DIGITS, MOST_DIGITS)
    found = {_length_error(number) for number, _region in _readings(digits, regions)}
    return found.pop() if len(found) == 1 else Reason.IMPOSSIBLE


def _unlike(count: int, fewest: int, most: int) -> Reason:
    """Return how a count of digits misses these bounds, IMPOSSIBLE if it does not."""
    if count > most:
        return Reason.TOO_LONG
    return Reason.TOO_SHORT if count < fewest else Reason.IMPOSSIBLE


def _length_error(number: PhoneNumber) -> Reason:
    """Return whether the number is too long or too short for its country, else IMPOSSIBLE."""
    lengths = {
        ValidationResult.TOO_LONG: Reason.TOO_LONG,
        ValidationResult.TOO_SHORT: Reason.TOO_SHORT,
    }
    return lengths.get(phonenumbers.is_possible_number_with_reason(number), Reason.IMPOSSIBLE)


def _readings(digits: str, regions: Sequence[str]) -> Iterator[tuple[PhoneNumber, str]]:
    """Yield each number that the digits may mean, with the region that reads them so, FR first."""
    if digits.startswith("+"):
        if (number := read(digits, None)) is not None:
            region = phonenumbers.region_code_for_country_code(number.country_code or 0)
            settled = _settled(number)
            # The visitor typed an overseas country code, so no number of the mainland was meant.
            is_mainland = settled.country_code == french_plan.MAINLAND != number.country_code
            yield number if is_mainland else settled, region
        return
    for region in sorted(regions, key=lambda code: code != "FR"):
        if (number := read(digits, region)) is not None:
            yield _settled(number), region


def read(text: str, region: str | None) -> PhoneNumber | None:
    """Return the number that `region` reads in `text`, or None if it reads none."""
    try:
        return phonenumbers.parse(text, region)
    except phonenumbers.NumberParseException:
        return None


def _settled(number: PhoneNumber) -> PhoneNumber:
    """Return a number of the French plan with the country code to which its block belongs.

    So one phone has one number, however it is typed: +33 692… and +594 976 2… both belong to La
    Réunion. A number outside the plan is returned unchanged.
    """
    national = phonenumbers.national_significant_number(number)
    if number.country_code not in french_plan.COUNTRY_CODES or not _NATIONAL.fullmatch(national):
        return number
    if (territory := french_plan.territory_of(national)) is not None:
        significant = french_plan.significant(national)
        return PhoneNumber(territory.country_code, int(significant))
    mainland = PhoneNumber(french_plan.MAINLAND, int(national))
    return mainland if phonenumbers.is_valid_number(mainland) else number


def _objection(number: PhoneNumber, regions: Sequence[str]) -> Reason | None:
    """Return why this number may not be called, or None if it may."""
    code = number.country_code or 0
    national = phonenumbers.national_significant_number(number)
    home = {phonenumbers.country_code_for_region(region) for region in regions}
    if code in french_plan.COUNTRY_CODES & home and re.fullmatch("8[0-9]{8}", national):
        return Reason.SPECIAL  # also 0806 in the Antilles, which the metadata calls a landline
    if code in french_plan.COUNTRY_CODES and french_plan.is_fiction(national):
        return Reason.IMPOSSIBLE
    # Do not use `region_code_for_number`: it names one region only, so all mobiles of Saint-Martin
    # (MF) would be Guadeloupe's (GP).
    if any(phonenumbers.is_valid_number_for_region(number, region) for region in regions):
        if phonenumbers.number_type(number) not in CALLABLE_TYPES:
            return Reason.SPECIAL
        return None if E164.fullmatch(_e164(number)) else Reason.IMPOSSIBLE
    valid = phonenumbers.is_valid_number(number)
    territories = [t for t in french_plan.OVERSEAS if t.country_code == code]
    exact = [t for t in territories if national.startswith(t.prefixes)]
    home_regions = {region for t in exact or territories for region in t.regions}
    if home_regions and (valid or home_regions.isdisjoint(regions)):
        return Reason.OVERSEAS if "FR" in regions else Reason.FOREIGN
    # An invalid number that is certainly abroad is FOREIGN: to correct its digits would not help
    # the visitor.
    abroad = code not in home and phonenumbers.is_possible_number(number)
    return Reason.FOREIGN if valid or abroad else Reason.IMPOSSIBLE


def _is_short(number: PhoneNumber | None, region: str) -> bool:
    """Return whether this is a short number of the region, such as an emergency number."""
    return number is not None and phonenumbers.is_valid_short_number_for_region(number, region)


def _e164(number: PhoneNumber) -> str:
    """Return the number's E.164 text."""
    return phonenumbers.format_number(number, PhoneNumberFormat.E164)
