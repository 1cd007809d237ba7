"""The public holidays of a country, or of a part of it.

A place is an ISO 3166 code: "FR", or with the part of the country "FR-57" (Moselle) or "FR-974"
(Réunion). The library `holidays` knows the days. Its list of the French ones follows the Code du
travail, articles L3133-1 (eleven days), L3134-13 (Alsace and Moselle) and L3422-2 (overseas).
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from functools import cache, lru_cache
from importlib import import_module
from typing import TYPE_CHECKING, Any

from django.core.exceptions import ValidationError
from django.utils.text import slugify
from django.utils.translation import gettext_lazy as _

if TYPE_CHECKING:
    from holidays import HolidayBase

LONGEST_PLACE = 6
"""Characters: two for the country, a hyphen, and three at most for the part."""


@dataclass(frozen=True, order=True)
class Holiday:
    """A public holiday in one year.

    `key` stays the same from year to year and in each language: it is the holiday's name in the
    country's own language, in lower case and with hyphens. A substitute for a holiday on a Sunday
    has the key of that holiday.
    """

    day: date
    key: str
    name: str


@cache
def places() -> frozenset[str]:
    """Return the codes of all places whose public holidays are known.

    The library also has parts without an ISO code (the zones of school holidays, a few towns).
    They are left out.
    """
    found = set()
    for country, parts in _library().list_supported_countries(include_aliases=False).items():
        found.add(country)
        found |= {
            f"{country}-{part}"
            for part in parts
            if len(part) <= 3 and part.isascii() and (part.isdigit() or part.isupper())
        }
    return frozenset(found)


@cache
def names_of_parts() -> dict[str, str]:
    """Return the names of parts of countries by their codes: "FR-974" is "La Réunion".

    They are in the country's own languages. Parts whose names the library does not have are left
    out.
    """
    found: dict[str, list[str]] = {}
    for country in {place.partition("-")[0] for place in places() if "-" in place}:
        for name, part in _class(country).subdivisions_aliases.items():
            if not name.isupper():  # other codes of the same part
                found.setdefault(f"{country}-{part}", []).append(name)
    return {place: " / ".join(names) for place, names in found.items() if place in places()}


def check(place: str) -> None:
    """Validate the code of a place.

    Raises:
        ValidationError: if no public holidays are known for it.
    """
    if place not in places():
        raise ValidationError(
            _(
                "No public holidays are known for %(place)s. Use the code of a country, or of a "
                "part of it: FR, FR-57 (Moselle), FR-6AE (Alsace), FR-974 (Réunion), BE."
            ),
            params={"place": place},
            code="unknown_place",
        )


def in_year(place: str, year: int, language: str) -> list[Holiday]:
    """Return the public holidays of `place` in `year`, in order, with names in `language`.

    A name that the library does not have in `language` is in the country's own language.
    """
    own = _calendar(place, year, _own_language(place))
    translated = _calendar(place, year, _supported(place, language))
    result = []
    for day in sorted(own):
        names, shown = own.get_list(day), translated.get_list(day)
        if len(names) > 1:  # each list is in the order of its own alphabet
            shown = [translated.tr(name) for name in names]
        result += [Holiday(day, _key(name), text) for name, text in zip(names, shown, strict=True)]
    return result


def between(place: str, switched_off: Collection[str], first: date, last: date) -> frozenset[date]:
    """Return the public holidays of `place` from `first` to `last`.

    Those whose keys are in `switched_off` are left out. A day with two holidays remains if one of
    them does. If `place` is "", there are none.
    """
    if not place:
        return frozenset()
    years = range(first.year, last.year + 1)
    calendars = (_calendar(place, year, _own_language(place)) for year in years)
    return frozenset(
        day
        for calendar in calendars
        for day in calendar
        if first <= day <= last
        and any(_key(name) not in switched_off for name in calendar.get_list(day))
    )


@lru_cache(maxsize=100)
def _calendar(place: str, year: int, language: str | None) -> "HolidayBase":
    country, _hyphen, part = place.partition("-")
    calendar: HolidayBase = _library().country_holidays(
        country, subdiv=part or None, years=year, language=language
    )
    return calendar


@cache
def _library() -> Any:
    """Return the library. It takes 10 MB, which most processes never need."""
    return import_module("holidays")


def _own_language(place: str) -> str | None:
    """Return the language in which the library holds the names; None if it has only one."""
    return _class(place).default_language


def _supported(place: str, language: str) -> str | None:
    """Return the library's code for `language` ("en" may be "en_US"), or the place's own."""
    supported = _class(place).supported_languages
    known = (code for code in sorted(supported) if code.partition("_")[0] == language)
    return next(known, _own_language(place))


@cache
def _class(place: str) -> "type[HolidayBase]":
    return type(_library().country_holidays(place.partition("-")[0]))


def _key(name: str) -> str:
    """Return the key for a name in the country's own language.

    The library marks substitutes and estimated days in brackets at the end of the name.
    """
    return slugify(name.partition(" (")[0], allow_unicode=True)
