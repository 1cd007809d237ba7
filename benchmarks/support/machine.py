"""Describe the machine of a measurement: a figure without its machine says nothing."""

import os
import platform
import sqlite3
import subprocess
from importlib.metadata import version
from pathlib import Path

from tests.support import programs

LIBRARIES = ("Django", "huey", "psycopg", "redis", "requests", "gunicorn")


def described() -> dict[str, str]:
    """Return names and versions, in the order in which to print them."""
    facts = {
        "cores": str(os.cpu_count()),
        "processor": _processor(),
        "memory": f"{_memory_gib():.0f} GiB",
        "load before": f"{os.getloadavg()[0]:.1f}",
        "system": f"{platform.system()} {platform.release()}",
        "Python": platform.python_version(),
        "SQLite": sqlite3.sqlite_version,
    }
    facts |= {name: version(name) for name in LIBRARIES}
    if folder := programs.postgresql():
        facts["PostgreSQL"] = _says(folder / "postgres", "--version").split()[2]
    if redis := programs.redis():
        facts["Redis"] = _says(redis, "--version").partition("v=")[2].split()[0]
    return facts


def _processor() -> str:
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()


def _memory_gib() -> float:
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30


def _says(*command: str | Path) -> str:
    return subprocess.run(command, capture_output=True, text=True).stdout
