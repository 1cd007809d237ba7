"""Throw-away servers for tests: on the loopback, on a free port, in a folder of their own.

    with throwaway_redis() as server:
        connect(server.url)
        server.restart()    # the same port, and for PostgreSQL the same data

They end with the `with` block, and also if the process that started them is killed.
"""

import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.support import programs

PATIENCE = 30  # seconds for a server to start or to stop
ENOUGH = 2 * 1024**3  # bytes of memory for a PostgreSQL and what tests write into it
READY = "ready to accept connections"  # both servers log this


class Server:
    """A server process that can be stopped and started again, for tests of faults."""

    def __init__(
        self,
        command: list[str | Path],
        port: int,
        url: str,
        folder: Path,
        user: str | None = None,
        *,
        ready: str = READY,
        end: signal.Signals = signal.SIGINT,  # on SIGTERM PostgreSQL would wait for its clients
    ) -> None:
        """`command` makes it listen on `port`, where clients reach it as `url`; it logs `ready`
        once it does, and ends by the signal `end`."""
        self.port = port
        self.url = url
        self._command = command
        self._folder = folder
        self._user = user
        self._ready = ready
        self._end = end
        self._log = folder / "log"
        self._process: subprocess.Popen[bytes] | None = None
        self._guard: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int:
        """The running server's process id. Raises AssertionError when it is stopped."""
        assert self._process, "the server is stopped"
        return self._process.pid

    def start(self) -> None:
        """Start, and return once it is ready. Raises RuntimeError, with its log, if it is not."""
        with self._log.open("wb") as log:
            self._process = subprocess.Popen(
                self._command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd=self._folder,
                start_new_session=True,  # Ctrl-C is ours to hand on, in order
                **as_user(self._user),
            )
        self._guard = _guard(self._process.pid, self._folder)
        deadline = time.monotonic() + PATIENCE
        # Not by connecting: another server may have taken the port in between, and would answer.
        while self._ready not in (log_text := self._log.read_text().lower()):
            if self._process.poll() is not None or time.monotonic() > deadline:
                self.stop()
                raise RuntimeError(f"{self._command[0]} did not start:\n{log_text}")
            time.sleep(0.02)

    def stop(self, *, gently: bool = True) -> None:
        """Stop, and return once it is gone; not `gently` means as in a crash."""
        if self._process is None:
            return
        self._process.send_signal(self._end if gently else signal.SIGQUIT)
        try:
            self._process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._process = None
        if self._guard:
            self._guard.kill()
            self._guard.communicate()
            self._guard = None

    def restart(self, *, gently: bool = True) -> None:
        """Stop and start again, on the same port."""
        self.stop(gently=gently)
        self.start()


def _guard(pid: int, folder: Path) -> subprocess.Popen[bytes]:
    """A process that waits for ours to end, however it ends, and then ends the server."""
    return subprocess.Popen(
        ["/bin/sh", "-c", 'read nothing; kill -9 "$1"; rm -rf "$2"', "guard", str(pid), folder],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )


@contextmanager
def throwaway_postgresql(*, durable: bool = False, options: Sequence[str] = ()) -> Iterator[Server]:
    """A running PostgreSQL, whose `url` is its database `postgres`, to a superuser.

    `durable`: a commit waits for the disk, as in production; tests have no use for that.
    `options`: more of the server's command line, such as `--wal_writer_delay=10s`.
    """
    binaries = programs.postgresql()
    assert binaries, "PostgreSQL's server programs are not installed"
    # PostgreSQL refuses to run as root.
    user = _unprivileged_user() if os.geteuid() == 0 else None
    with _folder(user, None if durable else _memory()) as folder:
        data = folder / "data"
        initdb = [binaries / "initdb", "-D", data, "-A", "trust", "-U", "postgres"]
        subprocess.run(
            [*initdb, "--no-sync", "--locale=C.UTF-8", "--encoding=UTF8"],  # type: ignore[list-item]
            check=True,
            stdout=subprocess.DEVNULL,
            cwd=folder,
            **as_user(user),
        )
        # Never `fsync=off`: the site refuses such a server. In memory a commit waits for nothing.
        more = [*([] if durable else ["--max_wal_size=256MB"]), *options]
        with _running(_postgresql(binaries, folder, user, more, ready=READY)) as server:
            yield server


