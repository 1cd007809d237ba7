"""Huey's storages, made to survive an outage and to wait with one thread per process.

In Huey, every worker thread waits for messages by itself. On SQLite, each reads the file ten times
a second. On PostgreSQL and Redis, each has a connection of its own. On PostgreSQL, a message wakes
all of them, and all but one find that it has been taken.

Here the threads of a process take turns: one waits, takes a message, and lets the next one wait.
So each process has one waiting connection, and SQLite can be read five times as often although an
idle worker costs less. When there is little to do, the same thread does it, on a connection that is
already open (measured in docs/performance.md).

While a storage is away, the threads that read from it wait quietly. Huey by itself would try again
ten times a second in each thread and log a traceback each time.
"""

import time
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from typing import Any

import huey
from huey.consumer import Consumer
from huey.storage import PostgresStorage, RedisStorage, SqliteStorage

from callbacks.core import private_files
from callbacks.core.availability import queue_storage
from callbacks.worker.last_used_first_lock import LastUsedFirstLock

# Pause between two tries of a thread while the storage is away, in seconds.
PAUSE = 1.0
# How long a thread waits, for its turn or for a message, before it checks whether it should end.
WAIT_SECONDS = 1.0
# How often the waiting thread reads the file: SQLite cannot announce a message. In seconds.
POLL_SECONDS = 0.02


class _Patient:
    """A mixin, put before a storage class: its reads find nothing while the storage is away."""

    def dequeue(self) -> Any:
        """Return the next message, or None while the storage is away."""
        return self._read(super().dequeue, None)  # type: ignore[misc]

    def read_schedule(self, ts: datetime) -> Any:
        """Return the scheduled messages, or none while the storage is away."""
        return self._read(lambda: super(_Patient, self).read_schedule(ts), [])  # type: ignore[misc]

    # No message is ever revoked. So there is nothing to look up before it or to delete after it.
    def peek_many(self, keys: Any) -> dict[str, bytes]:
        """Return no data, without asking the storage."""
        return {}

    def delete_data(self, key: str) -> bool:
        """Delete nothing, without asking the storage."""
        return False

    def _read(self, read: Callable[[], Any], nothing: Any) -> Any:
        """Return what `read` returns; if it fails, wait `PAUSE` seconds and return `nothing`."""
        try:
            found = read()
        except Exception as error:  # each storage has errors of its own
            queue_storage.failed(error)
            self._start_anew()
            time.sleep(PAUSE)
            return nothing
        queue_storage.recovered()
        return found

    def _start_anew(self) -> None:
        """Create missing tables again: a storage that comes back may have lost them.

        This also closes the connection, which the outage may have broken.
        """
        with suppress(Exception):
            if hasattr(self, "initialize_schema"):
                self.initialize_schema()


class _OneWaits:
    """A mixin, put before a storage class: one thread of the process waits for all of them.

    The storage's `next_message` waits for a message and returns None after a while.
    """

    next_message: Callable[[], bytes | None]

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self._reading = LastUsedFirstLock()

    def dequeue(self) -> bytes | None:
        """Wait for this thread's turn, then for a message. Return None if the time is over."""
        if not self._reading.take(WAIT_SECONDS):
            return None
        try:
            if (data := self.next_message()) is not None:
                self._reading.used()
            return data
        finally:
            self._reading.release()


class _Looking:
    """A mixin that waits for messages in a storage that can only look for them.

    `take` returns a message, or None at once. `wait_for_message` returns when there may be a
    message, or after the given number of seconds.
    """

    blocking = True
    take: Callable[[], bytes | None]
    wait_for_message: Callable[[float], None]

    def next_message(self) -> bytes | None:
        """Return the next message, or None after `WAIT_SECONDS`.

        It looks before it waits. The previous thread may have been woken by several messages and
        have taken only one.
        """
        end = time.monotonic() + WAIT_SECONDS
        while (data := self.take()) is None and time.monotonic() < end:
            self.wait_for_message(end - time.monotonic())
        return data


