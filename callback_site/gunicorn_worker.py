"""gunicorn's worker with threads, with a limit on how long one request may take to arrive.

A thread reads a request from its first byte to its last, and gunicorn sets no limit for that. As
many clients as there are threads, each sending a byte now and then, would block the site. A proxy
such as nginx takes in the whole request first and so protects the site. This limit is for clients
that reach us without one.
"""

import http
import socket
import time
from contextlib import suppress
from typing import Any

import structlog
from django.conf import settings
from gunicorn.http import errors
from gunicorn.workers.gthread import ThreadWorker

from callback_site import headers

# Errors in our own answer. They are subclasses of ParseException, but the request is readable.
OURS = (errors.InvalidResponseHeader, errors.InvalidResponseHeaderName)
UNREADABLE = (
    errors.ParseException,
    errors.InvalidChunkSize,
    errors.InvalidChunkExtension,
    errors.ChunkMissingTerminator,
)
STATUSES: dict[type[Exception], http.HTTPStatus] = {
    errors.LimitRequestLine: http.HTTPStatus.REQUEST_URI_TOO_LONG,
    errors.LimitRequestHeaders: http.HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE,
    errors.UnsupportedTransferCoding: http.HTTPStatus.NOT_IMPLEMENTED,
}

log = structlog.get_logger(__name__)


class BoundedWorker(ThreadWorker):  # type: ignore[misc]
    """gunicorn's threaded worker, which cuts requests that arrive too slowly."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        # For each connection, when a thread began with its request (`time.monotonic`, in seconds).
        self._since: dict[Any, float] = {}

    def handle(self, connection: Any) -> Any:
        """Read and answer one request, in a thread of the pool."""
        self._since[connection] = time.monotonic()
        try:
            what_next = super().handle(connection)
        finally:
            del self._since[connection]
        # After a cut, nobody knows where another request on this connection would begin.
        return False if hasattr(connection, "was_cut") else what_next

    def handle_error(self, request: Any, sock: Any, address: Any, error: Exception) -> None:
        """Answer what is no HTTP, and so never reaches Django, with all our headers.

        gunicorn's own answer has none of them and repeats what the client sent. gunicorn's log
        names the client.
        """
        if isinstance(error, UNREADABLE) and not isinstance(error, OURS):
            status = STATUSES.get(type(error), http.HTTPStatus.BAD_REQUEST)
            log.warning("request_unreadable", error=type(error).__name__)
        else:
            status = http.HTTPStatus.INTERNAL_SERVER_ERROR
            log.error("answer_failed", exc_info=error)
        with suppress(OSError):
            sock.sendall(headers.plain_answer(status))

    def notify(self) -> None:
        """Cut the requests that have taken too long. The main loop calls it at least every second.

        Only reading is cut. A request that has arrived whole is still answered; its connection is
        then not used for another one.
        """
        super().notify()
        latest = time.monotonic() - settings.WEB_READ_TIMEOUT
        for connection, since in self._since.copy().items():
            if since < latest:
                connection.was_cut = True
                with suppress(OSError):
                    connection.sock.shutdown(socket.SHUT_RD)
