"""Refuse bodies that are too long or end too soon, so that half a form is never accepted.

And send none in answer to HEAD.
"""

from collections.abc import Callable, Iterable
from io import BytesIO
from typing import Any

from django.conf import settings
from django.core.exceptions import BadRequest, RequestDataTooBig
from django.http import HttpRequest, HttpResponse

from callback_site.headers import Application


class Incomplete(BadRequest):
    """The connection ended before the body did. Django answers 400, whichever view reads it.

    As an `OSError`, it would become an `UnreadablePostError`, which most views answer with 500.
    """


class WholeBody:
    """The body as Django reads it: exactly `length` bytes, or `Incomplete` is raised."""

    def __init__(self, stream: Any, length: int) -> None:
        self._stream = stream
        self._left = length

    def read(self, size: int = -1) -> bytes:
        """Return at most `size` bytes, or all the rest; raise `Incomplete` if too few come."""
        wanted = self._left if size < 0 else min(size, self._left)
        found = _arrived(self._stream.read, wanted)
        if len(found) < wanted:
            raise Incomplete("the body ended too soon")
        self._left -= wanted
        return found

    def readline(self, size: int = -1) -> bytes:
        """Return a line of at most `size` bytes; raise `Incomplete` if the body ends too soon."""
        wanted = self._left if size < 0 else min(size, self._left)
        found = _arrived(self._stream.readline, wanted)
        if len(found) < wanted and not found.endswith(b"\n"):
            raise Incomplete("the body ended too soon")
        self._left -= len(found)
        return found


def _arrived(read: Callable[[int], bytes], wanted: int) -> bytes:
    """Return what `read` gives; raise `Incomplete` if the connection broke."""
    try:
        return read(wanted)
    except OSError as error:
        raise Incomplete("the connection broke") from error


def whole(application: Application) -> Application:
    """Wrap the WSGI application, so that it never takes part of a body for the whole.

    A body in chunks names no length, and Django would take it for an empty one. It is read here.
    """

    def wrapped(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        is_chunked = "chunked" in environ.get("HTTP_TRANSFER_ENCODING", "").lower()
        if is_chunked and environ.get("wsgi.input_terminated"):
            _join_chunks(environ)
        length = environ.get("CONTENT_LENGTH") or "0"
        if length.isascii() and length.isdigit() and len(length) < 20:
            environ["wsgi.input"] = WholeBody(environ["wsgi.input"], int(length))
        return application(environ, start_response)

    return wrapped


def _join_chunks(environ: dict[str, Any]) -> None:
    """Put the body with its length in the place of its chunks.

    Of a body that is too long, one byte more is read than is taken. One that cannot be read gets a
    length that it does not have, so that it is refused where it is needed.
    """
    try:
        body: bytes = environ["wsgi.input"].read(settings.LARGEST_BODY + 1)
        length = len(body)
    except Exception:  # each server has errors of its own for a chunk that is none
        body, length = b"", 1
    environ["wsgi.input"], environ["CONTENT_LENGTH"] = BytesIO(body), str(length)


def without_body_of_head(application: Application) -> Application:
    """Wrap the WSGI application, so that HEAD is answered with headers alone (RFC 9110, 9.3.2).

    Django leaves this to the server. gunicorn drops the body too, but logs a warning each time, and
    monitors send HEAD all day.
    """

    def wrapped(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        is_head = environ["REQUEST_METHOD"] == "HEAD"
        answer = application(environ, start_response)
        if not is_head:
            return answer
        if hasattr(answer, "close"):
            answer.close()
        return []

    return wrapped


def bounded(
    get_response: Callable[[HttpRequest], HttpResponse],
) -> Callable[[HttpRequest], HttpResponse]:
    """Answer 400 to a body that is too long, and to a null character in the query.

    This middleware must stand before everything that may read a body. Django's own limit does not
    count files, and Django reads them before anybody has signed in. No parameter of ours contains a
    null character, and PostgreSQL refuses one with an error.
    """

    def middleware(request: HttpRequest) -> HttpResponse:
        length = request.META.get("CONTENT_LENGTH") or "0"
        if length.isascii() and length.isdigit() and int(length[:20]) > settings.LARGEST_BODY:
            raise RequestDataTooBig("a body of that length is not read")
        # The whole site is UTF-8. The encoding that a request names may not even exist.
        request.encoding = "utf-8"
        if "%00" in request.META.get("QUERY_STRING", ""):
            raise BadRequest("a null character in the query")
        return get_response(request)

    return middleware
