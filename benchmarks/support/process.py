"""What a process costs, from Linux's /proc."""

import os
from collections.abc import Iterable
from pathlib import Path

_TICKS = os.sysconf("SC_CLK_TCK")


def family(pid: int) -> list[int]:
    """`pid` and all that descend from it."""
    found = [pid]
    for task in Path(f"/proc/{pid}/task").glob("*/children"):
        for child in task.read_text().split():
            found += family(int(child))
    return found


def _families(pids: Iterable[int]) -> list[int]:
    return [member for pid in pids for member in family(pid)]


def cpu_seconds(*pids: int) -> float:
    """What these processes and their descendants have computed so far, in seconds of one core."""
    ticks = 0
    for member in _families(pids):
        fields = Path(f"/proc/{member}/stat").read_text().rpartition(")")[2].split()
        ticks += int(fields[11]) + int(fields[12])
    return ticks / _TICKS


def memory_mb(*pids: int) -> float:
    """Their proportional set size: shared pages are divided among those that share them."""
    kib = 0
    for member in _families(pids):
        for line in Path(f"/proc/{member}/smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                kib += int(line.split()[1])
    return kib / 1024
