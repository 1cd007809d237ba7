"""Bodies that are too long, or end too soon: half a form must not be taken for a whole one."""

from collections.abc import Callable, Iterable
from typing import Any

from django.conf import settings
from django.core.exceptions import BadRequest, RequestDataTooBig
from django.http import HttpRequest, HttpResponse

from callback_site.headers import Application


class Incomplete(OSError):
    """The connection ended before the body did. Django answers it as a post it cannot read."""


class WholeBody:
    """What Django reads of a request's body: `length` bytes, or `Incomplete`."""

    def __init__(self, stream: Any, length: int) -> None:
        self._stream = stream
        self._left = length

    def read(self, size: int = -1) -> bytes:
        wanted = self._left if size < 0 else min(size, self._left)
        found: bytes = self._stream.read(wanted)
        if len(found) < wanted:
            raise Incomplete("the body ended too soon")
        self._left -= wanted
        return found

    def readline(self, size: int = -1) -> bytes:
        wanted = self._left if size < 0 else min(size, self._left)
        found: bytes = self._stream.readline(wanted)
        if len(found) < wanted and not found.endswith(b"\n"):
            raise Incomplete("the body ended too soon")
        self._left -= len(found)
        return found


def whole(application: Application) -> Application:
    """The WSGI application, given only bodies that arrived whole."""

    def wrapped(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        length = environ.get("CONTENT_LENGTH") or "0"
        if length.isascii() and length.isdigit() and len(length) < 20:
            environ["wsgi.input"] = WholeBody(environ["wsgi.input"], int(length))
        return application(environ, start_response)

    return wrapped


def bounded(
    get_response: Callable[[HttpRequest], HttpResponse],
) -> Callable[[HttpRequest], HttpResponse]:
    """Middleware, to stand before all that may read a body: answers 400 to one that is too long.

    Django's own limit does not count files, and reads them before anybody has signed in. And to
    a null character in a query: no parameter has one, and PostgreSQL fails at it.
    """

    def middleware(request: HttpRequest) -> HttpResponse:
        length = request.META.get("CONTENT_LENGTH") or "0"
        if length.isascii() and length.isdigit() and int(length[:20]) > settings.LARGEST_BODY:
            raise RequestDataTooBig("a body of that length is not read")
        # All of the site is UTF-8. What a request says of itself may be no text encoding at all.
        request.encoding = "utf-8"
        if "%00" in request.META.get("QUERY_STRING", ""):
            raise BadRequest("a null character in the query")
        return get_response(request)

    return middleware
