"""Choose the language of a public page, without reading or setting a cookie."""

from django.conf import settings
from django.http import HttpRequest
from django.utils.translation.trans_real import parse_accept_lang_header

from callbacks.models import CallRequest, Widget
from callbacks.widgets.languages import PARAMETER, supported


def of_form(request: HttpRequest, widget: Widget, asked: str = "") -> str:
    """Return the widget's language if it has one, else `asked`, else the visitor's."""
    return supported(widget.language) or supported(asked) or of_visitor(request)


def of_visitor(request: HttpRequest) -> str:
    """Return the language of `?lang=`, else the browser's first supported one, else the site's."""
    if asked := supported(request.GET.get(PARAMETER, "")):
        return asked
    for code, _quality in parse_accept_lang_header(request.headers.get("Accept-Language", "")):
        if code == "*":
            break
        if accepted := supported(code):
            return accepted
    return settings.LANGUAGE_CODE


def of_request(call_request: CallRequest) -> str:
    """Return the language in which the request was made."""
    return supported(call_request.language) or settings.LANGUAGE_CODE
