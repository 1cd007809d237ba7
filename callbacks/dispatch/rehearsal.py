"""Rehearse what comes next while waiting for the database, so that it is quick.

Python executes several times as slowly what it has not executed for a while, because code and data
have left the processor's caches. The wait for an answer is long enough to go through the next step
once, with an example (measured in docs/performance.md).
"""

import time
from collections.abc import Callable
from contextlib import suppress

# A process that did the real thing within this time has nothing to gain: it would only cost.
KNOWN_FOR_SECONDS = 0.05


class Rehearsal:
    """A rehearsal by `rehearse`, which must change nothing and not use the database."""

    def __init__(self, rehearse: Callable[[], object]) -> None:
        self._rehearse = rehearse
        self._known_until = 0.0

    def __call__(self, _has_answer: object = None) -> None:
        """Rehearse, unless the real thing was done lately. What goes wrong here does not matter."""
        if time.monotonic() > self._known_until:
            with suppress(Exception):
                self._rehearse()

    def done(self) -> None:
        """Note that the real thing is being done now."""
        self._known_until = time.monotonic() + KNOWN_FOR_SECONDS
