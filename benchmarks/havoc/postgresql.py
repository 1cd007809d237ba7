"""Run a PostgreSQL server that can lose its power, its clock, its disk and its right to write."""

import os
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import psycopg

from benchmarks.havoc.disk import Disk
from tests.support import programs
from tests.support.servers import Server, as_user, free_port

# Small sizes: the copy of the folder is made quickly, and its small disk fills up soon.
SETTINGS = ("max_wal_size=64MB", "min_wal_size=32MB", "shared_buffers=64MB", "max_connections=150")


class PostgreSQL(Server):
    """A server with `fsync` on, whose data is on `disk`."""

    def __init__(self, disk: Disk) -> None:
        self.disk = disk
        self.user = "postgres" if os.geteuid() == 0 else None
        folder = disk.folder
        if self.user:
            shutil.chown(folder, self.user)
        self._data, self._clock = folder / "data", folder / "clock"
        self.set_clock(0)
        binaries = programs.postgresql()
        assert binaries, "PostgreSQL's server programs are not installed"
        initdb: list[str | Path] = [binaries / "initdb", "-D", self._data, "-U", "postgres"]
        subprocess.run(
            [*initdb, "-A", "trust", "--no-sync", "--locale=C.UTF-8", "--encoding=UTF8"],
            check=True,
            stdout=subprocess.DEVNULL,
            cwd=folder,
            **as_user(self.user),
        )
        port = free_port()
        command: list[str | Path] = [*self._with_a_clock(), binaries / "postgres"]
        command += ["-D", self._data, "-p", str(port)]
        command += ["--listen_addresses=127.0.0.1", "--unix_socket_directories="]
        command += [part for setting in SETTINGS for part in ("-c", setting)]
        url = f"postgresql://postgres@127.0.0.1:{port}/postgres"
        super().__init__(command, port, url, folder, self.user)

    def _with_a_clock(self) -> list[str | Path]:
        """Return the start of the command that fakes the clock, if libfaketime is installed."""
        library = programs.libfaketime()
        if library is None:
            return []
        return [
            "/usr/bin/env",
            f"LD_PRELOAD={library}",
            f"FAKETIME_TIMESTAMP_FILE={self._clock}",
            "FAKETIME_NO_CACHE=1",
            "FAKETIME_DISABLE_SHM=1",
            "FAKETIME_DONT_FAKE_MONOTONIC=1",
        ]

    def set_clock(self, seconds: int) -> None:
        """Move the server's clock ahead, at once; do nothing without libfaketime."""
        half = self._clock.with_suffix(".new")
        half.write_text(f"{seconds:+d}\n")
        half.chmod(0o644)
        half.replace(self._clock)

    def ensure_running(self) -> None:
        """Start the server again if it has ended, as a supervisor would."""
        if self._process is None or self._process.poll() is not None:
            self.stop()
            self.start()

    def lose_power(self) -> Path:
        """Stop everything at one moment; return a copy of the data folder as it was then."""
        processes = [self.pid, *_children(self.pid)]
        for pid in processes:
            _signal(pid, signal.SIGSTOP)
        # Children started before their parent stopped.
        born = [pid for pid in _children(self.pid) if pid not in processes]
        for pid in born:
            _signal(pid, signal.SIGSTOP)
        copy = self._data.with_name("copy")
        shutil.copytree(self._data, copy)
        subprocess.run(["chown", "-R", "--reference", self._data, copy], check=True)
        for pid in (*processes, *born):
            _signal(pid, signal.SIGKILL)
        self.stop()
        end = time.monotonic() + 10
        while any(Path(f"/proc/{pid}").exists() for pid in (*processes, *born)):
            assert time.monotonic() < end, "PostgreSQL's processes don't end"
            time.sleep(0.02)
        return copy

    def power_returns(self, copy: Path) -> None:
        """Start on the data in `copy`."""
        shutil.rmtree(self._data)
        copy.rename(self._data)
        self.start()

    def turn_read_only(self, *, read_only: bool) -> None:
        """Refuse writes from now on, also on open connections, or accept them again."""
        to = "on" if read_only else "off"
        with psycopg.connect(self.url, autocommit=True, connect_timeout=5) as connection:
            connection.execute(f"ALTER SYSTEM SET default_transaction_read_only = {to}".encode())
            connection.execute("SELECT pg_reload_conf()")
            connection.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()"
            )


def _children(pid: int) -> list[int]:
    children = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):
            _, _, rest = stat.read_text().rpartition(")")
            if int(rest.split()[1]) == pid:
                children.append(int(stat.parent.name))
    return children


def _signal(pid: int, signum: signal.Signals) -> None:
    with suppress(ProcessLookupError):
        os.kill(pid, signum)


@contextmanager
def postgresql(disk: Disk) -> Iterator[PostgreSQL]:
    """Run a server on that disk until the block ends."""
    server = PostgreSQL(disk)
    try:
        server.start()
        yield server
    finally:
        server.stop()
