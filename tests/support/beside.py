"""Something that somebody else does at the same time, over a connection of its own."""

import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from queue import Queue
from typing import Any

from django.db import connection

LONGEST_SECONDS = 20


def begin(do: Callable[[], Any]) -> "Future[Any]":
    """Run `do` in a thread. Return once it is over, or waits for a lock; its result comes later.

    For PostgreSQL. May be called inside a transaction whose locks `do` will wait for.
    """
    backend: Queue[int] = Queue()

    def run() -> Any:
        try:
            connection.ensure_connection()
            backend.put(connection.connection.info.backend_pid)
            return do()
        finally:
            connection.close()

    pool = ThreadPoolExecutor(1)
    beside = pool.submit(run)
    pool.shutdown(wait=False)
    pid = backend.get(timeout=LONGEST_SECONDS)
    end = time.monotonic() + LONGEST_SECONDS
    while not beside.done() and not _waits(pid):
        assert time.monotonic() < end, "neither over nor waiting for a lock"
        time.sleep(0.01)
    return beside


def _waits(pid: int) -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1 FROM pg_locks WHERE pid = %s AND NOT granted", [pid])
        return cursor.fetchone() is not None
