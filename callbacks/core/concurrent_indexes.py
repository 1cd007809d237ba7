"""Add and remove indexes in migrations while the site runs. The migration needs `atomic = False`.

Django's operations of these names work on PostgreSQL only. On SQLite, these do the same without
`CONCURRENTLY`: whoever writes meanwhile waits for its turn, as for every write there.
"""

from typing import Any

from django.contrib.postgres import operations
from django.db.migrations import AddIndex, RemoveIndex


class AddIndexConcurrently(operations.AddIndexConcurrently):
    """Create an index. On PostgreSQL, nobody waits for it."""

    def database_forwards(self, app_label: str, schema_editor: Any, *states: Any) -> None:
        """Create the index."""
        _kind(schema_editor, operations.AddIndexConcurrently, AddIndex).database_forwards(
            self, app_label, schema_editor, *states
        )

    def database_backwards(self, app_label: str, schema_editor: Any, *states: Any) -> None:
        """Remove the index."""
        _kind(schema_editor, operations.AddIndexConcurrently, AddIndex).database_backwards(
            self, app_label, schema_editor, *states
        )


class RemoveIndexConcurrently(operations.RemoveIndexConcurrently):
    """Remove an index. On PostgreSQL, nobody waits for it."""

    def database_forwards(self, app_label: str, schema_editor: Any, *states: Any) -> None:
        """Remove the index."""
        _kind(schema_editor, operations.RemoveIndexConcurrently, RemoveIndex).database_forwards(
            self, app_label, schema_editor, *states
        )

    def database_backwards(self, app_label: str, schema_editor: Any, *states: Any) -> None:
        """Create the index again."""
        _kind(schema_editor, operations.RemoveIndexConcurrently, RemoveIndex).database_backwards(
            self, app_label, schema_editor, *states
        )


def _kind(schema_editor: Any, concurrent: Any, plain: Any) -> Any:
    """Return the operation that this database can execute."""
    return concurrent if schema_editor.connection.vendor == "postgresql" else plain
