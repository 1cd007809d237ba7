"""Lead `/api/` to the API, and answer every error there with a problem document."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

from callbacks.abuse.key_rate_limit import Usage
from callbacks.api import cors, problems

PLACE = "/api/"
# In bytes. A request of the API is short.
LARGEST_BODY = 64 * 1024
# The headers of another part's answer that its problem document keeps.
KEPT = ("Allow", "Retry-After", "WWW-Authenticate")


def api(
    get_response: Callable[[HttpRequest], HttpResponse],
) -> Callable[[HttpRequest], HttpResponse]:
    """Return the middleware; it must come before any middleware that may answer with an error."""

    def middleware(request: HttpRequest) -> HttpResponse:
        if not request.path_info.startswith(PLACE):
            return get_response(request)
        # By its path: only a process that serves the API imports it.
        request.urlconf = "callbacks.api.routes"
        if cors.is_preflight(request):
            response = cors.preflight(request)
        elif refused := _refused(request):
            response = refused.response()
        else:
            response = get_response(request)
        if response.status_code >= 400 and not _is_problem(response):
            kept = {name: response.headers[name] for name in KEPT if name in response.headers}
            response = problems.of_status(response.status_code).response()
            for name, value in kept.items():
                response.headers[name] = value
        usage: Usage | None = getattr(request, "key_usage", None)
        if usage is not None:
            response.headers["RateLimit-Limit"] = str(usage.limit)
            response.headers["RateLimit-Remaining"] = str(usage.remaining)
            response.headers["RateLimit-Reset"] = str(usage.reset)
        response.headers["Cache-Control"] = "no-store"
        cors.mark(request, response)
        return response

    return middleware


def _refused(request: HttpRequest) -> problems.Problem | None:
    """Return why the body of the request is not read, or None if it may be."""
    length = request.META.get("CONTENT_LENGTH") or "0"
    if not (length.isascii() and length.isdigit()):
        return problems.Problem(problems.UNREADABLE)
    if len(length) > 9 or int(length) > LARGEST_BODY:
        return problems.Problem(problems.BODY_TOO_LARGE, f"At most {LARGEST_BODY} bytes are read.")
    if int(length) and request.content_type != "application/json":
        return problems.Problem(problems.NOT_JSON)
    return None


def _is_problem(response: HttpResponse) -> bool:
    return response.headers.get("Content-Type", "").startswith(problems.CONTENT_TYPE)
