"""Run a server that does on each connection what a test tells it, well-formed or not.

A script is a function of the connection. It runs once the whole request has been read. When it
returns, the connection is closed.
"""

import contextlib
import json
import socket
import ssl
import struct
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

CERTS = Path(__file__).parent / "certs"
PATIENCE = 10.0  # seconds; a test that waits this long has failed


@dataclass(frozen=True)
class Request:
    """What one connection received, byte for byte."""

    raw: bytes

    @property
    def line(self) -> str:
        return self.raw.split(b"\r\n", 1)[0].decode()

    @property
    def path(self) -> str:
        return self.line.split(" ")[1] if " " in self.line else ""

    @property
    def headers(self) -> dict[str, str]:
        """The headers, by name in lower case.

        Raises:
            AssertionError: a header was sent twice.
        """
        lines = self.raw.split(b"\r\n\r\n", 1)[0].decode("latin-1").split("\r\n")[1:]
        pairs = [line.split(": ", 1) for line in lines]
        headers = {name.lower(): value for name, value in pairs}
        assert len(headers) == len(pairs)
        return headers

    @property
    def body(self) -> bytes:
        return self.raw.partition(b"\r\n\r\n")[2]


class Connection:
    """The server's end of a connection, as a script sees it."""

    def __init__(self, sock: socket.socket, stopping: threading.Event) -> None:
        self._sock = sock
        self._stopping = stopping

    def send(self, data: bytes) -> None:
        self._sock.sendall(data)

    def wait_until_left(self) -> None:
        """Return when the client has closed the connection."""
        with contextlib.suppress(OSError):
            while self._sock.recv(4096):
                pass

    def drip(self, piece: bytes) -> None:
        """Send `piece` every 10 ms until the client has closed the connection."""
        with contextlib.suppress(OSError):
            while not self._stopping.wait(0.01):
                self._sock.sendall(piece)

    def reset(self) -> None:
        """Reset the connection (RST) instead of closing it."""
        self._sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        socket.socket.close(self._sock)


Script = Callable[[Connection], None]


def answer(
    status: int = 200,
    body: bytes | str | dict = b"",  # type: ignore[type-arg]
    headers: dict[str, str] | None = None,
) -> Script:
    """Return a script that sends a complete answer."""
    if isinstance(body, dict):
        body = json.dumps(body)
    if isinstance(body, str):
        body = body.encode()
    lines = [f"HTTP/1.1 {status} Some Reason", f"Content-Length: {len(body)}"]
    lines += [f"{name}: {value}" for name, value in (headers or {}).items()]
    head = "\r\n".join(lines).encode("latin-1") + b"\r\n\r\n"
    return lambda connection: connection.send(head + body)


def token(value: str = "a-token", **fields: object) -> Script:
    """Return a script that sends the token endpoint's answer."""
    return answer(200, {"access_token": value, "token_type": "Bearer", **fields})


def sends(data: bytes) -> Script:
    """Return a script that sends these bytes and closes the connection."""
    return lambda connection: connection.send(data)


def sends_and_hangs(data: bytes = b"") -> Script:
    """Return a script that sends these bytes, and then nothing."""

    def script(connection: Connection) -> None:
        connection.send(data)
        connection.wait_until_left()

    return script


def sends_and_resets(data: bytes = b"") -> Script:
    """Return a script that sends these bytes and resets the connection."""

    def script(connection: Connection) -> None:
        connection.send(data)
        connection.reset()

    return script


def sends_and_drips(data: bytes, piece: bytes) -> Script:
    """Return a script that sends these bytes, and then `piece` again and again."""

    def script(connection: Connection) -> None:
        connection.send(data)
        connection.drip(piece)

    return script


class ScriptedServer:
    """Plays the scripts planned for a path, one for each request; the last one repeats."""

    def __init__(self, certificate: str = "", greeting: bytes = b"") -> None:
        """Listen; with a `certificate` of ours speak TLS, and send `greeting` first."""
        self.requests: list[Request] = []
        self.connections = 0
        self.plans: dict[str, list[Script]] = {}
        self._stopping = threading.Event()
        self._threads: list[threading.Thread] = []
        self._open: set[socket.socket] = set()
        self._lock = threading.Lock()
        self._arrived = threading.Condition(self._lock)
        self._greeting = greeting
        self._tls = None
        if certificate:
            self._tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            self._tls.load_cert_chain(CERTS / f"{certificate}.pem", CERTS / "key.pem")
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=128)
        self.port = self._listener.getsockname()[1]
        self._start(self._accept)

    def url(self, path: str, host: str = "127.0.0.1") -> str:
        return f"{'https' if self._tls else 'http'}://{host}:{self.port}{path}"

    def plan(self, path: str, *scripts: Script) -> None:
        self.plans[path] = list(scripts)

    def requests_for(self, path: str) -> list[Request]:
        with self._lock:
            return [request for request in self.requests if request.path == path]

    def wait_for_requests(self, count: int) -> None:
        """Return once `count` requests have arrived."""
        with self._arrived:
            assert self._arrived.wait_for(lambda: len(self.requests) >= count, PATIENCE)

    def wait_for_connections(self, count: int) -> None:
        """Return once `count` connections have been accepted."""
        with self._arrived:
            assert self._arrived.wait_for(lambda: self.connections >= count, PATIENCE)

    def stop(self) -> None:
        self._stopping.set()
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        with self._lock:
            for sock in self._open:
                with contextlib.suppress(OSError):
                    socket.socket.shutdown(sock, socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join(PATIENCE)
            assert not thread.is_alive()

    def _start(self, work: Callable[..., None], *arguments: object) -> None:
        thread = threading.Thread(target=work, args=arguments, daemon=True)
        self._threads.append(thread)
        thread.start()

    def _accept(self) -> None:
        while not self._stopping.is_set():
            try:
                sock, _ = self._listener.accept()
            except OSError:
                return
            sock.settimeout(PATIENCE)
            with self._arrived:
                self._open.add(sock)
                self.connections += 1
                self._arrived.notify_all()
            self._start(self._serve, sock)

    def _serve(self, plain: socket.socket) -> None:
        sock = plain
        try:
            plain.sendall(self._greeting)
            if self._tls:
                sock = self._tls.wrap_socket(plain, server_side=True)
            request = _read_request(sock)
            with self._arrived:
                self.requests.append(request)
                self._arrived.notify_all()
                scripts = self.plans.get(request.path, [])
                script = scripts.pop(0) if len(scripts) > 1 else (scripts or [sends(b"")])[0]
            script(Connection(sock, self._stopping))
        except OSError:
            pass  # the client closed the connection first
        finally:
            with self._lock:
                self._open.discard(plain)
            sock.close()
            plain.close()


def _read_request(sock: socket.socket) -> Request:
    raw = b""
    while b"\r\n\r\n" not in raw or len(raw) < _full_length(raw):
        piece = sock.recv(65536)
        if not piece:
            break
        raw += piece
    return Request(raw)


def _full_length(raw: bytes) -> int:
    head, _, _ = raw.partition(b"\r\n\r\n")
    for line in head.split(b"\r\n"):
        name, _, value = line.partition(b": ")
        if name.lower() == b"content-length":
            return len(head) + 4 + int(value)
    return len(head) + 4
