"""Something that this process needs is away: said once, and once when it is back.

Many threads notice at the same time, and again and again until it is over; a log that says so a
thousand times hides everything else.
"""

import threading

import structlog

log = structlog.get_logger(__name__)


class Outage:
    """`name`: what the events are called by, as in `database_away` and `database_back`."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._is_on = False
        self._lock = threading.Lock()

    def goes_on(self, error: BaseException) -> None:
        """It is away. In: the error that says so; only its type is logged, texts may be secret."""
        with self._lock:
            is_new, self._is_on = not self._is_on, True
        if is_new:
            log.warning(f"{self._name}_away", error=type(error).__name__)

    def is_over(self) -> None:
        """It answers. Costs nothing while there is no outage."""
        if not self._is_on:
            return
        with self._lock:
            was_on, self._is_on = self._is_on, False
        if was_on:
            log.warning(f"{self._name}_back")


database = Outage("database")
queue_storage = Outage("queue_storage")
