"""A database for an upgrade, and all that is in it."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import psycopg

from tests.support.servers import throwaway_postgresql

TABLES = {
    "sqlite": "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'",
    "postgresql": "SELECT tablename FROM pg_tables WHERE schemaname = 'public'",
}

type Rows = list[dict[str, Any]]


@contextmanager
def new(vendor: str, folder: Path) -> Iterator[str]:
    """Make an empty database of this kind; yield its address."""
    if vendor == "sqlite":
        yield f"sqlite:///{folder}/upgraded.sqlite3"
    else:
        with throwaway_postgresql() as server:
            yield server.url


def everything(url: str) -> dict[str, Rows]:
    """Return the rows of each table."""
    if url.startswith("sqlite:"):
        opened: Any = closing(sqlite3.connect(url.removeprefix("sqlite:///")))
        tables = TABLES["sqlite"]
    else:
        opened, tables = closing(psycopg.connect(url)), TABLES["postgresql"]
    with opened as connection:
        cursor = connection.cursor()
        names = [name for (name,) in cursor.execute(tables).fetchall()]
        return {name: _rows(cursor.execute(f'SELECT * FROM "{name}"')) for name in names}


def _rows(cursor: Any) -> Rows:
    columns = [column[0] for column in cursor.description]
    return [dict(zip(columns, row, strict=True)) for row in cursor.fetchall()]
