"""Doing something at a moment when it matters: between two statements of somebody else."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from django.db import connection


@contextmanager
def once_after(words: str, do: Callable[[], object]) -> Iterator[None]:
    """Run `do` once, right after this connection has executed a statement that holds `words`.

    Fails when there was no such statement.
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
