"""Log an outage once when it begins, and once when it ends.

During an outage, many threads meet the same error again and again. A log that repeats it a thousand
times hides everything else.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import structlog
from django.db import DatabaseError, Error, InterfaceError, InternalError, OperationalError

from callbacks.core.process_memory import Pause, Remembered

log = structlog.get_logger(__name__)

# Something that fails and recovers in turn (a locked SQLite file can still be read) is logged at
# most once in this number of seconds.
QUIET_SECONDS = 60.0


class Availability(Remembered):
    """Whether one service that this process needs is available; thread-safe.

    `name` is the prefix of the log events: `database_away` and `database_back` for `database`.
    """

    def __init__(self, name: str) -> None:
        super().__init__()
        self._name = name
        self._is_away = False
        self._was_said = False
        self._quiet = Pause(QUIET_SECONDS)
        self._lock = threading.Lock()

    def failed(self, error: BaseException) -> None:
        """Record that the service failed with `error`, and log it if that is new.

        Only the error's type is logged, because its text may contain secrets.
        """
        with self._lock:
            self._is_away = True
            # An outage that begins within the quiet time is logged by the first failure after it.
            if self._was_said or self._quiet.is_on:
                return
            self._quiet.begin()
            self._was_said = True
        log.warning(f"{self._name}_away", error=type(error).__name__)

    @property
    def is_away(self) -> bool:
        """Return whether the last report was a failure."""
        return self._is_away

    def recovered(self) -> None:
        """Record that the service answered, and log the end of an outage that was logged.

        This costs nothing while there is no outage.
        """
        if not self._is_away:
            return
        with self._lock:
            was_said, self._is_away, self._was_said = self._was_said, False, False
        if was_said:
            log.warning(f"{self._name}_back")

    def forget(self) -> None:
        """Suppose again that the service is available."""
        with self._lock:
            self._is_away = self._was_said = False
            self._quiet.forget()


database = Availability("database")
queue_storage = Availability("queue_storage")
cache = Availability("cache")
mail = Availability("mail")
heartbeat_url = Availability("heartbeat_url")


# PostgreSQL's codes for two errors that Django calls "internal": the server has become a standby,
# and a transaction was ended because its client was silent for too long.
_READ_ONLY, _IDLE_TOO_LONG = "25006", "25P03"
# Classes of PostgreSQL's codes: a broken server, and a statement that asks for more than any server
# can do.
_BROKEN, _TOO_COMPLEX = "XX", "54"
# SQLite's codes for our own mistakes, without the upper byte of extended codes. All other codes
# mean a file that is locked, read-only, full, damaged or unreadable.
_SQLITE_MISTAKES = {1, 17, 18, 19, 20, 21, 25}


def is_database_away(error: BaseException | None) -> bool:
    """Return whether `error` means that the database cannot serve us at the moment.

    True for every database error except our own mistakes (wrong SQL, broken constraints, values
    that do not fit). The database is then unreachable, full, read-only or overloaded, or it broke
    off what we did. The failed statement has written nothing, and a later try may succeed.
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
    """Suppress the error if the database is away inside the block, and log the outage.

    Use it around work that is tried again later, such as a worker's: housekeeping starts it again,
    so nothing is lost. All other errors pass through.
    """
    try:
        yield
    except Error as error:
        if not is_database_away(error):
            raise
        database.failed(error)
    else:
        database.recovered()
