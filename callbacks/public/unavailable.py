"""An honest page while the database is away: nothing promised, and nothing lost.

It is made without any database. What was typed comes along in the page, with the same form token,
so that *Try again* can never lead to a second call.
"""

from collections.abc import Callable
from functools import wraps
from typing import Any

import structlog
from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse

from callbacks.public import answer, asked_from, bots, identity, language

log = structlog.get_logger(__name__)

RETRY_AFTER_SECONDS = 15
FIELDS = (
    "form_token",
    "number",
    "email",
    "consent",
    bots.TRAP,
    bots.PROOF,
    *asked_from.FIELDS,
    *identity.FIELDS,
)


def said_honestly(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Answers 503 when `view` finds the database away."""

    @wraps(view)
    def wrapped(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        try:
            return view(request, *args, **kwargs)
        except (OperationalError, InterfaceError) as error:
            log.error("database_away", error=type(error).__name__)
            return _page(request)

    return wrapped


def _page(request: HttpRequest) -> HttpResponse:
    typed = {name: request.POST[name] for name in FIELDS if name in request.POST}
    response = answer.render(
        request,
        "public/unavailable.html",
        {"is_post": request.method == "POST", "typed": typed, "address": request.get_full_path()},
        code=language.of_visitor(request),
        status=503,
    )
    response.headers["Retry-After"] = str(RETRY_AFTER_SECONDS)
    return response
