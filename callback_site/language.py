"""Begin each request in its visitor's language."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.utils import translation


def first_language(
    get_response: Callable[[HttpRequest], HttpResponse],
) -> Callable[[HttpRequest], HttpResponse]:
    """Activate the language that the browser asks for, before anything can refuse the request.

    Django's `LocaleMiddleware` does the same, but stands behind what refuses hosts and bodies.
    Their error pages would be in the language of whoever this thread answered last.
    """

    def middleware(request: HttpRequest) -> HttpResponse:
        translation.activate(translation.get_language_from_request(request))
        return get_response(request)

    return middleware
