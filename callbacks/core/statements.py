"""Build SQL statements that both PostgreSQL and SQLite understand.

Every form and every call uses them. Django would build a statement anew for each row, which costs
several times as much as the database takes to execute it (`docs/performance.md`). The text of the
statements stands in `.sql` files, which `callbacks.core.queries` reads.
"""

import json
from collections.abc import Container, Iterable, Sequence
from datetime import UTC, datetime
from functools import cache
from typing import Any, NamedTuple

from django.db import DEFAULT_DB_ALIAS, connection, connections, models


@cache
def is_postgresql() -> bool:
    """Return whether the database is PostgreSQL. A process never uses another one."""
    return connection.vendor == "postgresql"


class Statement(NamedTuple):
    """SQL with `%s` for each parameter: a whole statement, or a part of one."""

    sql: str
    parameters: tuple[object, ...] = ()


def columns_of(row: models.Model, names: Container[str]) -> dict[str, object]:
    """Return the values of a new row by column, as the database stores them: those in `names`."""
    database = connections[DEFAULT_DB_ALIAS]
    return {
        column: field.get_db_prep_save(field.pre_save(row, True), database)
        for field in row._meta.concrete_fields
        if (column := str(field.column)) in names
    }


_NULL, _TRUE, _FALSE, _ZERO, _EMPTY = map(Statement, ("NULL", "TRUE", "FALSE", "0", "''"))


def as_literal(value: object) -> Statement:
    """Return a value as SQL: a placeholder, or a constant where rows seldom differ.

    psycopg caches how it parsed a statement only up to fifty parameters. So the values that most
    rows share are constants.
    """
    if value is None:
        return _NULL
    if isinstance(value, bool):
        return _TRUE if value else _FALSE
    if isinstance(value, int) and not value:
        return _ZERO
    return _EMPTY if value == "" else Statement("%s", (value,))


def from_row[M: models.Model](model: type[M], names: Sequence[str], row: Sequence[Any]) -> M:
    """Return the object for a row of which the columns `names` were selected.

    Django reads any other column when it is used.
    """
    values = []
    selected, places = _places(model, tuple(names))
    for place, converters in places:
        value = row[place]
        if isinstance(value, datetime) and value.tzinfo is None:  # SQLite stores UTC
            value = value.replace(tzinfo=UTC)
        for convert in converters:
            value = convert(value, None, connection)
        values.append(value)
    return model.from_db(DEFAULT_DB_ALIAS, selected, values)


@cache
def _places(
    model: type[models.Model], names: tuple[str, ...]
) -> tuple[frozenset[str], list[tuple[int, list[Any]]]]:
    """Return the names, and in the model's order where each stands in a row and its converters.

    Raises:
        ValueError: a name is no column.
    """
    fields = [field for field in model._meta.concrete_fields if field.attname in names]
    if len(fields) != len(names):
        raise ValueError(f"{model.__name__} lacks some of {names}")
    return frozenset(names), [
        (names.index(field.attname), field.get_db_converters(connection)) for field in fields
    ]


def among(values: Sequence[str] | Sequence[int], of: str = "text") -> Statement:
    """Return the SELECT for `column IN (…)`, which takes many values as one parameter.

    `of` is the type of the values in PostgreSQL.
    """
    if is_postgresql():
        return Statement(f"SELECT unnest(%s::{of}[])", (list(values),))
    return Statement("SELECT value FROM json_each(%s)", (json.dumps(values),))


def numbers(values: Sequence[int]) -> Statement:
    """Return whole numbers as one parameter, for `{each}(CAST(%(…)s AS {numbers}))` in a file."""
    as_array = list(values) if is_postgresql() else json.dumps(list(values))
    return Statement("%s", (as_array,))


def adapted(parameters: Iterable[object]) -> list[Any]:
    """Return a statement's parameters as the database stores them: SQLite stores times as text."""
    adapt = connection.ops.adapt_datetimefield_value
    return [adapt(value) if isinstance(value, datetime) else value for value in parameters]
