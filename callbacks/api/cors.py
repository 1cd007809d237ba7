"""Let the pages of a widget's allowed sites read the API's answers (CORS, Fetch standard).

Only two addresses are for browsers; all others are for servers. No answer allows credentials,
because the API reads none that a browser would send.
"""

from django.db import Error
from django.http import HttpRequest, HttpResponse
from django.utils.cache import patch_vary_headers

from callbacks.api import problems
from callbacks.core import origins
from callbacks.widgets import cache as widget_cache

# The addresses for browsers: /api/v1/widgets/{id}/ and one of these, with its method.
METHODS = {"form": "GET", "requests": "POST"}
HEADERS = "Content-Type, Idempotency-Key"
# In seconds: how long a browser may remember the answer to a preflight.
REMEMBERED = 600


def _place(request: HttpRequest) -> tuple[str, str] | None:
    """Return the widget's public ID and the last part of the address, if it is for browsers."""
    match request.path_info.split("/"):
        case ["", "api", "v1", "widgets", public_id, last] if last in METHODS:
            return public_id, last
    return None


def is_allowed(request: HttpRequest, known: widget_cache.Known) -> bool:
    """Return whether a page of one of the widget's allowed sites sent the request."""
    origin = request.headers.get("Origin", "")
    # Browsers write an origin in one way only. An entry with a wildcard is not an origin.
    is_one = "*" not in origin and origin == origin.lower().strip().rstrip("/")
    return is_one and origins.allows(known.widget.allowed_origins, origin)


def is_preflight(request: HttpRequest) -> bool:
    """Return whether a browser asks whether a page may send a request."""
    asked = request.headers.get("Access-Control-Request-Method")
    return request.method == "OPTIONS" and asked is not None and _place(request) is not None


def preflight(request: HttpRequest) -> HttpResponse:
    """Answer a preflight. `mark` adds the headers that allow the request, if it is allowed."""
    if _is_from_an_allowed_site(request):
        return HttpResponse(status=204)
    return problems.Problem(problems.ORIGIN_NOT_ALLOWED).response()


def mark(request: HttpRequest, response: HttpResponse) -> None:
    """Set the headers that let the page read the answer, if one of the widget's sites asked."""
    place = _place(request)
    if place is None:
        return
    patch_vary_headers(response, ["Origin"])
    if not _is_from_an_allowed_site(request):
        return
    response.headers["Access-Control-Allow-Origin"] = request.headers["Origin"]
    response.headers["Access-Control-Expose-Headers"] = "Retry-After"
    if is_preflight(request):
        response.headers["Access-Control-Allow-Methods"] = METHODS[place[1]]
        response.headers["Access-Control-Allow-Headers"] = HEADERS
        response.headers["Access-Control-Max-Age"] = str(REMEMBERED)


def _is_from_an_allowed_site(request: HttpRequest) -> bool:
    place = _place(request)
    if place is None or "Origin" not in request.headers:
        return False
    try:
        known = widget_cache.find(place[0])
    except Error:  # the database is unavailable: the answer says so, to no page in particular
        return False
    return known is not None and is_allowed(request, known)
