"""Make a small disk that can be full: a tmpfs, if this process may mount one."""

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
    """A folder used as a disk; `can_be_full` says whether it has a limited size."""

    def __init__(self, folder: Path, *, can_be_full: bool) -> None:
        self.folder, self.can_be_full = folder, can_be_full
        self._ballast = folder / "ballast"
        self.has_room = threading.Event()
        self.has_room.set()

    def fill(self) -> None:
        """Fill the disk until no byte is free, even if space is freed meanwhile."""
        self.has_room.clear()
        with self._ballast.open("ab") as ballast, suppress(OSError):
            while free := shutil.disk_usage(self.folder).free:
                os.posix_fallocate(ballast.fileno(), ballast.tell(), free)
                ballast.seek(0, os.SEEK_END)

    def empty(self) -> None:
        """Free the space again."""
        self._ballast.unlink(missing_ok=True)
        self.has_room.set()


@contextmanager
def disk(size: str = SIZE) -> Iterator[Disk]:
    """Provide a new disk until the block ends; a plain folder where nothing can be mounted.

    `size` is written as for `mount`, such as "16m".
    """
    folder = Path(tempfile.mkdtemp(prefix="chaos-disk-"))
    mount = ["mount", "-t", "tmpfs", "-o", f"size={size},mode=0755", "chaos", str(folder)]
    mounted = subprocess.run(mount, capture_output=True).returncode == 0
    folder.chmod(0o755)  # PostgreSQL runs as another user
    try:
        yield Disk(folder, can_be_full=mounted)
    finally:
        if mounted:
            subprocess.run(["umount", "--lazy", str(folder)], check=False, capture_output=True)
        shutil.rmtree(folder, ignore_errors=True)
