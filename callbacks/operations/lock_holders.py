"""Find which process of this machine keeps the SQLite file locked."""

import os
import re
from contextlib import suppress
from pathlib import Path

# A line of /proc/locks: a lock for writing, the process that has it, and the number of the file.
_LOCK = re.compile(r"(?m)^\d+: POSIX +\w+ +WRITE +(\d+) +\w+:\w+:(\d+) ")
_LOCKS = Path("/proc/locks")


def of(database: str) -> list[str]:
    """Return the processes that have locked the file for writing, such as `process 123 (sqlite3)`.

    Those of other accounts may be missing, and so may those that have just ended.
    """
    files = {}
    for path in (Path(database), Path(f"{database}-shm")):
        with suppress(OSError):
            files[path.stat().st_ino] = str(path.resolve())
    found = set()
    with suppress(OSError):
        for process, number in _LOCK.findall(_LOCKS.read_text()):
            if int(number) in files and int(process) != os.getpid():
                # The number alone may be that of a file on another disk.
                with suppress(OSError):
                    if _has_open(process, files[int(number)]):
                        found.add((int(process), Path(f"/proc/{process}/comm").read_text().strip()))
    return [f"process {process} ({name})" for process, name in sorted(found)]


def _has_open(process: str, path: str) -> bool:
    """Whether a process has this file open. Raise `OSError` if we may not know."""
    return any(os.readlink(link) == path for link in Path(f"/proc/{process}/fd").iterdir())
