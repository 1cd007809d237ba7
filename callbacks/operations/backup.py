"""Copy the SQLite database into one file while the site runs.

SQLite's backup API copies one moment of the database, and nobody waits for it. A plain copy of the
file would lack what is still in the file beside it (`-wal`), or contain half of a write.
"""

import os
import re
import sqlite3
import tempfile
from contextlib import closing, suppress
from datetime import datetime
from pathlib import Path

from django.core.management.base import CommandError
from django.db import connection

# The files that a folder of backups contains. Only these are ever deleted.
_NAME = re.compile(r"callback-[0-9]{8}T[0-9]{6}Z\.sqlite3")


def name_at(moment: datetime) -> str:
    """Return the name of a backup in a folder, with its time in UTC; names sort by time."""
    return f"callback-{moment:%Y%m%dT%H%M%SZ}.sqlite3"


def write(target: Path) -> int:
    """Write a backup into the file `target`, for its owner alone, and return its size in bytes.

    The file appears only once it is whole, checked and on the disk.

    Raises:
        CommandError: the database is no SQLite file, `target` exists, or the backup could not be
            written. Nothing is then left behind.
    """
    _refuse_other_databases(target)
    if target.exists():
        raise CommandError(f"{target} exists already. A backup never overwrites a file.")
    try:
        descriptor, made = tempfile.mkstemp(prefix=".callback-backup-", dir=target.parent)
    except OSError as error:
        raise CommandError(
            f"Nothing can be written to {target.parent}: {error.strerror}."
        ) from None
    os.close(descriptor)
    unfinished = Path(made)
    try:
        _copy(unfinished)
        _sync(unfinished)
        os.link(unfinished, target)  # unlike a renaming, this never replaces a file
        _sync(target.parent)
        return target.stat().st_size
    except FileExistsError:
        raise CommandError(f"{target} exists already. A backup never overwrites a file.") from None
    except OSError as error:
        raise CommandError(f"{target} cannot be written: {error.strerror}.") from None
    finally:
        with suppress(OSError):
            unfinished.unlink()


def delete_all_but(keep: int, folder: Path) -> list[str]:
    """Delete all backups in `folder` but the `keep` newest, and return the names of those deleted.

    Only files that are named like a backup count. Others stay.
    """
    found = sorted(path for path in folder.iterdir() if _NAME.fullmatch(path.name))
    old = found[:-keep]
    for path in old:
        path.unlink(missing_ok=True)
    return [path.name for path in old]


def _copy(target: Path) -> None:
    """Copy the database into the empty file `target` and check the copy.

    Raises:
        CommandError: the copy failed or is damaged.
    """
    connection.ensure_connection()
    try:
        with closing(sqlite3.connect(target)) as copy:
            connection.connection.backup(copy)
            # One file, without another beside it.
            copy.execute("PRAGMA journal_mode = DELETE")
            [(result,), *_others] = copy.execute("PRAGMA integrity_check").fetchall()
    except sqlite3.Error as error:
        raise CommandError(f"The backup could not be written: {error}.") from None
    if result != "ok":
        raise CommandError(
            f"The database is damaged ({result}), so the backup was not kept. Restore an earlier "
            "one, and keep the damaged file: some of it may be recovered with sqlite3 .recover."
        )


def _refuse_other_databases(target: Path) -> None:
    """Raise `CommandError` unless the database is a SQLite file."""
    if connection.vendor == "postgresql":
        raise CommandError(
            "This command is for SQLite. The database is PostgreSQL: use pg_dump, such as "
            f"pg_dump --format=custom --file={target} DATABASE (see docs/backup.md)."
        )


def _sync(path: Path) -> None:
    """Make sure that a file or folder survives a power cut."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
