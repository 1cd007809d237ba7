"""Find the request whose token stands in the address."""

from collections.abc import Callable
from functools import wraps

from django.http import HttpRequest, HttpResponse

from callbacks.models import CallRequest
from callbacks.public.http import decorators, responses

type RequestView = Callable[[HttpRequest, CallRequest], HttpResponse]


def find(token: str) -> CallRequest | None:
    """Return the request with this token, and its widget; None if there is none."""
    return CallRequest.objects.select_related("widget", "offered_by").filter(token=token).first()


def page(*methods: str) -> Callable[[RequestView], decorators.View]:
    """Return a decorator that makes a view of a request a public page, found by its token.

    An unknown token gives 404. For `methods`, see `decorators.public_page`.
    """

    def decorate(view: RequestView) -> decorators.View:
        @wraps(view)
        def found(request: HttpRequest, token: str) -> HttpResponse:
            call_request = find(token)
            if call_request is None:
                return responses.not_found(request)
            return view(request, call_request)

        return decorators.public_page(*methods)(found)

    return decorate
