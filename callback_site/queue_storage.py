"""Huey's SQL storages, with one thread of a process waiting for all of its threads.

As they come, every worker thread waits by itself: on SQLite each looks into the file ten times a
second, on PostgreSQL each listens on a connection of its own, and a message wakes all of them to
find out that one has taken it. Here the threads take turns: one waits, takes a message and lets
the next one wait. Measured (docs/performance.md), that halves a worker's connections and its delay
and costs a fraction when nothing happens.
"""

import threading
import time
from typing import Any

from huey import Huey
from huey.storage import PostgresStorage, SqliteStorage

# So long a thread waits, for its turn or for a message, before it looks whether it is to end.
WAIT_SECONDS = 1.0
# SQLite cannot tell that there is a message: how often the one that waits looks.
POLL_SECONDS = 0.02


class _OneWaits:
    """Mixed into a storage that has `take`, which returns a message or None at once, and
    `wait_for_message`, which returns when there may be one or the time is over."""

    blocking = True

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self._turn = threading.Lock()

    def dequeue(self) -> bytes | None:
        """A message, or None after a while. What came while nobody waited is found by looking
        first: so it does no harm that a thread may hear of several messages and takes one."""
        if not self._turn.acquire(timeout=WAIT_SECONDS):
            return None
        try:
            end = time.monotonic() + WAIT_SECONDS
            while (data := self.take()) is None and time.monotonic() < end:
                self.wait_for_message(end - time.monotonic())
            return data
        finally:
            self._turn.release()

    def take(self) -> bytes | None:
        raise NotImplementedError

    def wait_for_message(self, seconds: float) -> None:
        raise NotImplementedError


class SqliteTurns(_OneWaits, SqliteStorage):  # type: ignore[misc]
    def take(self) -> bytes | None:
        data: bytes | None = SqliteStorage.dequeue(self)
        return data

    def wait_for_message(self, seconds: float) -> None:
        time.sleep(min(POLL_SECONDS, seconds))


class PostgresTurns(_OneWaits, PostgresStorage):  # type: ignore[misc]
    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        # Huey keeps a listening connection for each thread; this one is for all.
        self._listen_local = _Shared()

    def enqueue(self, data: bytes, priority: float | None = None) -> None:
        """In one statement, and so in one round trip and one transaction."""
        self.sql(
            f"WITH sent AS (INSERT INTO {self.table_task} (queue, data, priority)"
            " VALUES (%s, %s, %s)) SELECT pg_notify(%s, '')",
            (self.name, data, priority or 0, self.channel),
        )

    def take(self) -> bytes | None:
        data: bytes | None = self._dequeue()
        return data

    def wait_for_message(self, seconds: float) -> None:
        before = self._listen_local.conn
        connection = self._listen_conn()
        if connection is before:  # on a new one, a message may have come before it listened
            list(connection.notifies(timeout=seconds, stop_after=1))


class _Shared:
    """In the place of Huey's `threading.local`."""

    conn: Any = None


class SqliteHuey(Huey):  # type: ignore[misc]
    storage_class = SqliteTurns


class PostgresHuey(Huey):  # type: ignore[misc]
    storage_class = PostgresTurns
