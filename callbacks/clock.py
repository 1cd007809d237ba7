"""The time. One place, so that tests can set it.

Times that machines compare (is it due, has its patience ended, is the claim old) come from the
database's clock: several machines never agree exactly, one database always agrees with itself.
SQLite has no clock but its machine's.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

from django.db import connection

_set_by_a_test: datetime | None = None


# PostgreSQL's clock; inside a transaction it still moves on.
SQL = "clock_timestamp()"


def now() -> datetime:
    """The current time of the database's clock, aware, in UTC. On PostgreSQL this is one query."""
    if _set_by_a_test is not None:
        return _set_by_a_test
    if connection.vendor != "postgresql":
        return datetime.now(UTC)
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {SQL}")
        return read(cursor.fetchone()[0])


def in_sql() -> tuple[str, tuple[datetime, ...]]:
    """The current time as SQL and its parameters, for a statement that is to read the clock
    itself and so spares a round trip."""
    if _set_by_a_test is None and connection.vendor == "postgresql":
        return SQL, ()
    return "%s", (now(),)


def read(value: datetime) -> datetime:
    """The same, for a statement that has selected `SQL` beside something else."""
    return value.astimezone(UTC) if _set_by_a_test is None else _set_by_a_test


@contextmanager
def set_to(moment: datetime) -> Iterator[None]:
    """For tests: `now()` gives `moment` inside the block, in every thread of this process."""
    global _set_by_a_test
    before = _set_by_a_test
    _set_by_a_test = moment
    try:
        yield
    finally:
        _set_by_a_test = before
