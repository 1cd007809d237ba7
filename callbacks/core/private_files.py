"""Files with personal data or secrets, which only their owner may read."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from django.conf import settings

# Set for a process and its children, so that it holds for every file that they create.
UMASK = 0o077
# SQLite creates files next to a database, with the same rights. They have its name with one of
# these endings.
_BESIDE = ("", "-wal", "-shm", "-journal")
_OTHERS = 0o007


def create(path: str | Path) -> None:
    """Create the file, empty and for its owner alone, unless it is there.

    A file that is there is not even opened: SQLite's locks are POSIX locks, and closing any
    descriptor of a file gives up all locks that this process holds on it. The database would be
    damaged (https://sqlite.org/howtocorrupt.html, section 2.2). So the new file is made under
    another name, closed, and only then put into its place.

    If the file cannot be created, the program that opens it next says so.
    """
    if os.path.exists(path):
        return
    with suppress(OSError):
        descriptor, made = tempfile.mkstemp(dir=Path(path).parent)  # for its owner alone
        os.close(descriptor)
        try:
            os.link(made, path)
        finally:
            os.unlink(made)


def readable_by_others() -> Iterator[Path]:
    """Yield the private files to which every account of the machine has rights.

    Checked are the settings (`.env`) and the SQLite files of the database and the queue.
    """
    beside = (file.with_name(file.name + ending) for file in _sqlite_files() for ending in _BESIDE)
    for path in (settings.BASE_DIR / ".env", *beside):
        with suppress(OSError):
            if path.stat().st_mode & _OTHERS:
                yield path


def _sqlite_files() -> Iterator[Path]:
    """Yield the SQLite files of the database and of the queue; none for one that is a server."""
    database, queue = settings.DATABASES["default"], settings.HUEY
    if database["ENGINE"].endswith("sqlite") and ":" not in str(database["NAME"]):
        yield Path(database["NAME"])
    if filename := queue.get("filename"):
        yield Path(filename)
