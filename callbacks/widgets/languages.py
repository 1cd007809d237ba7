"""The languages of a form: those of `settings.LANGUAGES`.

A new language needs its `.po` file and no change here.
"""

from dataclasses import dataclass

from django.conf import settings
from django.utils.translation import get_language_info, get_supported_language_variant

PARAMETER = "lang"


@dataclass(frozen=True)
class Choice:
    """A language that the visitor can choose; `name` is written in that language."""

    code: str
    name: str


def choices() -> list[Choice]:
    """Return all languages, in the order of the settings."""
    return [Choice(code, _own_name(code, str(name))) for code, name in settings.LANGUAGES]


def _own_name(code: str, name: str) -> str:
    try:
        return str(get_language_info(code)["name_local"]).capitalize()
    except KeyError:  # a language that Django does not know
        return name


def supported(code: str) -> str | None:
    """Return the supported language for `code` or a variant of it, as the settings spell it.

    Return None if there is none.
    """
    try:
        found = get_supported_language_variant(code).lower()
    except LookupError:
        return None
    return next((code for code, _name in settings.LANGUAGES if code.lower() == found), None)
