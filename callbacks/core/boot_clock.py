"""A clock that counts the time a machine sleeps, for ages and deadlines inside one process.

`time.monotonic` stands still while Linux is suspended: a claim taken before a long sleep would
look a second old. `CLOCK_BOOTTIME` goes on. Other systems do not have it: there this is
`time.monotonic`. One place, so that tests can move it.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

_BOOTTIME: int | None = getattr(time, "CLOCK_BOOTTIME", None)

_moved_by_a_test = 0.0


def now() -> float:
    """Return the seconds since an arbitrary start, sleep included; it never goes back."""
    seconds = time.monotonic() if _BOOTTIME is None else time.clock_gettime(_BOOTTIME)
    return seconds + _moved_by_a_test


@contextmanager
def movable() -> Iterator[Callable[[float], None]]:
    """For tests: yield a function that moves the clock on by some seconds, as a sleep would."""

    def move(seconds: float) -> None:
        global _moved_by_a_test
        _moved_by_a_test += seconds

    before = _moved_by_a_test
    try:
        yield move
    finally:
        move(before - _moved_by_a_test)
