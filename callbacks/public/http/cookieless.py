"""Drop every cookie outside the admin, before anything can read it.

So no public page depends on a cookie or sets one. Other applications on the same host may send
cookies here. Without this, Django would answer an unknown session with a new cookie, and a language
cookie would change the page.
"""

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse


def cookieless(
    get_response: Callable[[HttpRequest], HttpResponse],
) -> Callable[[HttpRequest], HttpResponse]:
    """Return the middleware; it must come before any middleware that reads cookies."""

    def middleware(request: HttpRequest) -> HttpResponse:
        if not request.path_info.startswith(settings.SESSION_COOKIE_PATH):
            request.META.pop("HTTP_COOKIE", None)
        return get_response(request)

    return middleware
