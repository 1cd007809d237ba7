"""The database where Django's own ways are not enough.

What SQLite and PostgreSQL do differently; and the statements that every form and every call makes.
Those are sent by `ask`, `insert` and `compare_and_set`: round trips, and building a statement anew
each time, cost more than what the statement does (docs/performance.md has the figures).
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


def adapted(parameters: Iterable[object]) -> list[Any]:
    """Parameters of a statement of our own; times as the columns hold them: text in SQLite."""
    return [
        connection.ops.adapt_datetimefield_value(value) if isinstance(value, datetime) else value
        for value in parameters
    ]


def insert[M: models.Model](row: M) -> M:
    """Saves a new row and gives it its key, as `save` would; no signals are sent."""
    insert_all([row])
    return row


def insert_all(rows: Sequence[models.Model]) -> None:
    """The same for several rows of one table, in one statement."""
    model = type(rows[0])
    fields = [field for field in model._meta.concrete_fields if not field.primary_key]
    names = ", ".join(f'"{field.column}"' for field in fields)
    tuples = ", ".join([f"({places(len(fields))})"] * len(rows))
    values = [
        field.get_db_prep_save(field.pre_save(row, True), connection)
        for row in rows
        for field in fields
    ]
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {model._meta.db_table} ({names}) VALUES {tuples} RETURNING id", values
        )
        for row, (key,) in zip(rows, cursor.fetchall(), strict=True):
            row.pk, row._state.adding, row._state.db = key, False, connection.alias


def compare_and_set(
    model: type[models.Model], expected: Mapping[str, object], changes: Mapping[str, object]
) -> bool:
    """Writes `changes` where a row is still as `expected`; whether there was one.

    Both map the names of fields (`pk`, `status`, `retried_by`) to values. A tuple of expected
    values means any of them.
    """
    conditions, parameters = [], []
    for name, value in changes.items():
        parameters.append(_field(model, name).get_db_prep_save(_key_of(value), connection))
    for name, value in expected.items():
        field, values = _field(model, name), value if isinstance(value, tuple) else (value,)
        conditions.append(f'"{field.column}" IN ({places(len(values))})')
        parameters += [field.get_db_prep_value(value, connection) for value in values]
    assignments = ", ".join(f'"{_field(model, name).column}" = %s' for name in changes)
    with connection.cursor() as cursor:
        cursor.execute(
            f"UPDATE {model._meta.db_table} SET {assignments} WHERE {' AND '.join(conditions)}",
            parameters,
        )
        return bool(cursor.rowcount)


def _key_of(value: object) -> object:
    return value.pk if isinstance(value, models.Model) else value


def greatest() -> str:
    """The function that gives the greatest of several values."""
    return "GREATEST" if connection.vendor == "postgresql" else "MAX"


def among(values: Sequence[str]) -> Question:
    """What a column is compared with, to be one of many: `column IN (…)` by one parameter."""
    if connection.vendor == "postgresql":
        return Question("SELECT unnest(%s::text[])", (list(values),))
    return Question("SELECT value FROM json_each(%s)", (json.dumps(values),))


def places(count: int) -> str:
    """So many places for parameters: `%s, %s, %s`."""
    return ", ".join(["%s"] * count)


def _field(model: type[models.Model], name: str) -> Any:
    return model._meta.pk if name == "pk" else model._meta.get_field(name)


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
