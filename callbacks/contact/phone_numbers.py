"""Which numbers may be called, and why not.

A number is callable when it is a landline, a mobile or a VoIP line of a region that the widget
allows. Valid is not enough: Google's metadata (`phonenumbers`) also calls valid a premium-rate
number, and reads the national spelling of several overseas numbers as a mainland landline.
"""

import re
import unicodedata
from collections.abc import Iterator, Sequence
from enum import StrEnum

import phonenumbers
from phonenumbers import PhoneNumber, PhoneNumberFormat, PhoneNumberType, ValidationResult

from callbacks.contact import french_plan
from callbacks.contact.e164 import E164Number, Number
from callbacks.contact.invisible import is_invisible

# The longest honest spelling ("tel:+33 (0)6 …, poste 1234") is shorter; what is longer is not
# worth the parser's time.
MAX_LENGTH = 40

# As dialled within France, the 0 included.
FRENCH_DIGITS = 10

# Of any number with its country's code.
FEWEST_DIGITS, MOST_DIGITS = 4, 15

# E.164 has 15 digits at most; the metadata of some countries (DE, AT) has longer and shorter ones.
E164 = re.compile(r"\+[1-9][0-9]{6,14}")

CALLABLE_TYPES = frozenset(
    {
        PhoneNumberType.FIXED_LINE,
        PhoneNumberType.MOBILE,
        PhoneNumberType.FIXED_LINE_OR_MOBILE,
        PhoneNumberType.VOIP,
    }
)


# What people put between digits: Unicode's spaces (no-break, narrow, thin…) and dashes, and these.
_SEPARATOR_CATEGORIES = frozenset({"Zs", "Pd"})
_SEPARATORS = frozenset("\t./()[]·•\u2044\u2212\u2215\uff0e\uff0f\uff08\uff09")

# 08 belongs to no territory.
_NATIONAL = re.compile("[1-79][0-9]{8}")

_EXTENSION = re.compile(
    r"(?s)^(?P<number>.*?\d)[\s()\-.]*"
    r"(?:;?\s*ext(?:ension|n)?\.?\s*=?|poste?\.?|int(?:erne)?\.?|p\.|x|\#|;|,+)"
    r"[\s:.]*\d{1,9}[\s)#]*$"
)


class Reason(StrEnum):
    """Why a number is not called."""

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
    """The number may not be called. `reason` is for machines; `number_sentences.of` says it to the
    visitor. Neither they nor `str()` contain the number.

    `french_digits`: how many digits were typed, where they can only be meant as a number dialled
    within France.
    """

    def __init__(self, reason: Reason, french_digits: int | None = None) -> None:
        super().__init__(str(reason))
        self.reason = reason
        self.french_digits = french_digits


def parse(typed: str, regions: Sequence[str] = ("FR",)) -> E164Number:
    """The number, from what a visitor typed.

    `regions` are the ISO 3166 codes of the regions that may be called. A national spelling is read
    as one of FR when that is allowed, else of the first region in which it is a number. What has
    the shape of a French number is read by no other country where France is allowed: the same
    digits may ring a stranger there.
    Raises NumberRefused, and nothing else, for every text that is not a callable number.
    """
    text = _cleaned(typed)
    if text is None:
        raise NumberRefused(Reason.EMAIL if "@" in typed else Reason.TOO_LONG)
    if not text:
        raise NumberRefused(Reason.EMPTY)
    if extended := _EXTENSION.match(text):
        parse(extended["number"], regions)  # any other objection is more useful to the visitor
        raise NumberRefused(Reason.EXTENSION)
    digits = _dialled(text)
    if digits is None:
        raise NumberRefused(_no_digits(text))
    french = [region for region in regions if region in french_plan.REGIONS]
    readers = french if french and french_plan.is_dialled(digits) else regions
    for number, region in _readings(digits, readers):
        reason = _objection(number, regions)
        if reason is None:
            return E164Number.of(_e164(number))
        if reason is Reason.IMPOSSIBLE and _is_short(number, region):
            reason = Reason.SHORT
        if reason is not Reason.IMPOSSIBLE:
            # It is a number, only not one to call: read by another region it may ring a stranger.
            raise NumberRefused(reason)
    if re.fullmatch("[1-9][0-9]{1,3}", digits) or _is_short(_read(digits, "FR"), "FR"):
        raise NumberRefused(Reason.SHORT)
    is_french = digits.startswith("0") and french_plan.REGIONS.issuperset(regions)
    raise NumberRefused(_length(digits, regions), len(digits) if is_french else None)