@contextmanager
def throwaway_standby(primary: Server) -> Iterator[Server]:
    """A running standby of a throw-away PostgreSQL, until somebody promotes it."""
    binaries = programs.postgresql()
    assert binaries, "PostgreSQL's server programs are not installed"
    user = _unprivileged_user() if os.geteuid() == 0 else None
    with _folder(user, _memory()) as folder:
        copy = [binaries / "pg_basebackup", "--write-recovery-conf", "--checkpoint=fast"]
        subprocess.run(
            [*copy, "--no-sync", "-D", folder / "data", "-d", primary.url],  # type: ignore[list-item]
            check=True,
            cwd=folder,
            **as_user(user),
        )
        ready = "ready to accept read-only connections"
        with _running(_postgresql(binaries, folder, user, [], ready=ready)) as server:
            yield server


def _postgresql(
    binaries: Path, folder: Path, user: str | None, options: Sequence[str], *, ready: str
) -> Server:
    """A PostgreSQL on the data in `folder`, not started yet."""
    port = free_port()
    command: list[str | Path] = [binaries / "postgres", "-D", folder / "data", "-p", str(port)]
    command += ["--listen_addresses=127.0.0.1", "--unix_socket_directories=", *options]
    url = f"postgresql://postgres@127.0.0.1:{port}/postgres"
    return Server(command, port, url, folder, user, ready=ready)


@contextmanager
def throwaway_redis() -> Iterator[Server]:
    """A running Redis that keeps nothing on disk: after a restart it is empty."""
    program = programs.redis()
    assert program, "redis-server is not installed"
    with _folder() as folder:
        port = free_port()
        command: list[str | Path] = [program, "--port", str(port), "--bind", "127.0.0.1"]
        command += ["--save", "", "--appendonly", "no", "--dir", folder]
        with _running(Server(command, port, f"redis://127.0.0.1:{port}/0", folder)) as server:
            yield server


@contextmanager
def throwaway_pgbouncer(
    database: Server, *, connections: int, login_retry: int = 15
) -> Iterator[Server]:
    """A PgBouncer in transaction mode before a throw-away PostgreSQL, to which it has at most so
    many connections. `login_retry`: seconds until it tries again a server that was away."""
    program = programs.pgbouncer()
    assert program, "pgbouncer is not installed"
    # PgBouncer refuses to run as root, too.
    user = _unprivileged_user() if os.geteuid() == 0 else None
    with _folder(user) as folder:
        port = free_port()
        settings = folder / "pgbouncer.ini"
        settings.write_text(
            "[databases]\n"
            f"* = host=127.0.0.1 port={database.port} user=postgres\n"
            "[pgbouncer]\n"
            f"listen_addr = 127.0.0.1\nlisten_port = {port}\nunix_socket_dir =\n"
            "auth_type = any\npool_mode = transaction\n"
            f"default_pool_size = {connections}\nmax_client_conn = 200\n"
            f"server_login_retry = {login_retry}\n"
        )
        url = f"postgresql://postgres@127.0.0.1:{port}/postgres"
        command: list[str | Path] = [program, settings]
        bouncer = Server(command, port, url, folder, user, ready="process up", end=signal.SIGTERM)
        with _running(bouncer):
            yield bouncer


def free_port() -> int:
    """A loopback port that nothing listens on just now, chosen by the system."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def as_user(name: str | None) -> dict[str, Any]:
    """The arguments that make `subprocess` run a command as that user; none for nobody else."""
    if name is None:
        return {}
    entry = pwd.getpwnam(name)
    return {"user": entry.pw_uid, "group": entry.pw_gid, "extra_groups": []}


def _unprivileged_user() -> str:
    names = {entry.pw_name for entry in pwd.getpwall()}
    return "postgres" if "postgres" in names else "nobody"


def _memory() -> Path | None:
    """A file system in memory, where there is one that is large enough."""
    memory = Path("/dev/shm")
    is_usable = os.access(memory, os.W_OK) and shutil.disk_usage(memory).free > ENOUGH
    return memory if is_usable else None


@contextmanager
def _folder(owner: str | None = None, inside: Path | None = None) -> Iterator[Path]:
    folder = Path(tempfile.mkdtemp(prefix="throwaway-", dir=inside))
    try:
        if owner:
            shutil.chown(folder, owner)
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def _running(server: Server) -> Iterator[Server]:
    try:
        server.start()
        yield server
    finally:
        server.stop()
