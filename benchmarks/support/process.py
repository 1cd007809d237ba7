"""Measure what a process costs, from Linux's /proc."""

import os
from collections.abc import Iterable
from pathlib import Path

_TICKS = os.sysconf("SC_CLK_TCK")


def family(pid: int) -> list[int]:
    """Return `pid` and all its descendants."""
    found = [pid]
    for task in Path(f"/proc/{pid}/task").glob("*/children"):
        for child in task.read_text().split():
            found += family(int(child))
    return found


def _families(pids: Iterable[int]) -> list[int]:
    return [member for pid in pids for member in family(pid)]


def cpu_seconds(*pids: int) -> float:
    """Return the CPU time used by these processes and their descendants, in seconds."""
    ticks = 0
    for member in _families(pids):
        fields = Path(f"/proc/{member}/stat").read_text().rpartition(")")[2].split()
        ticks += int(fields[11]) + int(fields[12])
    return ticks / _TICKS


def memory_mb(*pids: int) -> float:
    """Return the memory of these processes and their descendants, in MB."""
    return sum(pss_mb(member) for member in _families(pids))


def pss_mb(pid: int) -> float:
    """Return a process's proportional set size in MB: a shared page is divided among its users."""
    for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
        if line.startswith("Pss:"):
            return int(line.split()[1]) / 1024
    return 0.0
