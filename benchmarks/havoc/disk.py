"""A small disk of its own, which can be full: a tmpfs, where this process may mount one."""

import os
import shutil
import subprocess
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

SIZE = "384m"


class Disk:
    """A folder that is a disk. `can_be_full`: whether it has a size of its own."""

    def __init__(self, folder: Path, *, can_be_full: bool) -> None:
        self.folder, self.can_be_full = folder, can_be_full
        self._ballast = folder / "ballast"
        self.has_room = threading.Event()
        self.has_room.set()

    def fill(self) -> None:
        """Leave no free byte, whatever frees some meanwhile."""
        self.has_room.clear()
        with self._ballast.open("ab") as ballast, suppress(OSError):
            while free := shutil.disk_usage(self.folder).free:
                os.posix_fallocate(ballast.fileno(), ballast.tell(), free)
                ballast.seek(0, os.SEEK_END)

    def empty(self) -> None:
        """Give the room back."""
        self._ballast.unlink(missing_ok=True)
        self.has_room.set()


@contextmanager
def disk(size: str = SIZE) -> Iterator[Disk]:
    """A disk of its own, thrown away in the end; a plain folder where nothing can be mounted.

    `size`: as `mount` has it, such as "16m".
    """
    folder = Path(tempfile.mkdtemp(prefix="chaos-disk-"))
    mount = ["mount", "-t", "tmpfs", "-o", f"size={size},mode=0755", "chaos", str(folder)]
    mounted = subprocess.run(mount, capture_output=True).returncode == 0
    folder.chmod(0o755)  # PostgreSQL is another user
    try:
        yield Disk(folder, can_be_full=mounted)
    finally:
        if mounted:
            subprocess.run(["umount", "--lazy", str(folder)], check=False, capture_output=True)
        shutil.rmtree(folder, ignore_errors=True)
