"""What a process remembers for a while: pauses after a failure, and values that it read lately.

Each object registers itself here, so that tests can make a process forget everything at once. Time
is measured by `boot_clock`, which tests can move.
"""

import threading
from collections.abc import Callable
from weakref import WeakSet

from callbacks.core import boot_clock


class Remembered:
    """The base of everything that a process remembers for a while."""

    def __init__(self) -> None:
        _all.add(self)

    def forget(self) -> None:
        """Go back to the state of a process that has just started."""
        raise NotImplementedError


_all: WeakSet[Remembered] = WeakSet()


def forget_all() -> None:
    """Make this process forget everything that it remembers for a while; for tests."""
    for remembered in list(_all):
        remembered.forget()


class Pause(Remembered):
    """A time of `seconds` after a failure, in which nobody tries again."""

    def __init__(self, seconds: float) -> None:
        super().__init__()
        self.seconds = seconds
        self._until = 0.0

    @property
    def is_on(self) -> bool:
        """Return whether the pause has begun and is not over."""
        return boot_clock.now() < self._until

    def begin(self) -> None:
        """Begin the pause. A pause that is on begins again, at its full length."""
        self._until = boot_clock.now() + self.seconds

    def forget(self) -> None:
        """End the pause."""
        self._until = 0.0


class ShortCache[Key, Value](Remembered):
    """Values that are kept for `seconds`. When there would be more than `most`, all are dropped."""

    def __init__(self, seconds: float, most: int) -> None:
        super().__init__()
        self.seconds = seconds
        self.most = most
        self._kept: dict[Key, tuple[float, Value]] = {}

    def get(self, key: Key, find: Callable[[], Value | None]) -> Value | None:
        """Return the value kept for `key`, or what `find` returns. None is not kept."""
        asked_at = boot_clock.now()
        # A value found before `forget` goes into the dictionary that `forget` has put aside.
        kept = self._kept
        found = kept.get(key)
        if found is not None and asked_at - found[0] < self.seconds:
            return found[1]
        value = find()
        if value is not None:
            if len(kept) >= self.most and key not in kept:
                kept.clear()
            kept[key] = asked_at, value
        return value

    def __len__(self) -> int:
        return len(self._kept)

    def forget(self) -> None:
        """Drop all values."""
        self._kept = {}


class LastKnown[Key, Value](Remembered):
    """The value last seen for each key, however old: at most `most`, the oldest dropped first."""

    def __init__(self, most: int) -> None:
        super().__init__()
        self.most = most
        self._kept: dict[Key, Value] = {}
        self._lock = threading.Lock()  # held to change the dictionary

    def get(self, key: Key) -> Value | None:
        """Return the value last seen for `key`, or None."""
        return self._kept.get(key)

    def keep(self, key: Key, value: Value) -> None:
        """Keep `value` as the one last seen for `key`."""
        with self._lock:
            self._kept.pop(key, None)
            self._kept[key] = value
            while len(self._kept) > self.most:
                del self._kept[next(iter(self._kept))]

    def __len__(self) -> int:
        return len(self._kept)

    def forget(self) -> None:
        """Drop all values."""
        with self._lock:
            self._kept.clear()
