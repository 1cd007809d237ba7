"""What SQLite and PostgreSQL do differently; and statements in SQL of our own.

Those ask or count what every form and every call has to know, many things in one round trip
(docs/performance.md has the figures).
"""

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection, models

from callbacks import clock


@dataclass(frozen=True)
class Question:
    """A SELECT of one value, in SQL that both databases read, with `%s` for each parameter."""

    sql: str
    parameters: tuple[object, ...] = ()


type Questions = Mapping[Any, Question]
type Answers = Mapping[Any, Any]


def ask(questions: Questions) -> Answers:
    """What each question's SELECT gives, under the same key; None where it finds no row.

    All are asked in one round trip. A time comes out of SQLite as text: ask for something else.
    """
    if not questions:
        return {}
    columns = ", ".join(f"({question.sql})" for question in questions.values())
    parameters = [value for question in questions.values() for value in question.parameters]
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {columns}", adapted(parameters))
        return dict(zip(questions, cursor.fetchone(), strict=True))


def execute(sql: str, parameters: Iterable[object], *, locking: Iterable[str] = ()) -> int:
    """Runs a statement of our own; returns how many rows it wrote.

    With `locking`, once nobody else holds these keys (as by `lock`), in the same round trip.
    """
    numbers = _lock_numbers(locking)
    with connection.cursor() as cursor:
        if numbers:
            cursor.execute(f"{_locks(numbers)}; {sql}", [*numbers, *adapted(parameters)])
            cursor.nextset()
        else:
            cursor.execute(sql, adapted(parameters))
        written: int = cursor.rowcount
    return written


def insert[M: models.Model](row: M) -> M:
    """Saves a new row and gives it its key, as `save` would, but sends no signals.

    For the rows that every form makes. Django builds the statement anew for each row, which costs
    several times what the database takes to carry it out: a fifth of what a form costs.
    """
    fields = [field for field in row._meta.concrete_fields if not field.primary_key]
    names = ", ".join(f'"{field.column}"' for field in fields)
    values = [field.get_db_prep_save(field.pre_save(row, True), connection) for field in fields]
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {row._meta.db_table} ({names})"
            f" VALUES ({', '.join(['%s'] * len(fields))}) RETURNING id",
            values,
        )
        row.pk = cursor.fetchone()[0]
    row._state.adding, row._state.db = False, connection.alias
    return row


def adapted(parameters: Iterable[object]) -> list[Any]:
    """Parameters of a statement of our own; times as the columns hold them: text in SQLite."""
    return [
        connection.ops.adapt_datetimefield_value(value) if isinstance(value, datetime) else value
        for value in parameters
    ]


def greatest() -> str:
    """The function that gives the greatest of several values."""
    return "GREATEST" if connection.vendor == "postgresql" else "MAX"


def among(values: Sequence[str]) -> Question:
    """What a column is compared with, to be one of many: `column IN (…)` by one parameter."""
    if connection.vendor == "postgresql":
        return Question("SELECT unnest(%s::text[])", (list(values),))
    return Question("SELECT value FROM json_each(%s)", (json.dumps(values),))


def lock(keys: Iterable[str]) -> datetime:
    """Lets nobody else into a transaction that locks one of `keys` until this one has ended.

    To be called inside a transaction. Returns the time (`clock.now`) once the locks are held.
    SQLite's transactions begin immediate, so there all writers wait for each other anyway. The
    keys are taken in one order, so that two transactions never wait for each other.
    """
    numbers = _lock_numbers(keys)
    if not numbers:
        return clock.now()
    with connection.cursor() as cursor:
        cursor.execute(f"{_locks(numbers)}, {clock.SQL}", numbers)
        return clock.read(cursor.fetchone()[-1])


def _lock_numbers(keys: Iterable[str]) -> list[int]:
    """What PostgreSQL knows the locks by, in one order; none in SQLite."""
    if connection.vendor != "postgresql":
        return []
    return sorted(
        int.from_bytes(hashlib.blake2b(key.encode(), digest_size=8).digest(), signed=True)
        for key in set(keys)
    )


def _locks(numbers: Sequence[int]) -> str:
    return f"SELECT {', '.join(['pg_advisory_xact_lock(%s)'] * len(numbers))}"
