"""A turn that threads take one at a time; of those that wait for it, the one comes next that has
used it last: what it works with (connections, caches) is still warm.
"""

import threading
import time


class LastUsedFirstLock:
    """`take`, and `release` once it is over; `used` says that the turn was of use."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._is_free = True
        # Who waits: what wakes it, and when it used its turn.
        self._waiting: dict[threading.Event, float] = {}
        self._mine = threading.local()

    def take(self, seconds: float) -> bool:
        """Waits for the turn for so long at most; returns whether it has come."""
        mine = threading.Event()
        with self._lock:
            if self._is_free:
                self._is_free = False
                return True
            self._waiting[mine] = getattr(self._mine, "used_at", 0.0)
        mine.wait(seconds)
        with self._lock:
            # It may have come just after the wait: then it must not get lost.
            return self._waiting.pop(mine, None) is None

    def used(self) -> None:
        """This thread has used its turn."""
        self._mine.used_at = time.monotonic()

    def release(self) -> None:
        """Lets the next one have it."""
        with self._lock:
            if not self._waiting:
                self._is_free = True
                return
            following = max(self._waiting, key=self._waiting.__getitem__)
            del self._waiting[following]
            following.set()
