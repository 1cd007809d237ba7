"""Huey's storages, with patience: while one is away those who read from it wait, quietly.

Huey by itself would try again ten times a second in each thread and log a traceback each time.
"""

import time
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from typing import Any

import huey
from huey.storage import PostgresStorage, RedisStorage, SqliteStorage

from callbacks.outage import queue_storage

# Between two tries of a thread, in seconds.
PAUSE = 1.0


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
            queue_storage.goes_on(error)
            self._start_anew()
            time.sleep(PAUSE)
            return nothing
        queue_storage.is_over()
        return found

    def _start_anew(self) -> None:
        """A storage that comes back may have lost its tables, and a connection may be spoilt."""
        with suppress(Exception):
            if hasattr(self, "initialize_schema"):
                self.initialize_schema()


class _SqliteStorage(_Patient, SqliteStorage):  # type: ignore[misc]
    pass


class _PostgresStorage(_Patient, PostgresStorage):  # type: ignore[misc]
    pass


class _RedisStorage(_Patient, RedisStorage):  # type: ignore[misc]
    pass


class SqliteHuey(huey.Huey):  # type: ignore[misc]
    storage_class = _SqliteStorage


class PostgresHuey(huey.Huey):  # type: ignore[misc]
    storage_class = _PostgresStorage


class RedisHuey(huey.Huey):  # type: ignore[misc]
    storage_class = _RedisStorage
