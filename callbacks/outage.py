"""Something that this process needs is away: said once, and once when it is back.

Many threads notice at the same time, and again and again until it is over; a log that says so a
thousand times hides everything else.
"""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import structlog
from django.db import InterfaceError, OperationalError

log = structlog.get_logger(__name__)

# What comes and goes (a locked SQLite file can still be read) is told once in so many seconds.
QUIET_SECONDS = 60.0


class Outage:
    """`name`: what the events are called by, as in `database_away` and `database_back`."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._is_on = False
        self._was_said = False
        self._quiet_until = 0.0
        self._lock = threading.Lock()

    def goes_on(self, error: BaseException) -> None:
        """It is away. In: the error that says so; only its type is logged, texts may be secret."""
        with self._lock:
            if self._is_on:
                return
            self._is_on = True
            if time.monotonic() < self._quiet_until:
                return
            self._quiet_until = time.monotonic() + QUIET_SECONDS
            self._was_said = True
        log.warning(f"{self._name}_away", error=type(error).__name__)

    def is_over(self) -> None:
        """It answers. Costs nothing while there is no outage."""
        if not self._is_on:
            return
        with self._lock:
            was_said, self._is_on, self._was_said = self._was_said, False, False
        if was_said:
            log.warning(f"{self._name}_back")


database = Outage("database")
queue_storage = Outage("queue_storage")


@contextmanager
def database_may_be_away() -> Iterator[None]:
    """What fails inside because the database is away ends there; whoever is called again later,
    as a worker is by the sweep, loses nothing by it."""
    try:
        yield
    except (OperationalError, InterfaceError) as error:
        database.goes_on(error)
    else:
        database.is_over()
