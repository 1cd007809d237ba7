"""Set the clocks of a process under `benchmarks.havoc.skewed` from outside, while it runs.

The clocks are three numbers in a small file. Both processes map it into memory, so reading one
costs nothing. This module is imported before everything else, so it uses only the standard library.
"""

import mmap
import struct
import time
from pathlib import Path

_FORMAT = struct.Struct("ddd")
# The real clocks, before anything replaces them.
real_time = time.time
real_monotonic = time.monotonic


class Clocks:
    """How many seconds each clock of the process differs from the machine's clock."""

    def __init__(self, path: Path) -> None:
        """Map the file; if it does not exist, create it with all clocks right."""
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
        """Seconds by which the time of day is wrong (`time.time`, `datetime.now`)."""
        return self._get(0)

    @wall.setter
    def wall(self, seconds: float) -> None:
        self._set(0, seconds)

    @property
    def monotonic(self) -> float:
        """Seconds by which the monotonic clock differs; it stops while a machine sleeps."""
        return self._get(1)

    @monotonic.setter
    def monotonic(self, seconds: float) -> None:
        self._set(1, seconds)

    @property
    def boot(self) -> float:
        """Seconds by which `CLOCK_BOOTTIME` differs; it goes on while a machine sleeps."""
        return self._get(2)

    @boot.setter
    def boot(self, seconds: float) -> None:
        self._set(2, seconds)
