"""Run a TCP proxy that can fall silent: to each side, the other side seems to have vanished."""

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from tests.support.servers import free_port

CHUNK = 65536


class SilentProxy:
    """Passes bytes on between `port` and `target`, unless it is silent."""

    def __init__(self, target: int) -> None:
        self.port = free_port()
        self._target = target
        self._is_silent = threading.Event()
        self._pairs: set[tuple[socket.socket, socket.socket]] = set()
        self._lock = threading.Lock()
        self._listener = socket.create_server(("127.0.0.1", self.port), backlog=64)
        threading.Thread(target=self._accept, name="proxy", daemon=True).start()

    def fall_silent(self) -> None:
        """Pass nothing on from now on; keep connections open, and accept new ones."""
        self._is_silent.set()

    def speak(self) -> None:
        """Pass bytes on again; drop all earlier connections on both sides."""
        with self._lock:
            pairs, self._pairs = self._pairs, set()
        for pair in pairs:
            for end in pair:
                _drop(end)
        self._is_silent.clear()

    def close(self) -> None:
        """Close the proxy."""
        self.speak()
        self._listener.close()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client: socket.socket) -> None:
        try:
            server = socket.create_connection(("127.0.0.1", self._target), timeout=5)
        except OSError:
            _drop(client)
            return
        server.settimeout(None)
        pair = (client, server)
        for end in pair:
            end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        with self._lock:
            self._pairs.add(pair)
        for source, sink in (pair, (server, client)):
            threading.Thread(target=self._pump, args=(pair, source, sink), daemon=True).start()

    def _pump(
        self,
        pair: tuple[socket.socket, socket.socket],
        source: socket.socket,
        sink: socket.socket,
    ) -> None:
        with suppress(OSError):
            while content := source.recv(CHUNK):
                if self._is_silent.is_set():
                    self._stay(pair)
                    return
                sink.sendall(content)
        if self._is_silent.is_set():  # tell nobody that one side has gone
            self._stay(pair)
            return
        with self._lock:
            self._pairs.discard(pair)
        for end in pair:
            _drop(end)

    def _stay(self, pair: tuple[socket.socket, socket.socket]) -> None:
        """Return once the pair was dropped."""
        while pair in self._pairs:
            time.sleep(0.05)


def _drop(end: socket.socket) -> None:
    with suppress(OSError):
        end.shutdown(socket.SHUT_RDWR)
    end.close()


@contextmanager
def silent_proxy(target: int) -> Iterator[SilentProxy]:
    """Run a proxy in front of that port until the block ends."""
    proxy = SilentProxy(target)
    try:
        yield proxy
    finally:
        proxy.close()
