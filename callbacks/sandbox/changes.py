"""Note that something changed. Live pages and waiting tests wait for it."""

import threading
from collections.abc import Callable


class Changes:
    """A version number that grows with every change. `lock` also guards the data that changes."""

    def __init__(self) -> None:
        self.lock = threading.Condition()
        self.version = 0

    def bump(self) -> int:
        """Note one change, wake all who wait, and return the new version."""
        with self.lock:
            self.version += 1
            self.lock.notify_all()
            return self.version

    def wait_until(self, come_true: Callable[[], bool], seconds: float) -> bool:
        """Wait until `come_true()` holds after some change. Return False after `seconds`."""
        with self.lock:
            return self.lock.wait_for(come_true, seconds)
