"""End sessions: when the browser closes, after some hours, and after a time without activity."""

import time
from collections.abc import Callable

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import SESSION_KEY, logout
from django.db import Error
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _

from callbacks.core import availability
from callbacks.public.http import database_errors
from callbacks.staff.common import background

BEGAN, SEEN = "signed_in_at", "seen_at"
# Activity is stored once in this many seconds, because each time costs a write.
GRAIN = 60
IDLE, OLD = "idle", "old"
_WHY = "session_ended"


def begin(request: HttpRequest) -> None:
    """Store when the session began: the person has just signed in."""
    request.session[BEGAN] = request.session[SEEN] = time.time()


def why(request: HttpRequest) -> str:
    """Return why the session ended, or an empty string if the person signed out."""
    reason: str = getattr(request, _WHY, "")
    return reason


def end_sessions(
    get_response: Callable[[HttpRequest], HttpResponse],
) -> Callable[[HttpRequest], HttpResponse]:
    """Return a middleware that ends sessions.

    It stands after the middleware of accounts and of messages.
    """

    def middleware(request: HttpRequest) -> HttpResponse:
        if request.path_info.startswith(settings.SESSION_COOKIE_PATH):
            try:
                _end_or_go_on(request)
            except Error as error:  # views handle this themselves, but none was called yet
                if not availability.is_database_away(error):
                    raise
                availability.database.failed(error)
                return database_errors.plain_page(request)
        return get_response(request)

    return middleware


def _end_or_go_on(request: HttpRequest) -> None:
    """End the session if it is too old or idle. Otherwise note the activity."""
    if SESSION_KEY not in request.session:
        return
    now = time.time()
    began, seen = request.session.get(BEGAN, 0.0), request.session.get(SEEN, 0.0)
    if now - began > settings.SESSION_HOURS * 3600:
        _end(request, OLD, _("Your session has expired. Sign in again."))
    elif now - seen > settings.SESSION_IDLE_MINUTES * 60:
        _end(request, IDLE, _("Your session ended because of inactivity. Sign in again."))
    elif now - seen > GRAIN and not background.is_refresh(request):
        request.session[SEEN] = now


def _end(request: HttpRequest, reason: str, sentence: str) -> None:
    """Sign the person out, and say why."""
    setattr(request, _WHY, reason)
    logout(request)
    messages.info(request, sentence)
