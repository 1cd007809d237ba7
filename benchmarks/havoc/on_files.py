"""Break one machine on SQLite: lock its files, fill its disk, cut its power, move its clock."""

import shutil
import signal
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from functools import partial
from pathlib import Path

from benchmarks.havoc.clocks import Clocks, real_time
from benchmarks.havoc.injections import Injector, NotNow
from benchmarks.havoc.on_postgresql import AHEAD, GROUP
from benchmarks.havoc.world import World

NAMES = ("db", "queue")
COPY = "copy-of-"


def injectors(world: World, own: Clocks, jumped: Callable[[float, float], None]) -> list[Injector]:
    """Return what can be done to the machine.

    `own` are the clocks of this process, which runs on the machine too. `jumped` is called with the
    period in which its clock was wrong (since, until; Unix seconds).
    """
    folder = world.machines.disk.folder
    found = [
        Injector(
            f"{name} file locked", partial(_locked, folder / f"{name}.sqlite3"), 0.2, 3.0, 1, GROUP
        )
        for name in NAMES
    ]
    ahead = partial(_clock_ahead, world, own, jumped)
    found += [
        Injector("machine without power", partial(_no_power, world), group=GROUP),
        Injector("machine's clock ahead", ahead, 0.3, 0.8, group=GROUP),
    ]
    if world.machines.disk.can_be_full:
        found.append(Injector("disk full", partial(_disk_full, world), 1.0, 4.0, group=GROUP))
    return found


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    """Lock the file, so that nobody else can write to it."""
    with closing(sqlite3.connect(path, isolation_level=None, timeout=10)) as other:
        try:
            other.execute("BEGIN EXCLUSIVE")
        except sqlite3.OperationalError:
            raise NotNow from None  # others kept the lock for ten seconds
        try:
            yield
        finally:
            other.execute("ROLLBACK")


@contextmanager
def _disk_full(world: World) -> Iterator[None]:
    """Fill the disk; first empty the write-ahead log, so that each commit needs space."""
    disk = world.machines.disk
    path = disk.folder / "db.sqlite3"
    with closing(sqlite3.connect(path, isolation_level=None, timeout=5)) as other:
        try:
            other.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        except sqlite3.OperationalError:
            raise NotNow from None
    disk.fill()
    try:
        yield
    finally:
        disk.empty()


@contextmanager
def _clock_ahead(
    world: World, own: Clocks, jumped: Callable[[float, float], None]
) -> Iterator[None]:
    clocks = [own, *map(world.clocks, world.names)]
    since = real_time()
    for one in clocks:
        one.wall = AHEAD
    try:
        yield
    finally:
        for one in clocks:
            one.wall = 0
        jumped(since, real_time())


@contextmanager
def _no_power(world: World) -> Iterator[None]:
    """End all processes at the same moment, and keep the files as they were then."""
    folder = world.machines.disk.folder
    with ExitStack() as stack:
        for name in world.names:
            stack.enter_context(world.hold(name))
        stack.enter_context(world.database.alone())
        for name in world.names:
            world.signal_all(name, signal.SIGSTOP)
        time.sleep(0.05)
        copies = _copies(folder)
        for name in world.names:
            world.end(name, signal.SIGKILL)
        for path in _files(folder):
            path.unlink()
        try:
            yield
        finally:
            for copy in copies:
                copy.rename(copy.with_name(copy.name.removeprefix(COPY)))
            for name in world.names:
                world.start(name)


def _files(folder: Path) -> list[Path]:
    return [path for name in NAMES for path in folder.glob(f"{name}.sqlite3*")]


def _copies(folder: Path) -> list[Path]:
    """Copy the files that a disk keeps; the shared memory beside them is not one."""
    copies = []
    for path in _files(folder):
        if not path.name.endswith("-shm"):
            copies.append(path.with_name(f"{COPY}{path.name}"))
            shutil.copyfile(path, copies[-1])
    return copies
