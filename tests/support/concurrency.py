"""Do things at the same moment, or at the moment that matters."""

import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from queue import Queue
from threading import Barrier
from typing import Any

from django.db import connection

LONGEST_SECONDS = 20


def concurrently[Result](
    count: int, do: Callable[[int], Result], *, database: bool = True
) -> list[Result]:
    """Run `do(0)` to `do(count - 1)` in threads that start at the same moment; return the results.

    Each thread has its own database connection, open before the start and closed at the end. Pass
    `database=False` in a test without a database. The first error of a thread is raised here.
    """
    start = Barrier(count, timeout=LONGEST_SECONDS)

    def run(index: int) -> Result:
        try:
            if database:
                connection.ensure_connection()
            start.wait()
            return do(index)
        finally:
            if database:
                connection.close()

    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(run, range(count)))


def begin(do: Callable[[], Any]) -> "Future[Any]":
    """Run `do` in a thread; return its future once it is over or waits for a lock.

    This needs PostgreSQL. Call it inside a transaction to hold the locks that `do` waits for.
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


@contextmanager
def once_after(words: str, do: Callable[[], object]) -> Iterator[None]:
    """Run `do` once, right after this connection has executed a statement that contains `words`.

    Raises:
        AssertionError: there was no such statement.
    """
    is_done = False

    def wrapper(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        nonlocal is_done
        found = execute(sql, params, many, context)
        if not is_done and words in sql:
            is_done = True
            do()
        return found

    with connection.execute_wrapper(wrapper):
        yield
    assert is_done, f"no statement with {words!r}"
