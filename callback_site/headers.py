"""The headers of every answer, also where no other part of Django had the chance to set them."""

from collections.abc import Callable, Iterable
from http import HTTPStatus
from typing import Any

import structlog
from django.conf import settings
from django.core.handlers.wsgi import WSGIRequest
from django.http import HttpRequest, HttpResponse
from django.utils.csp import build_policy

# A call-back form needs none of these; nor does a page that it is framed in, through it.
PERMISSIONS_POLICY = (
    "accelerometer=(), camera=(), display-capture=(), geolocation=(), gyroscope=(), "
    "magnetometer=(), microphone=(), midi=(), payment=(), usb=()"
)
# In both languages: nothing that could choose one works where these are needed.
UNREADABLE = "This request cannot be read.\nCette requête est illisible.\n"
BROKEN = (
    "Sorry, something went wrong. Please try again in a moment.\n"
    "Désolé, une erreur s’est produite. Veuillez réessayer dans un instant.\n"
)

type Application = Callable[[dict[str, Any], Any], Iterable[bytes]]

log = structlog.get_logger(__name__)


def of_every_answer(path: str) -> dict[str, str]:
    """Return the headers that an answer to `path` has at least, in their strictest form.

    Cross-Origin-Resource-Policy is `cross-origin` where other sites are meant to load from:
    static files (the loader script and its icon) and the framed pages under `/embed/`.
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
    """Middleware, to stand first. A view that sets one of these itself keeps its own, and so does
    the middleware behind this one; but what that refuses itself has none."""

    def middleware(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        for name, value in of_every_answer(request.path_info).items():
            # Django's own pages about errors, while developing, need a style.
            if name != "Content-Security-Policy" or not settings.DEBUG:
                response.headers.setdefault(name, value)
        return response

    return middleware


def always(application: Application) -> Application:
    """Return the WSGI application with an answer that has all headers for each request.

    What raises before the first middleware or behind the last (a Content-Type that cannot be read,
    a page about an error that fails itself) would otherwise be answered by the web server.
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
    """Return a whole HTTP answer that says what is wrong and ends the connection."""
    headers, body = _plain(status, "")
    lines = [f"HTTP/1.1 {status.value} {status.phrase}", "Connection: close"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    return "\r\n".join([*lines, "", ""]).encode() + body


def _plain(status: HTTPStatus, path: str) -> tuple[dict[str, str], bytes]:
    """Return the headers and the body of an answer that nothing else of Django takes part in."""
    body = (BROKEN if status == HTTPStatus.INTERNAL_SERVER_ERROR else UNREADABLE).encode()
    own = {
        "Content-Type": "text/plain; charset=utf-8",
        "Content-Length": str(len(body)),
        "Cache-Control": "no-store",
    }
    return of_every_answer(path) | own, body


def _is_readable(environ: dict[str, Any]) -> bool:
    """Return whether Django can make a request of what came."""
    try:
        WSGIRequest(environ)
    except Exception:
        return False
    return True
