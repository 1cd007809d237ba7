"""Statements in SQL of our own, that both databases read.

For what every form and every call asks and writes: Django builds a statement anew for each row,
which costs several times what the database takes to carry it out (docs/performance.md).
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from django.db import connection, models


@dataclass(frozen=True)
class Statement:
    """SQL with `%s` for each parameter: a whole statement, or a part of one."""

    sql: str
    parameters: tuple[object, ...] = ()


class Question(Statement):
    """A SELECT of one value."""

    def as_value(self) -> Statement:
        """What it selects, as a part of another statement."""
        return Statement(f"({self.sql})", self.parameters)


def insertion(
    row: models.Model,
    *,
    only: Statement | None = None,
    unless_same: str = "",
    returning_key: bool = False,
) -> Statement:
    """What inserts a new row. Unlike `save` it sends no signals.

    With `only` (as a SELECT goes on: `FROM … WHERE …`, or `WHERE …`), once for each row that it
    finds; with `unless_same` (a column), only if no row has the same there. A column may be given
    as a part of a statement.
    """
    fields = [field for field in row._meta.concrete_fields if not field.primary_key]
    names = ", ".join(f'"{field.column}"' for field in fields)
    values = [_value(field, field.pre_save(row, True)) for field in fields]
    columns = ", ".join(value.sql for value in values)
    parameters = tuple(parameter for value in values for parameter in value.parameters)
    rows = Statement(f"VALUES ({columns})", parameters)
    if only is not None:
        rows = Statement(f"SELECT {columns} {only.sql}", parameters + only.parameters)
    end = f" ON CONFLICT ({unless_same}) DO NOTHING" if unless_same else ""
    end += " RETURNING id" if returning_key else ""
    return Statement(f"INSERT INTO {row._meta.db_table} ({names}) {rows.sql}{end}", rows.parameters)


def change(model: type[models.Model], changes: Mapping[str, Any], where: Statement) -> Statement:
    """What sets columns, named as the fields are; a value may be a part of a statement."""
    names: list[str] = []
    parameters: list[object] = []
    for name, new in changes.items():
        field = model._meta.get_field(name)
        value = _value(field, new.pk if isinstance(new, models.Model) else new)
        names.append(f'"{field.column}" = {value.sql}')  # type: ignore[union-attr]
        parameters += value.parameters
    return Statement(
        f"UPDATE {model._meta.db_table} SET {', '.join(names)} WHERE {where.sql}",
        (*parameters, *where.parameters),
    )


def _value(field: Any, value: Any) -> Statement:
    if isinstance(value, Statement):
        return value
    prepared = field.get_db_prep_save(value, connection)
    # psycopg remembers how it read a statement only up to fifty parameters: what most rows have the
    # same is none.
    if prepared is None:
        return Statement("NULL")
    if isinstance(prepared, bool):
        return Statement("TRUE" if prepared else "FALSE")
    if isinstance(prepared, int) and not prepared:
        return Statement("0")
    return Statement("''") if prepared == "" else Statement("%s", (prepared,))


def from_row[M: models.Model](model: type[M], names: Sequence[str], row: Sequence[Any]) -> M:
    """The object of a row of which these columns were selected; the others are read when they are
    asked for."""
    selected = dict(zip(names, row, strict=True))
    values = []
    for field in model._meta.concrete_fields:
        if field.attname in selected:
            value = selected[field.attname]
            if isinstance(value, datetime) and value.tzinfo is None:  # SQLite keeps UTC
                value = value.replace(tzinfo=UTC)
            for convert in field.get_db_converters(connection):
                value = convert(value, None, connection)
            values.append(value)
    return model.from_db(connection.alias, selected, values)


def for_update() -> str:
    """What locks the rows that a SELECT reads; SQLite's transactions lock all of them."""
    return " FOR UPDATE" if connection.vendor == "postgresql" else ""


def greatest() -> str:
    """The function that gives the greatest of several values."""
    return "GREATEST" if connection.vendor == "postgresql" else "MAX"


def among(values: Sequence[str]) -> Question:
    """What a column is compared with, to be one of many: `column IN (…)` by one parameter."""
    if connection.vendor == "postgresql":
        return Question("SELECT unnest(%s::text[])", (list(values),))
    return Question("SELECT value FROM json_each(%s)", (json.dumps(values),))


def adapted(parameters: Iterable[object]) -> list[Any]:
    """Parameters of a statement of our own; times as the columns hold them: text in SQLite."""
    return [
        connection.ops.adapt_datetimefield_value(value) if isinstance(value, datetime) else value
        for value in parameters
    ]
