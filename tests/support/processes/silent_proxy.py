"""Run a TCP proxy that can fall silent, like a machine that vanished or a cable that was pulled.

    with SilentProxy("127.0.0.1", port) as proxy:
        connect(proxy.port)
        proxy.fall_silent()    # connections stay open, nothing passes any more
        proxy.speak()          # what was held back passes, new connections work

`fall_silent_after(marker)` does this automatically, once a message with these bytes has passed to
the server: then the server has acted on it, and its answer never arrives.
"""

import socket
import threading
from contextlib import suppress
from types import TracebackType
from typing import Self

CHUNK = 65536


class SilentProxy:
    """A proxy for a `with` statement; it listens on the loopback, on `port`."""

    def __init__(self, host: str, port: int, *, own_port: int = 0) -> None:
        """Listen on `own_port`, or on any free port; pass everything to `host` and `port`."""
        self._target = (host, port)
        self._listener = socket.create_server(("127.0.0.1", own_port))
        self.port: int = self._listener.getsockname()[1]
        self._speaks = threading.Event()
        self._speaks.set()
        self._marker = b""
        # Set once the proxy has fallen silent.
        self.has_fallen_silent = threading.Event()
        self._sockets: list[socket.socket] = []
        self._ended = False

    def fall_silent(self) -> None:
        self._speaks.clear()
        self.has_fallen_silent.set()

    def fall_silent_after(self, marker: bytes) -> None:
        self.has_fallen_silent.clear()
        self._marker = marker

    def speak(self) -> None:
        self._marker = b""
        self._speaks.set()

    def __enter__(self) -> Self:
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._ended = True
        # Only a shutdown wakes a thread that waits in `accept`.
        for one in [self._listener, *self._sockets]:
            with suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
            one.close()
        self._speaks.set()

    def _accept(self) -> None:
        while not self._ended:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            try:
                server = socket.create_connection(self._target)
            except OSError:
                client.close()
                continue
            self._sockets += [client, server]
            for source, sink, to_server in ((client, server, True), (server, client, False)):
                threading.Thread(
                    target=self._pass, args=(source, sink, to_server), daemon=True
                ).start()

    def _pass(self, source: socket.socket, sink: socket.socket, to_server: bool) -> None:
        with suppress(OSError):
            while data := source.recv(CHUNK):
                self._speaks.wait()
                if is_last := bool(to_server and self._marker and self._marker in data):
                    # The server still gets this message; after it, nothing passes.
                    self._speaks.clear()
                sink.sendall(data)
                if is_last:
                    self.has_fallen_silent.set()
            self._speaks.wait()
            sink.shutdown(socket.SHUT_WR)
