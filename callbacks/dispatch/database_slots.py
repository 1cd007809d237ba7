"""A process's threads at the database: a few at once.

A Python process computes on one core at a time. Threads that all come back from the call service
together and take turns at the core, statement by statement, all end together, and late; when a few
finish before the next ones begin, the others wait no longer than before, and those few are back at
calling (docs/performance.md). It is a courtesy: nobody waits for it longer than a moment, so that
no answer stays unrecorded because other threads hang.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

MOST = 3
LONGEST_WAIT_SECONDS = 0.5

_places = threading.BoundedSemaphore(MOST)


@contextmanager
def slot() -> Iterator[None]:
    """Waits until fewer than `MOST` threads are inside, but not for longer than a moment."""
    has_place = _places.acquire(timeout=LONGEST_WAIT_SECONDS)
    try:
        yield
    finally:
        if has_place:
            _places.release()
