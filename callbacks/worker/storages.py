"""Huey's storages, with patience, and with one thread of a process waiting for all of its threads.

As they come, every worker thread waits by itself: on SQLite each looks into the file ten times a
second, on PostgreSQL and Redis each has a connection of its own, and on PostgreSQL a message wakes
all of them to find out that one has taken it. Here the threads take turns: one waits, takes a
message and lets the next one wait. So there is one waiting connection for each process, SQLite can
be looked at five times as often, an idle worker costs less all the same, and where there is little
to do the same thread does it, with a connection that is open already (docs/performance.md).

While a storage is away those who read from it wait, quietly. Huey by itself would try again ten
times a second in each thread and log a traceback each time.
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

# While it is away, between two tries of a thread, in seconds.
PAUSE = 1.0
# So long a thread waits, for its turn or for a message, before it looks whether it is to end.
WAIT_SECONDS = 1.0
# SQLite cannot tell that there is a message: how often the one that waits looks.
POLL_SECONDS = 0.02


class _Patient:
    """To be put in front of a storage: its reads find nothing while it is away."""

    def dequeue(self) -> Any:
        return self._read(super().dequeue, None)  # type: ignore[misc]

    def read_schedule(self, ts: datetime) -> Any:
        return self._read(lambda: super(_Patient, self).read_schedule(ts), [])  # type: ignore[misc]

    # No message is ever revoked: nothing to look up before each, and nothing to clear behind it.
    def peek_many(self, keys: Any) -> dict[str, bytes]:
        return {}

    def delete_data(self, key: str) -> bool:
        return False

    def _read(self, read: Callable[[], Any], nothing: Any) -> Any:
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
        """A storage that comes back may have lost its tables, and a connection may be spoilt."""
        with suppress(Exception):
            if hasattr(self, "initialize_schema"):
                self.initialize_schema()


class _OneWaits:
    """To be put in front of a storage whose `next_message` waits for a message, and gives None
    after a while."""

    next_message: Callable[[], bytes | None]

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self._reading = LastUsedFirstLock()

    def dequeue(self) -> bytes | None:
        if not self._reading.take(WAIT_SECONDS):
            return None
        try:
            if (data := self.next_message()) is not None:
                self._reading.used()
            return data
        finally:
            self._reading.release()


class _Looking:
    """For storages whose `take` returns a message or None at once, and whose `wait_for_message`
    returns when there may be one, or after so many seconds."""

    blocking = True
    take: Callable[[], bytes | None]
    wait_for_message: Callable[[float], None]

    def next_message(self) -> bytes | None:
        """Whoever's turn it is looks before waiting: so it does no harm that the one before may
        have heard of several messages and taken one."""
        end = time.monotonic() + WAIT_SECONDS
        while (data := self.take()) is None and time.monotonic() < end:
            self.wait_for_message(end - time.monotonic())
        return data


class _PolledSqlite(_Looking, SqliteStorage):  # type: ignore[misc]
    def _create_connection(self) -> Any:
        private_files.create(self.filename)
        return super()._create_connection()

    def take(self) -> bytes | None:
        data: bytes | None = SqliteStorage.dequeue(self)
        return data

    def wait_for_message(self, seconds: float) -> None:
        time.sleep(max(min(POLL_SECONDS, seconds), 0))


class _ListeningPostgres(_Looking, PostgresStorage):  # type: ignore[misc]
    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        # Huey keeps a listening connection for each thread; this one is for all.
        self._listen_local = _Shared()

    def _connect(self) -> Any:
        """Nothing waits for a message to be on the disk: one that a crash of the server takes is
        made up for by housekeeping."""
        connection = super()._connect()
        connection.execute("SET synchronous_commit TO off")
        return connection

    _create_connection = _connect

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
            list(connection.notifies(timeout=max(seconds, 0), stop_after=1))


class _Shared:
    """In the place of Huey's `threading.local`."""

    conn: Any = None


class _SqliteStorage(_Patient, _OneWaits, _PolledSqlite):
    pass


class _PostgresStorage(_Patient, _OneWaits, _ListeningPostgres):
    pass


class _PoppingRedis(RedisStorage):  # type: ignore[misc]
    def next_message(self) -> bytes | None:
        data: bytes | None = RedisStorage.dequeue(self)
        return data


class _RedisStorage(_Patient, _OneWaits, _PoppingRedis):
    pass


class _Huey(huey.Huey):  # type: ignore[misc]
    """Tells its tasks whether the process that runs them has been told to end."""

    _consumer: Consumer | None = None

    def create_consumer(self, **options: Any) -> Consumer:
        self._consumer = super().create_consumer(**options)
        return self._consumer

    @property
    def is_ending(self) -> bool:
        return self._consumer is not None and self._consumer.stop_flag.is_set()


class SqliteHuey(_Huey):
    storage_class = _SqliteStorage


class PostgresHuey(_Huey):
    storage_class = _PostgresStorage


class RedisHuey(_Huey):
    storage_class = _RedisStorage
