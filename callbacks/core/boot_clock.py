"""A clock that also counts the time a machine sleeps, for ages and deadlines in one process.

`time.monotonic` stands still while Linux is suspended: a claim taken before a long sleep would look
one second old. `CLOCK_BOOTTIME` continues. Other systems have no such clock, so this module uses
`time.monotonic` there. All code reads this one clock, so that tests can move it.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

_BOOTTIME: int | None = getattr(time, "CLOCK_BOOTTIME", None)

_moved_by_a_test = 0.0


def now() -> float:
    """Return the seconds since an arbitrary start, time asleep included. It never goes back."""
    seconds = time.monotonic() if _BOOTTIME is None else time.clock_gettime(_BOOTTIME)
    return seconds + _moved_by_a_test


@contextmanager
def movable() -> Iterator[Callable[[float], None]]:
    """Yield a function that moves the clock forward by some seconds, as a sleep would; for tests.

    The move is undone at the end of the block.
    """

    def move(seconds: float) -> None:
        global _moved_by_a_test
        _moved_by_a_test += seconds

    before = _moved_by_a_test
    try:
        yield move
    finally:
        move(before - _moved_by_a_test)
