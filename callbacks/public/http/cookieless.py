"""Cookies are the admin's alone: outside it they are dropped before anything can read one.

So no public page depends on a cookie or sets one, whatever else of this host sends here: a
session that Django does not know would be answered by a cookie, and a language by another page.
"""

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse


def cookieless(
    get_response: Callable[[HttpRequest], HttpResponse],
) -> Callable[[HttpRequest], HttpResponse]:
    """Middleware; to stand before all that may look at a cookie."""

    def middleware(request: HttpRequest) -> HttpResponse:
        if not request.path_info.startswith(settings.SESSION_COOKIE_PATH):
            request.META.pop("HTTP_COOKIE", None)
        return get_response(request)

    return middleware
