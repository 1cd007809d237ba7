"""Something changed: what live pages and waiting tests wait for."""

import threading
from collections.abc import Callable


class Changes:
    """A version that grows with every change. ``lock`` also guards whatever changes."""

    def __init__(self) -> None:
        self.lock = threading.Condition()
        self.version = 0

    def bump(self) -> int:
        """Note one change, wake everybody who waits, and return the new version."""
        with self.lock:
            self.version += 1
            self.lock.notify_all()
            return self.version

    def wait_until(self, come_true: Callable[[], bool], seconds: float) -> bool:
        """Wait until ``come_true()`` after some change; False when ``seconds`` are over first."""
        with self.lock:
            return self.lock.wait_for(come_true, seconds)
