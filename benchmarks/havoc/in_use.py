"""Share the database between its users outside the site's processes, or take it for one alone."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager


class InUse:
    """A lock: many may use the database at once, but one that removes its files is alone."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._users = 0
        self._is_taken = False

    @contextmanager
    def shared(self) -> Iterator[None]:
        """Use the database together with others; wait while one has it alone."""
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
        """Have the database alone; wait until nobody uses it."""
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
