"""Build SQL statements that both PostgreSQL and SQLite understand.

Every form and every call uses them. Django would build a statement anew for each row, which costs
several times as much as the database takes to execute it (`docs/performance.md`).
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
        """Return the SELECT in brackets, for use as a value in another statement."""
        return Statement(f"({self.sql})", self.parameters)


def insertion(
    row: models.Model,
    *,
    only: Statement | None = None,
    unless_same: str = "",
    returning_key: bool = False,
) -> Statement:
    """Return the INSERT of a new row. Unlike `save`, it sends no signals.

    A column of `row` may hold a `Statement`: the database then computes its value.

    `only` is the end of a SELECT (`FROM … WHERE …`, or `WHERE …`): the row is inserted once for
    each row that it finds. `unless_same` names a column (or several, separated by commas): the row
    is inserted only if no other row has the same value there. With `returning_key`, the statement
    returns the new primary key.
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
    """Return the UPDATE that sets `changes` in the rows that `where` finds.

    `changes` maps names of fields to values. A value may be a `Statement`, which the database
    computes.
    """
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
    """Return a column's value as SQL: a placeholder, or a constant where rows seldom differ."""
    if isinstance(value, Statement):
        return value
    prepared = field.get_db_prep_save(value, connection)
    # psycopg caches how it parsed a statement only up to fifty parameters. So the values that most
    # rows share are constants.
    if prepared is None:
        return Statement("NULL")
    if isinstance(prepared, bool):
        return Statement("TRUE" if prepared else "FALSE")
    if isinstance(prepared, int) and not prepared:
        return Statement("0")
    return Statement("''") if prepared == "" else Statement("%s", (prepared,))


def from_row[M: models.Model](model: type[M], names: Sequence[str], row: Sequence[Any]) -> M:
    """Return the object for a row of which the columns `names` were selected.

    Django reads any other column when it is used.
    """
    selected = dict(zip(names, row, strict=True))
    values = []
    for field in model._meta.concrete_fields:
        if field.attname in selected:
            value = selected[field.attname]
            if isinstance(value, datetime) and value.tzinfo is None:  # SQLite stores UTC
                value = value.replace(tzinfo=UTC)
            for convert in field.get_db_converters(connection):
                value = convert(value, None, connection)
            values.append(value)
    return model.from_db(connection.alias, selected, values)


def for_update() -> str:
    """Return the clause that locks the rows a SELECT reads; "" on SQLite.

    A transaction of SQLite locks the whole database.
    """
    return " FOR UPDATE" if connection.vendor == "postgresql" else ""


def greatest() -> str:
    """Return the name of the SQL function that returns the greatest of several values."""
    return "GREATEST" if connection.vendor == "postgresql" else "MAX"


def among(values: Sequence[str]) -> Question:
    """Return the SELECT for `column IN (…)`, which takes many values as one parameter."""
    if connection.vendor == "postgresql":
        return Question("SELECT unnest(%s::text[])", (list(values),))
    return Question("SELECT value FROM json_each(%s)", (json.dumps(values),))


def adapted(parameters: Iterable[object]) -> list[Any]:
    """Return a statement's parameters as the database stores them: SQLite stores times as text."""
    return [
        connection.ops.adapt_datetimefield_value(value) if isinstance(value, datetime) else value
        for value in parameters
    ]
