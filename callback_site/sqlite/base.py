"""The backend's connection (see the package's docstring)."""

import sqlite3
from contextlib import closing
from datetime import datetime
from typing import Any

from django.core.exceptions import ImproperlyConfigured
from django.db.backends.sqlite3 import base, features
from django.utils.dateparse import parse_datetime
from django.utils.functional import cached_property

from callbacks.core import clock, private_files

FULL = 2  # the value of `PRAGMA synchronous` at which a commit waits for the disk


def read_time(stored: bytes) -> datetime:
    """Return the stored time, or `clock.UNREADABLE` if it is none: a column accepts any text."""
    try:
        return parse_datetime(stored.decode()) or clock.UNREADABLE
    except ValueError:  # no such day, or no UTF-8
        return clock.UNREADABLE


sqlite3.register_converter("datetime", read_time)


class DatabaseFeatures(features.DatabaseFeatures):
    """What this SQLite is able to do."""

    @cached_property
    def supports_json_field(self) -> bool:  # type: ignore[override]
        """Whether SQLite knows JSON, asked outside the file, which may be locked.

        Django asks the file, and takes a locked one for a SQLite without JSON.
        """
        with closing(sqlite3.connect(":memory:")) as connection:
            try:
                connection.execute("SELECT JSON('{}')")
            except sqlite3.OperationalError:
                return False
        return True


class DatabaseWrapper(base.DatabaseWrapper):
    """A connection to a file whose commits survive a power cut."""

    features_class = DatabaseFeatures

    def get_new_connection(self, conn_params: dict[str, Any]) -> Any:
        """Open the file, and make sure that its commits survive a power cut.

        A new file can be read by its owner only. So can the files that SQLite puts beside it.

        Raises:
            ImproperlyConfigured: the file system or the file does not accept the settings in
                `init_command`. SQLite does not report that by itself.
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
