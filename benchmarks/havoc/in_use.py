"""Who uses the database from outside the site's processes, and who needs it for themselves."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager


class InUse:
    """Many may use it at once; who takes its files away waits until nobody does."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._users = 0
        self._is_taken = False

    @contextmanager
    def shared(self) -> Iterator[None]:
        """Use it; wait while somebody has it alone."""
        with self._changed:
            self._changed.wait_for(lambda: not self._is_taken)
            self._users += 1
        try:
            yield
        finally:
            with self._changed:
                self._users -= 1
                self._changed.notify_all()

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Have it alone; wait until nobody uses it."""
        with self._changed:
            self._changed.wait_for(lambda: not self._is_taken)
            self._is_taken = True
            self._changed.wait_for(lambda: not self._users)
        try:
            yield
        finally:
            with self._changed:
                self._is_taken = False
                self._changed.notify_all()
