"""Record with which settings of PostgreSQL each write is made, by a trigger on every table."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

SETTINGS = (
    "synchronous_commit",
    "lock_timeout",
    "idle_in_transaction_session_timeout",
    "statement_timeout",
)
_COLUMNS = ", ".join(f"{name} text" for name in SETTINGS)
_CURRENT = ", ".join(f"current_setting('{name}')" for name in SETTINGS)
_MAKE = f"""
    CREATE TABLE IF NOT EXISTS settings_of_writes (written text, operation text, {_COLUMNS});
    CREATE OR REPLACE FUNCTION tell_settings() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        INSERT INTO settings_of_writes SELECT TG_TABLE_NAME, TG_OP, {_CURRENT};
        RETURN NULL;
    END $$
"""


@dataclass(frozen=True)
class Write:
    """A kind of write that was seen; times are texts, as PostgreSQL shows them."""

    table: str
    operation: str
    synchronous_commit: str
    lock_timeout: str
    idle_in_transaction_session_timeout: str
    statement_timeout: str


def watch(cursor: Any, tables: Iterable[str]) -> None:
    """Record each statement that writes to one of `tables` from now on; `seen` returns them."""
    cursor.execute(_MAKE)
    for table in tables:
        cursor.execute(
            f'CREATE TRIGGER tell_settings AFTER INSERT OR UPDATE OR DELETE ON "{table}"'
            " FOR EACH STATEMENT EXECUTE FUNCTION tell_settings()"
        )


def seen(cursor: Any) -> set[Write]:
    """Return the kinds of writes so far; `cursor` executes and fetches as psycopg's does."""
    found = cursor.execute("SELECT DISTINCT * FROM settings_of_writes") or cursor
    return {Write(*row) for row in found.fetchall()}


def stop(cursor: Any) -> None:
    cursor.execute("DROP FUNCTION tell_settings CASCADE")
    cursor.execute("DROP TABLE settings_of_writes")
