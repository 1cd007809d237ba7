"""The time. One place, so that tests can set it.

Times that machines compare (is it due, has its patience ended, is the claim old) come from the
database's clock: several machines never agree exactly, one database always agrees with itself.
SQLite has no clock but its machine's.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

from django.db import connection

from callbacks.sql import Question, Statement

_set_by_a_test: datetime | None = None


# PostgreSQL's clock; inside a transaction it still moves on.
SQL = "clock_timestamp()"
# The same when the message came in that is being carried out.
OF_MESSAGE = "statement_timestamp()"


def now() -> datetime:
    """The current time of the database's clock, aware, in UTC. On PostgreSQL this is one query."""
    if _set_by_a_test is not None:
        return _set_by_a_test
    if connection.vendor != "postgresql":
        return datetime.now(UTC)
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {SQL}")
        return read(cursor.fetchone()[0])


def in_sql(*, ago: timedelta = timedelta()) -> Statement:
    """The current time as part of a statement, which so spares the round trip that `now` is; with
    `ago`, the time so long before. On PostgreSQL it is when the message with the statement came in,
    which is the same for all statements of a message, and which an index can be searched by.
    """
    if _set_by_a_test is not None or connection.vendor != "postgresql":
        return Statement("%s", (now() - ago,))
    if ago:
        return Statement(f"{OF_MESSAGE} - %s", (ago,))
    return Statement(OF_MESSAGE)


def question() -> Question:
    """The current time to be asked for among other things; `read` makes something of the answer.
    Unlike `in_sql`, it moves on while a message waits for a lock."""
    return Question(f"SELECT {SQL if connection.vendor == 'postgresql' else 'NULL'}")


def read(answer: datetime | None) -> datetime:
    """The time that `question` was answered with."""
    if answer is None or _set_by_a_test is not None:
        return now()
    return answer.astimezone(UTC)


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
