"""The current time. All code reads it here, so that tests can set it.

Times that machines compare (is a call due, is its patience over, is a claim old) come from the
database's clock. Several machines never agree exactly; one database always agrees with itself.
SQLite has no clock of its own, so its machine's clock is used.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

from django.db import connection
from django.db.models import Q

from callbacks.core.statements import Statement, is_postgresql

# The times that are set (`set_to`), by the block that set them, the newest last.
_set: dict[object, datetime] = {}

# Two correct readings of one clock differ by at most this much: one is taken when a message
# arrives, the other after it waited for locks. A time further ahead was read before the clock was
# set back.
SLACK = timedelta(minutes=1)

# What the database backends return for a stored time that is none: `infinity` or a time B.C. in
# PostgreSQL, any other text in SQLite. Only somebody else writes these. One of them must not end
# the check that finds it. It is later than every real time, and early enough to be added to.
UNREADABLE = datetime(9000, 1, 1, tzinfo=UTC)


# PostgreSQL's clock. It also moves on inside a transaction.
SQL = "clock_timestamp()"
# PostgreSQL's clock at the moment when the current message arrived.
OF_MESSAGE = "statement_timestamp()"


def now() -> datetime:
    """Return the current time of the database's clock, aware, in UTC.

    On PostgreSQL this is one query.
    """
    if _set:
        return [*_set.values()][-1]
    if not is_postgresql():
        return datetime.now(UTC)
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {SQL}")
        return read(cursor.fetchone()[0])


def is_set() -> bool:
    """Return whether a time is set at the moment (`set_to`)."""
    return bool(_set)


def in_sql(*, ago: timedelta = timedelta()) -> Statement:
    """Return the current time, minus `ago`, as a part of a statement.

    It saves the round trip that `now` costs. On PostgreSQL it is the time at which the message with
    the statement arrived. That time is the same for all statements of a message, and an index can
    be searched by it.
    """
    return _in_sql(OF_MESSAGE, ago)


def moving_in_sql(*, ago: timedelta = timedelta()) -> Statement:
    """Return the same as `in_sql`, but at the moment when the statement is executed.

    It is for a statement that comes after others in its message. No index can be searched by it.
    """
    return _in_sql(SQL, ago)


def _in_sql(time: str, ago: timedelta) -> Statement:
    """Return PostgreSQL's `time` minus `ago`, or a value where there is another clock."""
    if _set or not is_postgresql():
        return Statement("%s", (now() - ago,))
    return Statement(f"{time} - %s", (ago,)) if ago else Statement(time)


def question() -> Statement:
    """Return the question for the current time; pass the answer to `read`.

    Unlike `in_sql`, this time moves on while a message waits for a lock.
    """
    return Statement(f"SELECT {SQL if is_postgresql() else 'NULL'}")


def read(answer: datetime | None) -> datetime:
    """Return the time that `question` was answered with, aware, in UTC."""
    if answer is None or _set:
        return now()
    return answer.astimezone(UTC)


def is_ahead(moment: datetime | None, now: datetime, at_most: timedelta = timedelta()) -> bool:
    """Return whether a time that a machine computed is still to come.

    `at_most` is how far ahead it can rightly be. A time further ahead counts as past, because the
    clock from which it was computed has been set back since. Do not use this for a time that a
    person chose.
    """
    return moment is not None and now < moment <= now + at_most + SLACK


def was_set_back(reading: datetime, now: datetime) -> bool:
    """Return whether the clock has been set back since `reading` was taken from it.

    True if `reading`, which was the current time when it was written, lies ahead of `now`. Nothing
    that was computed from that reading is valid any more.
    """
    return reading > now + SLACK


def ahead(column: str, now: datetime, at_most: timedelta = timedelta()) -> Q:
    """Return `is_ahead` as a condition on a column, for a queryset."""
    return Q(**{f"{column}__gt": now, f"{column}__lte": now + at_most + SLACK})


@contextmanager
def set_to(moment: datetime) -> Iterator[None]:
    """Make `now()` return `moment` inside the block, in every thread of this process.

    Only tests and the history of the demo use it.

    Threads may leave their blocks in any order: each takes back its own time only.
    """
    block = object()
    _set[block] = moment
    try:
        yield
    finally:
        del _set[block]
