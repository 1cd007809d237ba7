"""Answer clearly while the database is unavailable: promise nothing, and lose nothing.

The page needs no database. It keeps what the visitor typed, with the same form token, so *Try
again* never leads to a second call.
"""

import sys
from collections.abc import Callable
from functools import wraps
from typing import Any

from django.db import Error, connection
from django.http import HttpRequest, HttpResponse
from django.views.defaults import server_error

from callbacks.core import availability
from callbacks.intake import extra_form_fields
from callbacks.models import Widget
from callbacks.public.form import bot_checks, identity, visit_source
from callbacks.public.http import language, responses
from callbacks.public.status import click_offer
from callbacks.widgets import cache as widget_cache

RETRY_AFTER_SECONDS = 15
FIELDS = (
    "form_token",
    "key",
    click_offer.FIELD,
    "number",
    "email",
    "when",
    "consent",
    bot_checks.TRAP,
    bot_checks.PROOF,
    *visit_source.FIELDS,
    *identity.FIELDS,
)


def with_outage_page(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Decorate `view` to answer 503 while the database is unavailable."""

    @wraps(view)
    def wrapped(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        try:
            return view(request, *args, **kwargs)
        except Error as error:
            if not availability.is_database_away(error):
                raise
            availability.database.failed(error)
            return _page(request)

    return wrapped


class DatabaseMayBeAway:
    """Middleware: answer for the admin and all other pages while the database is unavailable.

    It also notes the end of the outage in the log.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if not availability.database.is_away:
            return self._get_response(request)
        answered = False

        def note(execute: Callable[..., Any], *statement: Any) -> Any:
            nonlocal answered
            result = execute(*statement)
            answered = True
            return result

        with connection.execute_wrapper(note):
            response = self._get_response(request)
        # Only a page that queried the database proves that the database is back.
        if answered and response.status_code < 500:
            availability.database.recovered()
        return response

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        """Answer an error of the database that a view raised; return None for any other error."""
        if not availability.is_database_away(error):
            return None
        availability.database.failed(error)
        return plain_page(request)


def broken(request: HttpRequest) -> HttpResponse:
    """Answer an error that no view caught, such as a session that could not be read or saved."""
    error = sys.exception()
    if error is None or not availability.is_database_away(error):
        return server_error(request)
    availability.database.failed(error)
    return plain_page(request)


def typed(request: HttpRequest) -> dict[str, str]:
    """Return what the visitor sent, as hidden fields of a form that can be sent again."""
    return {
        name: str(value)
        for name, value in request.POST.items()
        if name in FIELDS or name.startswith(extra_form_fields.PREFIX)
    }


def plain_page(request: HttpRequest) -> HttpResponse:
    """Return the outage page without a form, so that staff check before they repeat an action."""
    response = responses.render(
        request,
        "503.html",
        {"address": request.path},
        code=language.of_visitor(request),
        status=503,
    )
    response.headers["Retry-After"] = str(RETRY_AFTER_SECONDS)
    response.headers["Cache-Control"] = "no-store"
    return response


def _page(request: HttpRequest) -> HttpResponse:
    """Return the outage page, with what the visitor typed in a form that can be sent again."""
    context = {
        "is_post": request.method == "POST",
        "typed": typed(request),
        "address": request.get_full_path(),
        "widget": _widget(request),
    }
    code = language.of_visitor(request)
    response = responses.render(request, "public/unavailable.html", context, code=code, status=503)
    response.headers["Retry-After"] = str(RETRY_AFTER_SECONDS)
    return response


def _widget(request: HttpRequest) -> Widget | None:
    """Return the widget of this page as this process last read it, or None."""
    kwargs = request.resolver_match.kwargs if request.resolver_match else {}
    return widget_cache.last_known.get(kwargs.get("public_id", ""))
