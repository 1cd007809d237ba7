"""A lock that prefers the thread that used it last.

Threads take it one at a time. Among the threads that wait for it, the next to get it is the one
that last did useful work under it: its connections and caches are still warm.
"""

import threading
import time


class LastUsedFirstLock:
    """The lock: `take` it, then `release` it. Call `used` in between after useful work."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._is_free = True
        # The threads that wait: the event that wakes each, and when it last did useful work.
        self._waiting: dict[threading.Event, float] = {}
        self._mine = threading.local()

    def take(self, seconds: float) -> bool:
        """Wait for the lock, at most `seconds`. Return whether this thread has it."""
        mine = threading.Event()
        with self._lock:
            if self._is_free:
                self._is_free = False
                return True
            self._waiting[mine] = getattr(self._mine, "used_at", 0.0)
        mine.wait(seconds)
        with self._lock:
            # The lock may have been handed over just after the wait ended; it must not get lost.
            return self._waiting.pop(mine, None) is None

    def used(self) -> None:
        """Note that this thread has done useful work under the lock."""
        self._mine.used_at = time.monotonic()

    def release(self) -> None:
        """Hand the lock to the next thread, or free it if none waits."""
        with self._lock:
            if not self._waiting:
                self._is_free = True
                return
            following = max(self._waiting, key=self._waiting.__getitem__)
            del self._waiting[following]
            following.set()
