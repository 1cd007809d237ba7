"""Run throw-away servers for tests: on the loopback, on a free port, in their own folder.

    with throwaway_redis() as server:
        connect(server.url)
        server.restart()    # the same port, and for PostgreSQL the same data

They end with the `with` block, and also if the process that started them is killed.
"""

import os
import pwd
import random
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from tests.support import programs

PATIENCE = 30  # seconds for a server to start or to stop
ENOUGH = 2 * 1024**3  # bytes of memory for a PostgreSQL server and the data of the tests
READY = "ready to accept connections"  # both servers log this
_given: set[int] = set()  # the ports that `free_port` returned to this process
# Each process of a test run chooses from every eighth port: one is bound a while after it was
# chosen, and meanwhile no other process may choose it. A run in one process has the last place.
PROCESSES = 8
OWN_PLACE = int(os.environ.get("PYTEST_XDIST_WORKER", "gw7").removeprefix("gw")) % PROCESSES


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
        """Prepare a server that `command` starts on `port`, and that clients reach at `url`.

        It logs `ready` once it listens, and ends by the signal `end`.
        """
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
        """The running server's process id.

        Raises:
            AssertionError: the server is stopped.
        """
        assert self._process, "the server is stopped"
        return self._process.pid

    def start(self) -> None:
        """Start, and return once it is ready.

        Raises:
            RuntimeError: it did not start; the message has its log.
        """
        with self._log.open("wb") as log:
            self._process = subprocess.Popen(
                self._command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd=self._folder,
                start_new_session=True,  # we pass Ctrl-C on, in order
                **as_user(self._user),
            )
        self._guard = _guard(self._process.pid, self._folder)
        deadline = time.monotonic() + PATIENCE
        # Do not connect to test it: another server may have taken the port and would answer.
        while self._ready not in (log_text := self._log.read_text().lower()):
            if self._process.poll() is not None or time.monotonic() > deadline:
                self.stop()
                raise RuntimeError(f"{self._command[0]} did not start:\n{log_text}")
            time.sleep(0.02)

    def stop(self, *, gently: bool = True) -> None:
        """Stop, and return once it is gone; without `gently` as in a crash."""
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
    """Start a process that waits for ours to end, in any way, and then ends the server."""
    return subprocess.Popen(
        ["/bin/sh", "-c", 'read nothing; kill -9 "$1"; rm -rf "$2"', "guard", str(pid), folder],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )


@contextmanager
def throwaway_postgresql(*, durable: bool = False, options: Sequence[str] = ()) -> Iterator[Server]:
    """Run a PostgreSQL server; `url` is its database `postgres`, as a superuser.

    With `durable`, a commit waits for the disk, as in production; tests do not need that.
    `options` are further arguments of the server, such as `--wal_writer_delay=10s`.
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
        # Never `fsync=off`: the site refuses such a server. In memory, a commit is fast anyway.
        more = [*([] if durable else ["--max_wal_size=256MB"]), *options]
        with _running(_postgresql(binaries, folder, user, more, ready=READY)) as server:
            yield server


@contextmanager
def throwaway_standby(primary: Server) -> Iterator[Server]:
    """Run a standby of a throw-away PostgreSQL server, until a test promotes it."""
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
    """Return a PostgreSQL server on the data in `folder`, not started yet."""
    port = free_port()
    command: list[str | Path] = [binaries / "postgres", "-D", folder / "data", "-p", str(port)]
    command += ["--listen_addresses=127.0.0.1", "--unix_socket_directories=", *options]
    url = f"postgresql://postgres@127.0.0.1:{port}/postgres"
    return Server(command, port, url, folder, user, ready=ready)


@contextmanager
def throwaway_redis() -> Iterator[Server]:
    """Run a Redis server that keeps nothing on disk: after a restart it is empty."""
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
    """Run PgBouncer in transaction mode in front of a throw-away PostgreSQL server.

    It opens at most `connections` to the server. After `login_retry` seconds it tries again to
    reach a server that was unavailable.
    """
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
    """Return a loopback port that is free now. No two processes of a test run get the same one.

    It lies below the range from which the system takes the ports of outgoing connections
    (32768 and more on Linux), so that none of these takes it before the server has started.
    """
    while True:
        port = random.randrange(20_000 + OWN_PLACE, 32_000, PROCESSES)
        if port in _given:
            continue
        with socket.socket() as probe, suppress(OSError):
            probe.bind(("127.0.0.1", port))
            _given.add(port)
            return port


def as_user(name: str | None) -> dict[str, Any]:
    """Return the arguments that make `subprocess` run a command as that user; {} for None."""
    if name is None:
        return {}
    entry = pwd.getpwnam(name)
    return {"user": entry.pw_uid, "group": entry.pw_gid, "extra_groups": []}


def _unprivileged_user() -> str:
    names = {entry.pw_name for entry in pwd.getpwall()}
    return "postgres" if "postgres" in names else "nobody"


def _memory() -> Path | None:
    """Return a file system in memory that is large enough, or None."""
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
