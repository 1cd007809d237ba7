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


def now() -> datetime:
    """The current time of the database's clock, aware, in UTC.

    On PostgreSQL this is one query; inside a transaction it still moves on.
    """
    if _set_by_a_test is not None:
        return _set_by_a_test
    if connection.vendor != "postgresql":
        return datetime.now(UTC)
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        value: datetime = cursor.fetchone()[0]
    return value.astimezone(UTC)


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