def search_forms(typed: str, regions: Sequence[str]) -> list[str]:
    """The E.164 numbers that a staff member may mean by `typed`, likeliest first, in any spelling
    and with a remark around it ("06 … (mobile)"); [] if there is none. Never raises."""
    text = _cleaned(typed) or ""
    if extended := _EXTENSION.match(text):
        text = extended["number"]
    text = re.sub("^[^0-9+]+", "", text)
    digits = _dialled(text[:1] + re.sub("[^0-9]", "", text[1:]))
    if digits is None:
        return []
    numbers = [number for number, _region in _readings(digits, regions)]
    if unprefixed := _read("+" + digits.removeprefix("+"), None):
        numbers.append(_settled(unprefixed))  # 33612345678, as other systems store it
    return list(dict.fromkeys(_e164(n) for n in numbers if phonenumbers.is_valid_number(n)))


def masked(number: Number) -> str:
    """The number for lists and logs: country code, first group and last two digits, such as
    "+33 6 •• •• •• 78". Four digits at least are hidden, so that a short number shows less; a text
    that is no number is hidden altogether. Never raises."""
    read = _read(str(number), None)
    if read is None:
        return "••••"
    code = f"+{read.country_code}"
    rest = displayed(number).removeprefix(code).strip()
    places = [place for place, character in enumerate(rest) if character.isdigit()]
    group = len(rest) - len(rest.lstrip("0123456789"))
    choices = (places[group:-2], places[:-2])
    hidden = next((choice for choice in choices if len(choice) >= 4), places)
    return f"{code} " + "".join("•" if i in hidden else c for i, c in enumerate(rest))


def displayed(number: Number) -> str:
    """The number as staff read it, in international format; a text that is no number comes back
    as it is. Never raises."""
    read = _read(str(number), None)
    if read is None:
        return str(number)
    return phonenumbers.format_number(read, PhoneNumberFormat.INTERNATIONAL)


def supported_regions() -> list[str]:
    """The ISO 3166 codes that `regions` may contain, sorted."""
    return sorted(phonenumbers.SUPPORTED_REGIONS)


def _cleaned(typed: str) -> str | None:
    """`typed` in lower case with ASCII digits, without what is not seen; None when it is too
    long."""
    typed = typed.strip()
    if len(typed) > MAX_LENGTH:
        return None
    seen = (c for c in typed if not is_invisible(c))
    text = "".join(str(unicodedata.decimal(c)) if c.isdecimal() else c for c in seen)
    return text.lower().strip().removeprefix("tel:").strip()


def _dialled(text: str) -> str | None:
    """The digits alone, after a "+" when they begin with a country code; None when there is
    anything else in the text."""
    kept = "".join(
        c
        for c in text.replace("\uff0b", "+")
        if c not in _SEPARATORS and unicodedata.category(c) not in _SEPARATOR_CATEGORIES
    )
    if not re.fullmatch(r"\+?[0-9]+", kept):
        return None
    return re.sub(r"^\+?00", "+", kept)


def _no_digits(text: str) -> Reason:
    """Return what is wrong with a text that cannot be dialled."""
    if "@" in text:
        return Reason.EMAIL
    return Reason.LETTERS if any(c.isalpha() for c in text) else Reason.CHARACTERS


def _length(digits: str, regions: Sequence[str]) -> Reason:
    """Return whether the digits are too few or too many for every region, or IMPOSSIBLE."""
    count = len(digits.removeprefix("+"))
    if digits.startswith("0") and french_plan.REGIONS.issuperset(regions):
        lengths = {(count > FRENCH_DIGITS) - (count < FRENCH_DIGITS)}
    elif count < FEWEST_DIGITS or count > MOST_DIGITS:
        lengths = {1 if count > MOST_DIGITS else -1}
    else:
        lengths = {_too_long(number) for number, _region in _readings(digits, regions)}
    return {frozenset({1}): Reason.TOO_LONG, frozenset({-1}): Reason.TOO_SHORT}.get(
        frozenset(lengths), Reason.IMPOSSIBLE
    )


