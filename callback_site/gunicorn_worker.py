"""gunicorn's threads, with an end to how long one request may take to arrive.

A thread reads a request from its first byte to its last, and gunicorn itself sets no time for it:
as many clients as there are threads, each sending a byte now and then, would shut the site. A proxy
that takes in the whole request first, as nginx does, keeps them away; this is for whoever comes
past it.
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

# What our own answer may get wrong is none of them.
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
    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        # Since when (`time.monotonic`) a thread has been at each connection's request.
        self._since: dict[Any, float] = {}

    def handle(self, connection: Any) -> Any:
        """Reads and answers one request, in a thread."""
        self._since[connection] = time.monotonic()
        try:
            what_next = super().handle(connection)
        finally:
            del self._since[connection]
        # What another request on it would come to is not known.
        return False if hasattr(connection, "was_cut") else what_next

    def handle_error(self, request: Any, sock: Any, address: Any, error: Exception) -> None:
        """Answer what is no HTTP, and so never reaches Django, with all headers.

        gunicorn's own answer has none of them, and says again what came; its log says who sent it.
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
        """Called by the main loop each second at the latest.

        A request that arrived whole and is still being answered loses nothing: only its
        connection is not used for another one.
        """
        super().notify()
        latest = time.monotonic() - settings.WEB_READ_TIMEOUT
        for connection, since in self._since.copy().items():
            if since < latest:
                connection.was_cut = True
                with suppress(OSError):
                    connection.sock.shutdown(socket.SHUT_RD)
