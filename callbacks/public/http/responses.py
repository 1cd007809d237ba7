"""Build the responses of the public views.

Templates are rendered without the request, so that no context processor touches the session or the
CSRF cookie.
"""

from collections.abc import Mapping
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.loader import render_to_string
from django.utils import translation
from django.utils.translation import gettext_lazy as _

from callbacks.intake.errors import Sentence
from callbacks.models import Widget
from callbacks.public.embed import frame
from callbacks.public.http import language, stylesheet


def render(
    request: HttpRequest,
    template: str,
    context: Mapping[str, Any],
    *,
    code: str,
    status: int = 200,
) -> HttpResponse:
    """Return the page that `template` gives in the language `code`, marked `noindex`."""
    return page(rendered(request, template, context, code=code), code=code, status=status)


def rendered(request: HttpRequest, template: str, context: Mapping[str, Any], *, code: str) -> str:
    """Return the text of `template` in the language `code`."""
    with translation.override(code):
        return render_to_string(template, {"frame": frame.of(request), **context})


def page(text: str, *, code: str, status: int = 200) -> HttpResponse:
    """Return the response with this text: it names its language, and search engines skip it."""
    response = HttpResponse(text, status=status)
    response.headers["Content-Language"] = code
    response.headers["X-Robots-Tag"] = "noindex"
    return response


def message(
    request: HttpRequest,
    status: int,
    *,
    title: Sentence,
    text: Sentence,
    link: str = "",
    link_text: Sentence = "",
    widget: Widget | None = None,
) -> HttpResponse:
    """Return a page with one message in the visitor's language, and a link if one is given.

    With a `widget`, the page has its colour and names its contact.
    """
    context: dict[str, Any] = {"title": title, "text": text, "link": link, "link_text": link_text}
    if widget is not None:
        context |= {"widget": widget, "stylesheet": stylesheet.address(widget)}
    return render(
        request,
        "public/message.html",
        context,
        code=language.of_form(request, widget) if widget else language.of_visitor(request),
        status=status,
    )


def see_other(address: str) -> HttpResponse:
    """Redirect to `address` by GET (303), so that a reload does not send the form again."""
    return HttpResponseRedirect(address, status=303)


def not_found(request: HttpRequest, widget: Widget | None = None) -> HttpResponse:
    """Answer 404; name the contact of `widget`, if the page once was one of a widget."""
    return message(
        request,
        404,
        widget=widget,
        title=_("Page not found"),
        text=_(
            "If you typed the address, check that it is complete. If you followed a link, the page "
            "may no longer be available."
        ),
    )