def _too_long(number: PhoneNumber) -> int:
    """Return 1 for a number that is too long for its country, -1 for one that is too short."""
    found = phonenumbers.is_possible_number_with_reason(number)
    return (found == ValidationResult.TOO_LONG) - (found == ValidationResult.TOO_SHORT)


def _readings(digits: str, regions: Sequence[str]) -> Iterator[tuple[PhoneNumber, str]]:
    """What the digits may mean, with the region that reads them so, FR first."""
    if digits.startswith("+"):
        if (number := _read(digits, None)) is not None:
            region = phonenumbers.region_code_for_country_code(number.country_code or 0)
            settled = _settled(number)
            # Typed with a code from overseas: then no number of the mainland was meant.
            is_mainland = settled.country_code == french_plan.MAINLAND != number.country_code
            yield number if is_mainland else settled, region
        return
    for region in sorted(regions, key=lambda code: code != "FR"):
        if (number := _read(digits, region)) is not None:
            yield _settled(number), region


def _read(text: str, region: str | None) -> PhoneNumber | None:
    try:
        return phonenumbers.parse(text, region)
    except phonenumbers.NumberParseException:
        return None


def _settled(number: PhoneNumber) -> PhoneNumber:
    """A number of the French plan under the country code to which its block belongs, so that one
    phone is one number however it is typed: +33 692… and +594 976 2… are La Réunion's."""
    national = phonenumbers.national_significant_number(number)
    if number.country_code not in french_plan.COUNTRY_CODES or not _NATIONAL.fullmatch(national):
        return number
    if (territory := french_plan.territory_of(national)) is not None:
        significant = french_plan.significant(national)
        return PhoneNumber(territory.country_code, int(significant))
    mainland = PhoneNumber(french_plan.MAINLAND, int(national))
    return mainland if phonenumbers.is_valid_number(mainland) else number


def _objection(number: PhoneNumber, regions: Sequence[str]) -> Reason | None:
    """Why this number may not be called, or None."""
    code = number.country_code or 0
    national = phonenumbers.national_significant_number(number)
    home = {phonenumbers.country_code_for_region(region) for region in regions}
    if code in french_plan.COUNTRY_CODES & home and re.fullmatch("8[0-9]{8}", national):
        return Reason.SPECIAL  # also 0806 in the Antilles, a landline in the metadata
    if code in french_plan.COUNTRY_CODES and french_plan.is_fiction(national):
        return Reason.IMPOSSIBLE
    # Not region_code_for_number: it names one region only, so all mobiles of Saint-Martin (MF)
    # would be Guadeloupe's (GP).
    if any(phonenumbers.is_valid_number_for_region(number, region) for region in regions):
        if phonenumbers.number_type(number) not in CALLABLE_TYPES:
            return Reason.SPECIAL
        return None if E164.fullmatch(_e164(number)) else Reason.IMPOSSIBLE
    valid = phonenumbers.is_valid_number(number)
    territories = [t for t in french_plan.OVERSEAS if t.country_code == code]
    exact = [t for t in territories if national.startswith(t.prefixes)]
    owners = {region for t in exact or territories for region in t.regions}
    if owners and (valid or owners.isdisjoint(regions)):
        return Reason.OVERSEAS if "FR" in regions else Reason.FOREIGN
    # Not valid, but abroad in any case: correcting the digits would not help the visitor.
    abroad = code not in home and phonenumbers.is_possible_number(number)
    return Reason.FOREIGN if valid or abroad else Reason.IMPOSSIBLE


def _is_short(number: PhoneNumber | None, region: str) -> bool:
    return number is not None and phonenumbers.is_valid_short_number_for_region(number, region)


def _e164(number: PhoneNumber) -> str:
    return phonenumbers.format_number(number, PhoneNumberFormat.E164)
