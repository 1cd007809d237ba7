"""Ends a connection at a set time, whatever its peer does.

requests' read time-out starts anew with each byte that arrives, so a peer that drips bytes could
hold a worker for ever.
"""

import contextlib
import socket
import threading


class Watchdog:
    """Shuts ``sock`` down after ``seconds``, unless stopped before; ``fired`` says if it did."""

    def __init__(self, sock: socket.socket, seconds: float) -> None:
        self.fired = False
        # A handle of our own on the same connection. The socket itself may be closed by its user
        # at any moment and its number reused; and shutting an SSLSocket down unwraps it first, so
        # that another thread could send what follows in clear.
        self._handle = socket.fromfd(sock.fileno(), sock.family, sock.type)
        self._timer = threading.Timer(max(seconds, 0), self._fire)
        self._timer.daemon = True
        self._timer.start()

    def _fire(self) -> None:
        self.fired = True
        with contextlib.suppress(OSError):  # the peer was faster
            self._handle.shutdown(socket.SHUT_RDWR)

    def stop(self) -> None:
        """Lets go of the connection; it can't be shut down from here any more."""
        self._timer.cancel()
        self._timer.join()
        self._handle.close()
