"""Run a program as a fork of this process, so that what is loaded is in memory only once.

A fork shares everything with its parent, also what must have one owner: a connection to the
database (SQLite's files are damaged if two processes use one connection), a lock that a thread
holds. So nothing of that kind may be there at a fork: `is_safe` looks, and the caller starts the
program on its own if it finds anything.
"""

import ctypes
import gc
import os
import signal
import stat
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from contextvars import Context
from importlib import import_module
from multiprocessing import get_context
from pathlib import Path

from django.db import connections
from huey.contrib.djhuey import HUEY

from callbacks.core import process_memory

# What the site's processes load when they start: the web application, gunicorn, the command of each
# process, Huey's consumer.
_LOADED = (
    "callback_site.wsgi",
    "callback_site.gunicorn_alone",
    "callback_site.gunicorn_worker",
    "callback_site.urls",
    "callbacks.management.commands.run_housekeeping",
    "huey.contrib.djhuey.management.commands.run_huey",
    "huey.consumer",
)
_STANDARD_ERROR = 2


def load() -> None:
    """Load the application for all forks, and let no garbage collection touch it.

    Each page that a process writes to is its own from then on, and a collection writes to all.
    """
    for module in _LOADED:
        import_module(module)
    close_connections()
    gc.collect()
    _fill_gaps()
    gc.freeze()


def _fill_gaps() -> None:
    """Fill the gaps between what is loaded, with 2 MB, so that no fork writes there.

    Loading leaves some thousand small gaps all over the memory. What a fork puts into one makes the
    whole page its own: reading the tables of a SQLite file alone costs it 5 MB (measured).
    """
    if sys.platform != "linux":
        return
    library = ctypes.CDLL(None)
    library.malloc.restype = library.sbrk.restype = ctypes.c_void_p
    library.malloc.argtypes = library.sbrk.argtypes = [ctypes.c_ssize_t]
    end = library.sbrk(0) or 0
    # A gap is used before the memory behind the end. So an address there means: no gap is left.
    for size in (4096, 1024, 256, 64, 24):
        while 0 < (library.malloc(size) or 0) < end:
            pass


def name_process(name: str) -> None:
    """Change the name that `ps` and `top` show for this process, where the system allows it."""
    with suppress(OSError):  # Linux alone
        Path("/proc/self/comm").write_text(name)


def close_connections() -> None:
    """Close this process's connections to the database and the queue."""
    connections.close_all()
    with suppress(Exception):  # each storage has errors of its own
        HUEY.storage.close()


class Forking:
    """Says whether a fork would share what may not be shared."""

    def __init__(self) -> None:
        """Remember what whoever started this process left open: it is none of ours."""
        self._before = _open_files()

    def is_safe(self) -> bool:
        """Close our connections. Return whether no thread runs, and no file or socket is open."""
        close_connections()
        return threading.active_count() == 1 and not _open_files() - self._before


class Fork:
    """A child process that runs a function. It has the methods of `Popen` that we use."""

    def __init__(self, name: str, run: Callable[[], object], folder: Path) -> None:
        """Start the process in `folder`. It has a session of its own.

        Raises:
            OSError: there is no room for another process.
        """
        # A signal that is meant for the child must not reach the handlers that it inherits: they
        # would tell the parent.
        masked = signal.pthread_sigmask(signal.SIG_BLOCK, signal.valid_signals())
        try:
            self._process = get_context("fork").Process(
                name=name, target=_in_child, args=(name, run, folder, masked)
            )
            self._process.start()
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, masked)

    @property
    def pid(self) -> int:
        """Return the number of the process."""
        return self._process.pid or 0

    @property
    def returncode(self) -> int | None:
        """Return how the process ended: its status, or minus the signal; None while it runs."""
        return self._process.exitcode

    def poll(self) -> int | None:
        """Return the same as `returncode`."""
        return self._process.exitcode

    def send_signal(self, signum: int) -> None:
        """Send a signal to the process, if it still runs."""
        if self.poll() is None:
            os.kill(self.pid, signum)


def _in_child(
    name: str, run: Callable[[], object], folder: Path, masked: set[signal.Signals]
) -> None:
    """Be a process of its own, and run `run`. It ends with the status that `run` exits with."""
    os.setsid()
    signal.pthread_sigmask(signal.SIG_SETMASK, masked)
    os.chdir(folder)
    name_process(name)
    process_memory.forget_all()
    # Without the language and the limits of the command that this process is a fork of.
    Context().run(run)


def _open_files() -> set[tuple[int, int, int]]:
    """Return the open files and sockets besides standard input, output and error."""
    found = set()
    for name in os.listdir("/dev/fd"):
        with suppress(OSError):  # such as the one that listed the folder
            about = os.fstat(int(name))
            is_shared = stat.S_ISREG(about.st_mode) or stat.S_ISSOCK(about.st_mode)
            if int(name) > _STANDARD_ERROR and is_shared:
                found.add((int(name), about.st_dev, about.st_ino))
    return found
