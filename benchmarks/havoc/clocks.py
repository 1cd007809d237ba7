"""The clocks of a process under `benchmarks.havoc.skewed`, set from outside while it runs.

They are three numbers in a small file that both sides map into memory, so that reading one costs
nothing. Imported before everything else: it needs nothing but the standard library.
"""

import mmap
import struct
import time
from pathlib import Path

_FORMAT = struct.Struct("ddd")
# What the operating system said before anybody replaced it.
real_time = time.time
real_monotonic = time.monotonic


class Clocks:
    """By how many seconds each clock of the process differs from the machine's."""

    def __init__(self, path: Path) -> None:
        """Map the file; create it, with all clocks right, if it is not there."""
        if not path.exists():
            path.write_bytes(_FORMAT.pack(0.0, 0.0, 0.0))
        with path.open("r+b") as file:
            self._map = mmap.mmap(file.fileno(), _FORMAT.size)

    def _get(self, index: int) -> float:
        return float(_FORMAT.unpack_from(self._map)[index])

    def _set(self, index: int, seconds: float) -> None:
        struct.pack_into("d", self._map, 8 * index, seconds)

    @property
    def wall(self) -> float:
        """The time of day (`time.time`, `datetime.now`): a machine whose clock is wrong."""
        return self._get(0)

    @wall.setter
    def wall(self, seconds: float) -> None:
        self._set(0, seconds)

    @property
    def monotonic(self) -> float:
        """The monotonic clock, which stands still while a machine sleeps."""
        return self._get(1)

    @monotonic.setter
    def monotonic(self, seconds: float) -> None:
        self._set(1, seconds)

    @property
    def boot(self) -> float:
        """`CLOCK_BOOTTIME`, which goes on while a machine sleeps."""
        return self._get(2)

    @boot.setter
    def boot(self, seconds: float) -> None:
        self._set(2, seconds)
