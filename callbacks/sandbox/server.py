"""The HTTP server: one thread for each connection, kept alive. It logs no request."""

import functools
import ipaddress
import itertools
import socket
import socketserver
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from callbacks.sandbox import events
from callbacks.sandbox.messages import Answer, refusal
from callbacks.sandbox.reading import Unreadable, read_request
from callbacks.sandbox.routes import answer
from callbacks.sandbox.state import Sandbox
from callbacks.sandbox.wire import send, wait_until_gone


class SandboxServer(ThreadingHTTPServer):
    """A server on a loopback address. Creating it raises `OSError` if the port is in use."""

    daemon_threads = True
    request_queue_size = 512
    allow_reuse_port = False

    def __init__(self, host: str, port: int, sandbox: Sandbox) -> None:
        self.sandbox = sandbox
        self.connections = itertools.count(sandbox.calls.last_connection + 1)
        if ipaddress.ip_address(host).version == 6:
            self.address_family = socket.AF_INET6
        super().__init__((host, port), Handler)

    def server_bind(self) -> None:
        """Bind without the name look-up of `HTTPServer`, which may be slow."""
        socketserver.TCPServer.server_bind(self)

    @property
    def port(self) -> int:
        """Return the port that it listens on."""
        return int(self.server_address[1])

    @property
    def url(self) -> str:
        """Return its address, such as `http://127.0.0.1:8010/`."""
        host = str(self.server_address[0])
        return f"http://[{host}]:{self.port}/" if ":" in host else f"http://{host}:{self.port}/"

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Ignore callers that hang up. Report anything else: it is a mistake in the sandbox."""
        if not isinstance(sys.exception(), OSError):
            super().handle_error(request, client_address)


class Handler(BaseHTTPRequestHandler):
    """One connection."""

    protocol_version = "HTTP/1.1"
    timeout = 60
    disable_nagle_algorithm = True
    server: SandboxServer

    def setup(self) -> None:
        """Give the connection its number."""
        super().setup()
        self.number, self.requests = next(self.server.connections), 0

    def serve(self) -> None:
        """Read one request and answer it."""
        # Keep-alive is as in HTTP/1.1. No caller of the sandbox needs it with an older version.
        if self.request_version != "HTTP/1.1":
            self.close_connection = True
        try:
            self.requests += 1
            request = read_request(
                self.command,
                self.path,
                self.headers,
                self.rfile,
                connection=self.number,
                place=self.requests,
                wait_until_gone=functools.partial(wait_until_gone, self.connection),
            )
        except Unreadable as problem:
            self._send(problem.answer, close=True)
            return
        reply = answer(self.server.sandbox, request)
        if reply is events.STREAM:
            self.close_connection = True
            events.stream(self.server.sandbox, self.connection.sendall)
        else:
            self._send(reply, close=self.close_connection)

    do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = do_OPTIONS = do_TRACE = serve

    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:
        """Refuse what is not HTTP, and unknown methods."""
        self._send(refusal(int(code), "bad_request", "The request can't be read"), close=True)

    def log_message(self, format: str, *args: object) -> None:
        """Log nothing: requests carry phone numbers and secrets."""

    def _send(self, reply: Answer, *, close: bool) -> None:
        """Note the status and send the answer. Close the connection if needed."""
        calls = self.server.sandbox.calls
        if reply.send is not None and reply.delivery in ("whole", "drip"):
            # Noted before it is sent, so that a caller that has the answer finds it noted.
            calls.answered(reply.send, reply.status, dict(reply.headers).get("Retry-After"))
        try:
            alive = send(self.connection, reply, close=close, with_body=self.command != "HEAD")
        except OSError:
            alive = False
            if reply.send is not None:
                calls.answered(reply.send, None)
        self.close_connection = not alive
        if reply.delivery == "reset":
            # Closed here, both directions at once. The server's own shutdown would send FIN first.
            self.rfile.close()
            self.connection.close()
