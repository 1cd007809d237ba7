"""What SQLite and PostgreSQL do differently; and several questions in one round trip."""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection


@dataclass(frozen=True)
class Question:
    """A SELECT of one value, in SQL that both databases read, with `%s` for each parameter."""

    sql: str
    parameters: tuple[object, ...] = ()


def ask[K](questions: Mapping[K, Question]) -> dict[K, Any]:
    """What each question's SELECT gives, under the same key; None where it finds no row.

    All are asked in one round trip. For what every form and every call asks, the round trips and
    the building of statements cost more than what is looked up (measured by `make bench`).
    """
    columns = ", ".join(f"({question.sql})" for question in questions.values())
    parameters = [value for question in questions.values() for value in question.parameters]
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {columns}", [_adapted(value) for value in parameters])
        return dict(zip(questions, cursor.fetchone(), strict=True))


def _adapted(value: object) -> Any:
    """A time as the database's columns hold it: text for SQLite."""
    if isinstance(value, datetime):
        return connection.ops.adapt_datetimefield_value(value)
    return value


def lock(keys: Iterable[str]) -> None:
    """Lets nobody else into a transaction that locks one of `keys` until this one has ended.

    To be called inside a transaction. SQLite's transactions begin immediate, so there all writers
    wait for each other anyway. The keys are taken in one order, so that two transactions never
    wait for each other.
    """
    if connection.vendor != "postgresql":
        return
    numbers = sorted(
        int.from_bytes(hashlib.blake2b(key.encode(), digest_size=8).digest(), signed=True)
        for key in set(keys)
    )
    locks = ", ".join(["pg_advisory_xact_lock(%s)"] * len(numbers))
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {locks}", numbers)
