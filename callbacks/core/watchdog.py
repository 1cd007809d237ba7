"""End a connection at a set time, whatever the other side does.

The read time-out of `requests` begins anew with each byte that arrives, so a server that sends one
byte at a time could hold a worker for ever. One thread watches all connections of the process. A
thread for each would cost a call as much as its own connection does.
"""

import contextlib
import heapq
import itertools
import os
import socket
import threading
import time


class Watchdog:
    """Shuts `sock` down after `seconds`, unless stopped before. `fired` says whether it did."""

    def __init__(self, sock: socket.socket, seconds: float) -> None:
        self.fired = False
        # A second handle on the same connection. The user of `sock` may close it at any moment, and
        # its number may then be reused. Also, shutting an SSLSocket down first removes its TLS
        # layer, and another thread could then send what follows in clear.
        self._handle: socket.socket | None = socket.fromfd(sock.fileno(), sock.family, sock.type)
        self._lock = threading.Lock()
        _watch.add(self, time.monotonic() + max(seconds, 0))

    def fire(self) -> None:
        """Shut the connection down, because its time is over."""
        with self._lock:
            if self._handle is None:
                return
            self.fired = True
            with contextlib.suppress(OSError):  # the other side has closed it already
                self._handle.shutdown(socket.SHUT_RDWR)

    def stop(self) -> None:
        """Let go of the connection. It can no longer be shut down from here."""
        with self._lock:
            if self._handle is not None:
                self._handle.close()
                self._handle = None


class _Watch:
    """The thread that fires the watchdogs. A stopped watchdog stays listed until its time."""

    def __init__(self) -> None:
        self._due: list[tuple[float, int, Watchdog]] = []
        self._order = itertools.count()
        self._changed = threading.Condition()
        self._thread: threading.Thread | None = None

    def add(self, watchdog: Watchdog, at: float) -> None:
        """Fire `watchdog` at `at`, a value of the monotonic clock in seconds."""
        with self._changed:
            heapq.heappush(self._due, (at, next(self._order), watchdog))
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="watchdog", daemon=True)
                self._thread.start()
            elif self._due[0][2] is watchdog:
                self._changed.notify()

    def _run(self) -> None:
        """Fire each watchdog when its time comes, for ever."""
        while True:
            with self._changed:
                while not self._due or self._due[0][0] > time.monotonic():
                    left = self._due[0][0] - time.monotonic() if self._due else None
                    self._changed.wait(left)
                watchdog = heapq.heappop(self._due)[2]
            watchdog.fire()


_watch = _Watch()


def _after_fork() -> None:
    """Watch with a new thread in a new child process."""
    # The child has none of the parent's threads, and the parent's locks may have been held.
    global _watch
    _watch = _Watch()


os.register_at_fork(after_in_child=_after_fork)
