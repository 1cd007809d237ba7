"""Choose the language of a public page, without reading or setting a cookie.

The languages are those of `settings.LANGUAGES`. A new language needs its `.po` file and no change
here.
"""

from dataclasses import dataclass

from django.conf import settings
from django.http import HttpRequest
from django.utils.translation import get_language_info, get_supported_language_variant
from django.utils.translation.trans_real import parse_accept_lang_header

from callbacks.models import CallRequest, Widget

PARAMETER = "lang"


@dataclass(frozen=True)
class Choice:
    """A language that the visitor can choose; `name` is written in that language."""

    code: str
    name: str


def of_form(request: HttpRequest, widget: Widget) -> str:
    """Return the widget's language if it has one, else the visitor's."""
    return _supported(widget.language) or of_visitor(request)


def of_visitor(request: HttpRequest) -> str:
    """Return the language of `?lang=`, else the browser's first supported one, else the site's."""
    if asked := _supported(request.GET.get(PARAMETER, "")):
        return asked
    for code, _quality in parse_accept_lang_header(request.headers.get("Accept-Language", "")):
        if code == "*":
            break
        if accepted := _supported(code):
            return accepted
    return settings.LANGUAGE_CODE


def of_request(call_request: CallRequest) -> str:
    """Return the language in which the request was made."""
    return _supported(call_request.language) or settings.LANGUAGE_CODE


def choices() -> list[Choice]:
    """Return all languages, in the order of the settings."""
    return [Choice(code, _own_name(code, str(name))) for code, name in settings.LANGUAGES]


def _own_name(code: str, name: str) -> str:
    try:
        return str(get_language_info(code)["name_local"]).capitalize()
    except KeyError:  # a language that Django does not know
        return name


def _supported(code: str) -> str | None:
    """Return the supported language for `code` or a variant of it, as the settings spell it."""
    try:
        found = get_supported_language_variant(code).lower()
    except LookupError:
        return None
    return next((code for code, _name in settings.LANGUAGES if code.lower() == found), None)
