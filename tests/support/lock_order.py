"""Check that locks are taken in the order of `callbacks.core.database`, all before any row.

Only real transactions are watched: one around a whole test contains many.
"""

import re
import threading
from collections.abc import Callable
from typing import Any

from django.db import connection

from callback_site.postgresql.base import Cursor
from callbacks.core import database

_ROWS = re.compile(r"\b(UPDATE|DELETE FROM)\b")


class LockOrder(threading.local):
    """The locks of the current transaction; `rank` of a key as in `callbacks.core.database.rank`.

    A lock that is taken too late raises AssertionError.
    """

    def __init__(self, rank: Callable[[str], int]) -> None:
        self._rank = rank
        self._begin()

    def _begin(self) -> None:
        self.keys: set[str] = set()
        self.rows = ""
        # Whether `keys` belong to a message that has not been sent yet.
        self.is_new = False

    def opening(self, original: Callable[[Any], Any]) -> Callable[[Any], Any]:
        """Wrap the cursor's method that begins a transaction."""

        def wrapped(cursor: Any) -> Any:
            if found := original(cursor):
                if not self.is_new:
                    self._begin()
                self.is_new = False
            return found

        return wrapped

    def execute(self, original: Callable[..., Any]) -> Callable[..., Any]:
        """Wrap the cursor's `execute`."""

        def wrapped(cursor: Any, query: Any, *args: Any, **options: Any) -> Any:
            done = original(cursor, query, *args, **options)
            if isinstance(query, str) and _ROWS.search(query):
                self.rows = query
            return done

        return wrapped

    def lock_numbers(self, original: Callable[[Any], Any]) -> Callable[[Any], Any]:
        """Wrap `callbacks.core.database.lock_numbers`."""

        def wrapped(keys: Any) -> Any:
            keys = set(keys)
            numbers = original(keys)
            blocks = connection.atomic_blocks
            if numbers and blocks and not blocks[0]._from_testcase:  # type: ignore[attr-defined]
                if self.is_idle():
                    self._begin()
                    self.is_new = True
                self.check(keys - self.keys)
                self.keys |= keys
            return numbers

        return wrapped

    def is_idle(self) -> bool:
        raw = connection.connection
        return raw is None or raw.pgconn.transaction_status == 0

    def check(self, new: set[str]) -> None:
        highest = max(map(self._rank, self.keys), default=-1)
        late = [key for key in new if self._rank(key) <= highest]
        assert not late, f"{late} are locked after {self.keys}"
        assert not (new and self.rows), f"{new} are locked after rows were: {self.rows[:200]}"


def watch(monkeypatch: Any) -> None:
    """Watch the transactions of every thread."""
    order = LockOrder(database.rank)
    monkeypatch.setattr(Cursor, "_opening", order.opening(Cursor._opening))
    monkeypatch.setattr(Cursor, "execute", order.execute(Cursor.execute))
    monkeypatch.setattr(database, "lock_numbers", order.lock_numbers(database.lock_numbers))
