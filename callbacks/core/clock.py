"""The time. One place, so that tests can set it.

Times that machines compare (is it due, has its patience ended, is the claim old) come from the
database's clock: several machines never agree exactly, one database always agrees with itself.
SQLite has no clock but its machine's.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

from django.db import connection
from django.db.models import Q

from callbacks.core.statements import Question, Statement

_set_by_a_test: datetime | None = None

# How far two right readings of one clock may lie apart: one is taken when a message comes in, the
# other after it waited for locks. What lies further ahead was read before the clock was set back.
SLACK = timedelta(minutes=1)


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


def is_ahead(moment: datetime | None, now: datetime, at_most: timedelta = timedelta()) -> bool:
    """Return whether a time that a machine worked out is still to come.

    `at_most`: how far ahead it can rightly be. What lies further ahead counts as past: the clock
    that it was worked out from has been set back since. Never ask this of a time that a person
    chose.
    """
    return moment is not None and now < moment <= now + at_most + SLACK


def was_set_back(reading: datetime, now: datetime) -> bool:
    """Return whether a time that was *now* when it was written lies ahead: the clock has been set
    back since, and nothing that was worked out from that reading holds any more."""
    return reading > now + SLACK


def ahead(column: str, now: datetime, at_most: timedelta = timedelta()) -> Q:
    """Return `is_ahead` as a condition on a column."""
    return Q(**{f"{column}__gt": now, f"{column}__lte": now + at_most + SLACK})


def ahead_in_sql(column: str, at_most: timedelta = timedelta()) -> Statement:
    """Return `is_ahead` as a part of a statement; NULL, and so not true, for an empty column."""
    now, furthest = in_sql(), in_sql(ago=-(at_most + SLACK))
    return Statement(
        f"({column} > {now.sql} AND {column} <= {furthest.sql})",
        (*now.parameters, *furthest.parameters),
    )


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
