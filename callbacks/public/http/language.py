"""Which language a visitor reads: no cookie is asked, and none is set.

The languages are those of `settings.LANGUAGES`; another one needs its `.po` file and nothing here.
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
    """A language to switch to, named in itself."""

    code: str
    name: str


def of_form(request: HttpRequest, widget: Widget) -> str:
    """The widget's own, if it has one, else the visitor's."""
    return _supported(widget.language) or of_visitor(request)


def of_visitor(request: HttpRequest) -> str:
    """What `?lang=` names, else the browser's first that we have, else the site's."""
    if asked := _supported(request.GET.get(PARAMETER, "")):
        return asked
    for code, _quality in parse_accept_lang_header(request.headers.get("Accept-Language", "")):
        if code == "*":
            break
        if accepted := _supported(code):
            return accepted
    return settings.LANGUAGE_CODE


def of_request(call_request: CallRequest) -> str:
    """The language in which the request was made."""
    return _supported(call_request.language) or settings.LANGUAGE_CODE


def choices() -> list[Choice]:
    """All languages, in the order of the settings."""
    return [Choice(code, _own_name(code, str(name))) for code, name in settings.LANGUAGES]


def _own_name(code: str, name: str) -> str:
    try:
        return str(get_language_info(code)["name_local"]).capitalize()
    except KeyError:  # a language that Django does not know
        return name


def _supported(code: str) -> str | None:
    """`code`, or the language that it is a variant of, as the settings spell it."""
    try:
        found = get_supported_language_variant(code).lower()
    except LookupError:
        return None
    return next((code for code, _name in settings.LANGUAGES if code.lower() == found), None)
