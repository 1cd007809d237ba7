"""See the package."""

from typing import Any

from django.core.exceptions import ImproperlyConfigured
from django.db.backends.sqlite3 import base

from callbacks.core import private_files

FULL = 2


class DatabaseWrapper(base.DatabaseWrapper):
    def get_new_connection(self, conn_params: dict[str, Any]) -> Any:
        """Open the file, and make sure that a commit in it survives a power cut.

        A new one is for its owner alone; what SQLite puts beside it is so as well.

        Raises: ImproperlyConfigured, when the file system or the file does not take the settings
        that `init_command` asks for. SQLite does not say so by itself.
        """
        if not self.is_in_memory_db():
            private_files.create(conn_params["database"])
        connection = super().get_new_connection(conn_params)
        [[mode]] = connection.execute("PRAGMA journal_mode").fetchall()
        [[synchronous]] = connection.execute("PRAGMA synchronous").fetchall()
        allowed = {"wal", "memory"} if self.is_in_memory_db() else {"wal"}
        if mode not in allowed or synchronous < FULL:
            connection.close()
            raise ImproperlyConfigured(
                f"The SQLite file of DATABASE_URL took journal_mode={mode} and "
                f"synchronous={synchronous} instead of wal and {FULL}: after a power cut, a call "
                "could be placed twice. Put the file on a local disk."
            )
        return connection
