"""The headers of every answer, even where no other part of Django could set them."""

from collections.abc import Callable, Iterable
from http import HTTPStatus
from typing import Any

import structlog
from django.conf import settings
from django.core.handlers.wsgi import WSGIRequest
from django.http import HttpRequest, HttpResponse
from django.utils.csp import build_policy

from callbacks.api import problems

# The form needs none of these features, nor does a page that frames it need them for the form.
PERMISSIONS_POLICY = (
    "accelerometer=(), camera=(), display-capture=(), geolocation=(), gyroscope=(), "
    "magnetometer=(), microphone=(), midi=(), payment=(), usb=()"
)
# In both languages, because nothing that chooses a language works where these texts are needed.
UNREADABLE = "This request cannot be read.\nCette requête est illisible.\n"
BROKEN = (
    "Sorry, something went wrong. Please try again in a moment.\n"
    "Désolé, une erreur s’est produite. Veuillez réessayer dans un instant.\n"
)

type Application = Callable[[dict[str, Any], Any], Iterable[bytes]]

log = structlog.get_logger(__name__)


def of_every_answer(path: str) -> dict[str, str]:
    """Return the headers that an answer to `path` has at least, in their strictest form.

    `Cross-Origin-Resource-Policy` is `cross-origin` for what other sites load: static files (the
    loader script and its icon) and the framed pages under `/embed/`.
    """
    shared = path.startswith(("/static/", "/embed/"))
    return {
        "Content-Security-Policy": build_policy(settings.SECURE_CSP),
        "Cross-Origin-Opener-Policy": settings.SECURE_CROSS_ORIGIN_OPENER_POLICY,
        "Cross-Origin-Resource-Policy": "cross-origin" if shared else "same-origin",
        "Permissions-Policy": PERMISSIONS_POLICY,
        "Referrer-Policy": settings.SECURE_REFERRER_POLICY,
        "X-Content-Type-Options": "nosniff",
    }


def extra_headers(
    get_response: Callable[[HttpRequest], HttpResponse],
) -> Callable[[HttpRequest], HttpResponse]:
    """Set the headers that an answer does not have yet.

    This middleware must stand first. A view that sets one of these headers keeps its own, and so
    does a later middleware. An answer by which a later middleware refuses a request has none yet.
    """

    def middleware(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        for name, value in of_every_answer(request.path_info).items():
            # Django's own error pages, shown during development, need inline styles.
            if name != "Content-Security-Policy" or not settings.DEBUG:
                response.headers.setdefault(name, value)
        return response

    return middleware


def always(application: Application) -> Application:
    """Wrap the WSGI application, so that every request gets an answer with all headers.

    An error before the first middleware or after the last would otherwise be answered by the web
    server. Examples are a Content-Type that cannot be read, and an error page that itself fails.
    """

    def wrapped(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        as_it_came = environ.copy()  # Django changes it
        try:
            return application(environ, start_response)
        except Exception as error:
            if _is_readable(as_it_came):
                status = HTTPStatus.INTERNAL_SERVER_ERROR
                log.exception("answer_failed")
            else:
                status = HTTPStatus.BAD_REQUEST
                log.warning("request_unreadable", error=type(error).__name__)
        headers, body = _plain(status, as_it_came.get("PATH_INFO", ""))
        start_response(f"{status.value} {status.phrase}", list(headers.items()))
        return [body]

    return wrapped


def plain_answer(status: HTTPStatus) -> bytes:
    """Return a whole HTTP answer, as bytes, that says what is wrong and closes the connection."""
    headers, body = _plain(status, "")
    lines = [f"HTTP/1.1 {status.value} {status.phrase}", "Connection: close"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    return "\r\n".join([*lines, "", ""]).encode() + body


def _plain(status: HTTPStatus, path: str) -> tuple[dict[str, str], bytes]:
    """Return the headers and the body of an answer that needs nothing else of Django."""
    is_broken = status == HTTPStatus.INTERNAL_SERVER_ERROR
    body = (BROKEN if is_broken else UNREADABLE).encode()
    content_type = "text/plain; charset=utf-8"
    if path.startswith("/api/"):
        body = problems.of_status(status).response().content
        content_type = problems.CONTENT_TYPE
    own = {
        "Content-Type": content_type,
        "Content-Length": str(len(body)),
        "Cache-Control": "no-store",
    }
    return of_every_answer(path) | own, body


def _is_readable(environ: dict[str, Any]) -> bool:
    """Return whether Django can build a request from this environment."""
    try:
        WSGIRequest(environ)
    except Exception:
        return False
    return True
