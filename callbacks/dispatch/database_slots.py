"""Limit how many threads of a process use the database at the same time.

Python runs one thread of a process at a time. Suppose that many threads come back from the call
service together and take turns statement by statement: then all of them finish together, and late.
If a few finish before the next ones begin, the others wait no longer than before, and those few are
already placing the next calls (measured in docs/performance.md).

The limit is not strict. No thread waits longer than `LONGEST_WAIT_SECONDS` for its slot, so that no
answer stays unrecorded because other threads hang.
"""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

MOST = 3
LONGEST_WAIT_SECONDS = 0.5

_places = threading.BoundedSemaphore(MOST)


@contextmanager
def slot() -> Iterator[Callable[[], None]]:
    """Wait for a free slot, at most `LONGEST_WAIT_SECONDS`, and hold it inside the `with` block.

    At most `MOST` threads hold one. A thread that got none in time goes on without. The block gets
    a function that gives the slot back sooner.
    """
    held = [_places] if _places.acquire(timeout=LONGEST_WAIT_SECONDS) else []

    def give_back() -> None:
        if held:
            held.pop().release()

    try:
        yield give_back
    finally:
        give_back()
