"""Files with personal data or secrets, which their owner alone may read."""

import os
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from django.conf import settings

# For all that a process and its children create, whoever creates it.
UMASK = 0o077
# What SQLite puts beside a file, with the file's own rights.
_BESIDE = ("", "-wal", "-shm", "-journal")
_OTHERS = 0o007


def create(path: str | Path) -> None:
    """Create the file, empty and for its owner alone, unless it is there.

    What keeps it from being created is left to the program that opens it next.
    """
    with suppress(OSError):
        os.close(os.open(path, os.O_WRONLY | os.O_CREAT, 0o600))


def readable_by_others() -> Iterator[Path]:
    """Yield the files of the settings, the database and the queue to which every account of the
    machine has rights."""
    beside = (file.with_name(file.name + ending) for file in _sqlite_files() for ending in _BESIDE)
    for path in (settings.BASE_DIR / ".env", *beside):
        with suppress(OSError):
            if path.stat().st_mode & _OTHERS:
                yield path


def _sqlite_files() -> Iterator[Path]:
    """Yield the files of the database and of the queue, where these are no servers."""
    database, queue = settings.DATABASES["default"], settings.HUEY
    if database["ENGINE"].endswith("sqlite") and ":" not in str(database["NAME"]):
        yield Path(database["NAME"])
    if filename := queue.get("filename"):
        yield Path(filename)
