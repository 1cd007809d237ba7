"""Show a widget's form as visitors will see it, before it is saved.

A script sends the fields of the admin's form, and shows the answer in a frame. The frame runs no
script and sends no form. No other site can frame it.
"""

import json
import re
from typing import Any, cast

from django.conf import settings
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpRequest, HttpResponse, QueryDict
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import translation
from django.views.decorators.http import require_POST, require_safe

from callbacks.accounts.roles import may_see_widgets
from callbacks.contact import number_sentences, phone_numbers
from callbacks.models import Widget, WidgetText
from callbacks.models.extra_fields import read
from callbacks.models.widget import default_regions
from callbacks.public.form import extra_fields
from callbacks.public.form.typed import Typed
from callbacks.public.http import stylesheet
from callbacks.visitor_mails import events as visitor_mails
from callbacks.widgets import texts

_COLOUR = re.compile("#[0-9a-fA-F]{6}")
_COMPANY = ("company_name", "contact", "privacy_url", "caller_number")
_FIELDS = (
    *("heading", "introduction", "button", "consent"),
    *("sales_call_notice", "pause_message"),
)


@require_POST
def page(request: HttpRequest) -> HttpResponse:
    """Return the public page for the fields of the admin's form, in `preview_language`."""
    if not may_see_widgets(request.user):
        raise PermissionDenied
    sent = request.POST
    codes = [code for code, _name in settings.LANGUAGES]
    code = sent.get("preview_language", "")
    code = code if code in codes else settings.LANGUAGE_CODE
    colour = sent.get("accent_colour", "")
    if not _COLOUR.fullmatch(colour):
        colour = str(Widget._meta.get_field("accent_colour").default)
    widget = _widget(sent, colour)
    with translation.override(code):
        words = texts.completed(_own_text(sent, code), widget)
        if sent.get("is_paused"):
            template, context = "staff/preview_paused.html", {"title": texts.paused_heading()}
        else:
            template, context = "staff/preview_form.html", {}
        html = render_to_string(
            template,
            context
            | {
                "widget": widget,
                "mails_visitors": visitor_mails.is_wanted(widget),
                "texts": words,
                "number_hint": number_sentences.hint(widget.allowed_regions),
                "text": words.pause_message,
                "typed": Typed(widget),
                "extra_fields": extra_fields.shown(widget, {}, {}),
                "stylesheet": reverse("admin:callbacks_widget_preview_style", args=[colour[1:]]),
            },
        )
    return HttpResponse(html)


def _widget(sent: QueryDict, colour: str) -> Widget:
    """Return the widget in the form, without what is wrong in it."""
    known = phone_numbers.supported_regions()
    widget = Widget(
        accent_colour=colour,
        email_required=bool(sent.get("email_required")),
        mails_visitors=bool(sent.get("mails_visitors")),
        shows_sales_call_notice=bool(sent.get("shows_sales_call_notice")),
        allowed_regions=[code for code in sent.getlist("allowed_regions") if code in known]
        or default_regions(),
        extra_fields=_fields(sent),
        **{name: sent.get(name, "") for name in _COMPANY},
    )
    try:
        widget.clean()
    except ValidationError as error:
        for name in error.message_dict:
            if name in _COMPANY:
                setattr(widget, name, "")
    return widget


def _fields(sent: QueryDict) -> list[Any]:
    """Return the additional fields of the widget, which the page sends as they are stored."""
    try:
        stored = json.loads(sent.get("previewed_fields", "[]"))
        read(stored)
    except (ValueError, RecursionError, ValidationError):
        return []
    return cast(list[Any], stored)


def _own_text(sent: QueryDict, code: str) -> WidgetText:
    """Return the texts in this language that stand in the form."""
    try:
        count = min(int(sent.get("texts-TOTAL_FORMS", "")), len(settings.LANGUAGES) + 1)
    except ValueError:
        count = 0
    for number in range(count):
        prefix = f"texts-{number}"
        if sent.get(f"{prefix}-language") == code and not sent.get(f"{prefix}-DELETE"):
            return WidgetText(**{name: sent.get(f"{prefix}-{name}", "") for name in _FIELDS})
    return WidgetText()


@require_safe
def style(request: HttpRequest, colour: str) -> HttpResponse:
    """Return the style sheet of the public pages in this colour: six hexadecimal digits."""
    if not may_see_widgets(request.user):
        raise PermissionDenied
    return HttpResponse(stylesheet.built(f"#{colour}"), content_type="text/css; charset=utf-8")