class _PolledSqlite(_Looking, SqliteStorage):  # type: ignore[misc]
    """A SQLite storage that is read every `POLL_SECONDS`."""

    def _create_connection(self) -> Any:
        """Open the file, which only its owner can read."""
        private_files.create(self.filename)
        return super()._create_connection()

    def take(self) -> bytes | None:
        """Return the next message, or None at once."""
        data: bytes | None = SqliteStorage.dequeue(self)
        return data

    def wait_for_message(self, seconds: float) -> None:
        """Sleep until the next look, at most `seconds`."""
        time.sleep(max(min(POLL_SECONDS, seconds), 0))


class _ListeningPostgres(_Looking, PostgresStorage):  # type: ignore[misc]
    """A PostgreSQL storage with one listening connection for each process."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        # Huey keeps one listening connection per thread. All threads share this one.
        self._listen_local = _Shared()

    def _connect(self) -> Any:
        """Open a connection whose commits do not wait for the disk.

        A crash of the server may then lose a message. Housekeeping makes up for it.
        """
        connection = super()._connect()
        connection.execute("SET synchronous_commit TO off")
        return connection

    _create_connection = _connect

    def enqueue(self, data: bytes, priority: float | None = None) -> None:
        """Store a message and announce it in one statement: one round trip, one transaction."""
        self.sql(
            f"WITH sent AS (INSERT INTO {self.table_task} (queue, data, priority)"
            " VALUES (%s, %s, %s)) SELECT pg_notify(%s, '')",
            (self.name, data, priority or 0, self.channel),
        )

    def take(self) -> bytes | None:
        """Return the next message, or None at once."""
        data: bytes | None = self._dequeue()
        return data

    def wait_for_message(self, seconds: float) -> None:
        """Wait for an announcement, at most `seconds`."""
        before = self._listen_local.conn
        connection = self._listen_conn()
        if connection is before:  # on a new connection, a message may have come before it listened
            list(connection.notifies(timeout=max(seconds, 0), stop_after=1))


class _Shared:
    """Replaces Huey's `threading.local`, so that all threads share the connection."""

    conn: Any = None


class _SqliteStorage(_Patient, _OneWaits, _PolledSqlite):
    """The storage for `QUEUE_URL=sqlite:///…`."""


class _PostgresStorage(_Patient, _OneWaits, _ListeningPostgres):
    """The storage for `QUEUE_URL=postgres://…`."""


class _PoppingRedis(RedisStorage):  # type: ignore[misc]
    """A Redis storage. Its blocking read waits for a message by itself."""

    def next_message(self) -> bytes | None:
        """Return the next message, or None after a second."""
        data: bytes | None = RedisStorage.dequeue(self)
        return data

    def close(self) -> None:
        """Close the connections of this process. Huey's storage keeps them."""
        self.pool.disconnect()


class _RedisStorage(_Patient, _OneWaits, _PoppingRedis):
    """The storage for `QUEUE_URL=redis://…`."""


class _Huey(huey.Huey):  # type: ignore[misc]
    """Huey, with a property that tells tasks whether their process was told to end."""

    _consumer: Consumer | None = None

    def create_consumer(self, **options: Any) -> Consumer:
        """Create the consumer and remember it."""
        self._consumer = super().create_consumer(**options)
        return self._consumer

    @property
    def is_ending(self) -> bool:
        """Return whether this process was told to end."""
        return self._consumer is not None and self._consumer.stop_flag.is_set()


class SqliteHuey(_Huey):
    """Huey with the SQLite storage."""

    storage_class = _SqliteStorage


class PostgresHuey(_Huey):
    """Huey with the PostgreSQL storage."""

    storage_class = _PostgresStorage


class RedisHuey(_Huey):
    """Huey with the Redis storage."""

    storage_class = _RedisStorage
