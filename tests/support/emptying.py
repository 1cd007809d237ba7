"""Empty the database after a test that commits, without building anything anew.

Django's `flush` truncates all tables, and then writes the content types, permissions and groups
again: 40 ms of this process's time, and on PostgreSQL as much of the server's. Here the rows that
a new database has stay, and only tables with other rows are emptied. After a test that changed the
first rows, Django does it.
"""

from typing import Any

from django.db import connection, transaction
from django.test import TransactionTestCase

_flush = TransactionTestCase._fixture_teardown  # type: ignore[attr-defined]
_first_rows: dict[str, list[Any]] = {}
_others: list[str] = []


def prepare() -> None:
    """Remember the rows of a new database, and let each `TransactionTestCase` end with `empty`."""
    tables = connection.introspection.django_table_names(only_existing=True, include_views=False)
    with connection.cursor() as cursor:
        _first_rows.update({table: rows for table in tables if (rows := _rows(cursor, table))})
    _others[:] = [table for table in tables if table not in _first_rows]
    TransactionTestCase._fixture_teardown = empty  # type: ignore[attr-defined]


def empty(case: TransactionTestCase) -> None:
    """Leave the rows of a new database alone in it."""
    with connection.cursor() as cursor:
        if any(_rows(cursor, table) != rows for table, rows in _first_rows.items()):
            _flush(case)
            prepare()
            return
        # Rows refer to rows of other tables, which the database checks at the end.
        with transaction.atomic():
            for table in _with_rows(cursor):
                cursor.execute(f"DELETE FROM {_quoted(table)}")


def _rows(cursor: Any, table: str) -> list[Any]:
    cursor.execute(f"SELECT * FROM {_quoted(table)} ORDER BY 1")
    return list(cursor.fetchall())


def _with_rows(cursor: Any) -> list[str]:
    one = "SELECT '{}' WHERE EXISTS (SELECT 1 FROM {})"
    cursor.execute(" UNION ALL ".join(one.format(table, _quoted(table)) for table in _others))
    return [table for (table,) in cursor.fetchall()]


def _quoted(table: str) -> str:
    return connection.ops.quote_name(table)
