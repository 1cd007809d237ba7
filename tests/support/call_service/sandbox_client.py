"""Call the sandbox correctly, so that a test can get one detail wrong."""

import contextlib
import json
import socket
from http.client import HTTPConnection
from typing import Any, NamedTuple
from urllib.parse import urlencode

from tests.support.sandbox_process import SandboxProcess

CALL = {"originate": "bot", "destination": "+33612345678", "email": "Zoé@Example.fr"}


class Reply(NamedTuple):
    status: int
    headers: Any
    body: bytes

    def json(self) -> Any:
        return json.loads(self.body)


class Client:
    """A client with a new connection for each request; a header of None is left out."""

    def __init__(self, sandbox: SandboxProcess) -> None:
        self.sandbox = sandbox
        self._token: str | None = None
        self._open = contextlib.ExitStack()

    def __enter__(self):
        return self

    def __exit__(self, *_problem):
        self._open.close()

    def send(self, method, path, body=None, headers=None, timeout=10) -> Reply:
        connection = HTTPConnection("127.0.0.1", self.sandbox.port, timeout=timeout)
        with contextlib.closing(connection):
            kept = {name: value for name, value in (headers or {}).items() if value is not None}
            connection.request(method, path, body, kept)
            answer = connection.getresponse()
            return Reply(answer.status, answer.headers, answer.read())

    def form(self) -> dict[str, str]:
        return {
            "client_id": self.sandbox.client_id,
            "client_secret": self.sandbox.client_secret,
            "grant_type": "client_credentials",
            "scope": "openid",
        }

    def ask_token(self, form=None, headers=None, path="/sandbox/token", timeout=10) -> Reply:
        """Ask for a token; `form` is a mapping, pairs, or bytes that are sent as they are."""
        body = form if isinstance(form, bytes) else urlencode(form or self.form())
        content_type = {"Content-Type": "application/x-www-form-urlencoded"}
        return self.send("POST", path, body, content_type | (headers or {}), timeout)

    def token(self) -> str:
        """Return a valid token; it is fetched once."""
        if self._token is None:
            self._token = self.ask_token().json()["access_token"]
        return self._token

    def call_headers(self, **changes) -> dict[str, str]:
        return {
            "Authorization": f"Bearer {self.token()}",
            "Accept": "application/json",
            "Content-Type": "application/json",
            **{name.replace("_", "-"): value for name, value in changes.items()},
        }

    def call(
        self, content=CALL, path="/sandbox/api/startcall", timeout=10, **header_changes
    ) -> Reply:
        """Start a call; `content` becomes JSON, or is bytes that are sent as they are."""
        body = content if isinstance(content, bytes) else json.dumps(content).encode()
        return self.send("POST", path, body, self.call_headers(**header_changes), timeout)

    def raw(self, data: bytes = b"") -> socket.socket:
        """Send `data` on a new connection and return it; it is closed when the test ends."""
        connection = socket.create_connection(("127.0.0.1", self.sandbox.port), timeout=10)
        self._open.enter_context(contextlib.closing(connection))
        connection.sendall(data)
        return connection

    def raw_call(self) -> bytes:
        """Return the bytes of a valid startcall request."""
        body = json.dumps(CALL).encode()
        lines = [
            "POST /sandbox/api/startcall HTTP/1.1",
            "Host: 127.0.0.1",
            *(f"{name}: {value}" for name, value in self.call_headers().items()),
            f"Content-Length: {len(body)}",
        ]
        return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


def read_all(connection: socket.socket) -> bytes:
    """Return everything up to the end of the connection."""
    return b"".join(iter(lambda: connection.recv(65536), b""))
