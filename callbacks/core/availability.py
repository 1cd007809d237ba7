"""Something that this process needs is away: said once, and once when it is back.

Many threads notice at the same time, and again and again until it is over; a log that says so a
thousand times hides everything else.
"""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import structlog
from django.db import DatabaseError, Error, InterfaceError, InternalError, OperationalError

log = structlog.get_logger(__name__)

# What comes and goes (a locked SQLite file can still be read) is told once in so many seconds.
QUIET_SECONDS = 60.0


class Availability:
    """`name`: what the events are called by, as in `database_away` and `database_back`."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._is_on = False
        self._was_said = False
        self._quiet_until = 0.0
        self._lock = threading.Lock()

    def failed(self, error: BaseException) -> None:
        """It is away. In: the error that says so; only its type is logged, texts may be secret."""
        with self._lock:
            self._is_on = True
            # An outage that began within the quiet time is told once that is over.
            if self._was_said or time.monotonic() < self._quiet_until:
                return
            self._quiet_until = time.monotonic() + QUIET_SECONDS
            self._was_said = True
        log.warning(f"{self._name}_away", error=type(error).__name__)

    @property
    def is_away(self) -> bool:
        return self._is_on

    def recovered(self) -> None:
        """It answers. Costs nothing while there is no outage."""
        if not self._is_on:
            return
        with self._lock:
            was_said, self._is_on, self._was_said = self._was_said, False, False
        if was_said:
            log.warning(f"{self._name}_back")


database = Availability("database")
queue_storage = Availability("queue_storage")
cache = Availability("cache")
mail = Availability("mail")
alert_webhook = Availability("alert_webhook")


# PostgreSQL's codes for a server that has become a standby, and for a transaction that was ended
# because its client said nothing for too long. Django calls both "internal".
_READ_ONLY, _IDLE_TOO_LONG = "25006", "25P03"
# Classes of codes: a broken server; and a statement that asks for more than any server can do.
_BROKEN, _TOO_COMPLEX = "XX", "54"
# SQLite's codes, extended ones without their upper bytes. Its other errors are a file that is
# locked, read-only, full, damaged or cannot be read.
_SQLITE_MISTAKES = {1, 17, 18, 19, 20, 21, 25}


def is_database_away(error: BaseException | None) -> bool:
    """Return whether `error` says that the database can do nothing for us now.

    That is each error of a database but our own mistakes (wrong SQL, broken constraints, values
    that do not fit): it is away, full, read-only, overloaded, or broke off what we did. Trying
    again later may help, and nothing was written by the statement that failed.
    """
    if isinstance(error, InterfaceError):
        return True
    if not isinstance(error, DatabaseError):
        return False
    cause = error.__cause__
    if (sqlite := getattr(cause, "sqlite_errorcode", None)) is not None:
        return (sqlite & 0xFF) not in _SQLITE_MISTAKES
    code = getattr(cause, "sqlstate", None) or ""
    if isinstance(error, InternalError):
        return code in {_READ_ONLY, _IDLE_TOO_LONG} or code.startswith(_BROKEN)
    return isinstance(error, OperationalError) and not code.startswith(_TOO_COMPLEX)


@contextmanager
def database_may_be_away() -> Iterator[None]:
    """What fails inside because the database is away ends there; whoever is called again later,
    as a worker is by housekeeping, loses nothing by it."""
    try:
        yield
    except Error as error:
        if not is_database_away(error):
            raise
        database.failed(error)
    else:
        database.recovered()
