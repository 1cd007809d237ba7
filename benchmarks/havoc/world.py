"""Build the world of a chaos run: servers, and the site's processes, which are restarted."""

import os
import signal
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from cryptography.fernet import Fernet

from benchmarks.havoc.clocks import Clocks, real_monotonic
from benchmarks.havoc.in_use import InUse
from benchmarks.havoc.servers import Servers, servers
from tests.support.servers import free_port
from tests.support.site_processes import ROOT, Site

# Seconds. Short, so that failures are known within the run.
CONNECT_TIMEOUT, READ_TIMEOUT = 0.5, 1.5
THREADS = "8"
PACE_CALLS, PACE_SECONDS = 60, 1
# Seconds by which the clocks of some processes are wrong. On SQLite there is one machine, and so
# only one clock.
SKEWS = {"web:2": -90.0, "worker:2": 90.0, "worker:3": -90.0, "housekeeping:2": 90.0}
# How each process reaches PostgreSQL and the call service; the others connect directly.
TO_POSTGRESQL = {
    "web:2": "bouncer",
    "worker:2": "bouncer",
    "worker:3": "silent",
    "housekeeping:1": "silent",
}
TO_CALL_SERVICE = {"worker:2": "varnish", "worker:3": "nginx"}
TO_CALL_SERVICE_ON_SQLITE = {"worker:1": "varnish", "worker:2": "nginx"}

# What a process logs that is started while SQLite's disk is full. It ends and is started again.
STARTED_ON_A_FULL_DISK = "django.db.utils.OperationalError: disk I/O error"


class World:
    """The world; `names` are the processes, `keys` the encryption keys of a new process."""

    def __init__(self, site: Site, machines: Servers) -> None:
        self.site, self.machines = site, machines
        self.sandbox, self.postgresql = machines.sandbox, machines.postgresql
        self.webs = [site.port, free_port()]
        self.names = ["web:1", "web:2", "worker:1", "worker:2", "housekeeping:1", "housekeeping:2"]
        if self.postgresql:
            self.names.append("worker:3")
        self.keys = [site.env["ENCRYPTION_KEYS"]]
        self.ended_by_itself: Counter[str] = Counter()
        # Held by users of the database outside the site, and by what takes the database away.
        self.database = InUse()
        self._kinds = dict(site.commands)
        self._started: dict[str, float] = {}
        # Held while something is done to a process, so that nothing else is done meanwhile.
        self._locks = {name: threading.Lock() for name in self.names}
        self._clocks = {name: Clocks(self._clock_file(name)) for name in self.names}
        if self.postgresql:
            for name, seconds in SKEWS.items():
                self._clocks[name].wall = seconds

    def _clock_file(self, name: str) -> Path:
        return self.site.folder / f"{_own(name)}.clocks"

    def start(self, name: str) -> None:
        """Start a process with its own clocks, port and connections, without waiting for it."""
        kind, _, number = name.partition(":")
        command = list(self._kinds[kind])
        port = str(self.webs[int(number) - 1]) if kind == "web" else self.site.env["PORT"]
        if kind == "web":
            command[command.index("--bind") + 1] = f"127.0.0.1:{port}"
        self._clocks[name].monotonic = self._clocks[name].boot = 0.0
        command = ["-m", "benchmarks.havoc.skewed", str(self._clock_file(name)), *command]
        # A separate kind, because the site waits until "web" answers.
        self.site.commands[_own(name)] = command
        # On SQLite, a process cannot start while the disk is full. Its supervisor waits.
        self.machines.disk.has_room.wait()
        ways = self._ways(name)
        self._started[name] = real_monotonic()
        self.site.start(_own(name), PORT=port, **ways)

    def _ways(self, name: str) -> dict[str, str]:
        ways = {"ENCRYPTION_KEYS": ",".join(self.keys)}
        if self.postgresql:
            ways["DATABASE_URL"] = self.machines.database_url(TO_POSTGRESQL.get(name, ""))
        to_service = TO_CALL_SERVICE if self.postgresql else TO_CALL_SERVICE_ON_SQLITE
        ways["UHLIVE_CALL_URL"] = self.machines.call_url(to_service.get(name, ""))
        return ways

    def clocks(self, name: str) -> Clocks:
        """Return the clocks of a process, for changing them."""
        return self._clocks[name]

    def free_names(self, kind: str = "", up_for: float = 0) -> list[str]:
        """Return the processes that nothing is done to, started at least `up_for` seconds ago."""
        now = real_monotonic()
        return [
            name
            for name in self.names
            if name.startswith(kind)
            and not self._locks[name].locked()
            and now - self._started[name] >= up_for
        ]

    def started_at(self, name: str) -> float:
        """Return when the process was started, in seconds of the monotonic clock."""
        return self._started[name]

    def pid(self, name: str) -> int:
        """Return the process id, which is also that of its process group."""
        return self.site.processes[_own(name)].pid

    @contextmanager
    def hold(self, name: str) -> Iterator[None]:
        """Prevent anything else from being done to the process until the block ends."""
        with self._locks[name]:
            yield

    def end(self, name: str, signum: signal.Signals) -> int:
        """End a process and return its exit status; call it while the process is held."""
        return self.site.stop(_own(name), signum)

    def restart_what_ended(self) -> None:
        """Restart ended processes as a supervisor does; note those that ended unexpectedly."""
        for name in self.free_names():
            with self._locks[name]:
                process = self.site.processes.get(_own(name))
                if process and (status := process.poll()) is not None:
                    if not self._ended_on_a_full_disk(name):
                        self.ended_by_itself[f"{name} ({status})"] += 1
                    self.start(name)

    def tracebacks(self) -> list[str]:
        """Return a sentence for each log with an unexpected traceback."""
        logs = {path.stem: path.read_text() for path in self.site.folder.glob("*.log")}
        # Two tracebacks each: the driver's and Django's.
        counts = {
            name: text.count("Traceback") - 2 * text.count(STARTED_ON_A_FULL_DISK)
            for name, text in logs.items()
        }
        return [f"{name}'s log has {count} tracebacks" for name, count in counts.items() if count]

    def _ended_on_a_full_disk(self, name: str) -> bool:
        log = self.site.folder / f"{_own(name)}.log"
        return log.exists() and STARTED_ON_A_FULL_DISK in log.read_text()[-1000:]

    def signal_all(self, name: str, signum: signal.Signals) -> None:
        """Signal the process and its children; call it while the process is held."""
        os.killpg(self.pid(name), signum)


def _own(name: str) -> str:
    return name.replace(":", "-")


@contextmanager
def world(folder: Path, *, on_sqlite: bool) -> Iterator[World]:
    """Run everything until the block ends."""
    with ExitStack() as stack:
        machines = stack.enter_context(servers(on_sqlite=on_sqlite))
        sandbox = machines.sandbox
        site = Site(
            folder / "site",
            **machines.urls(),
            demo="true",  # otherwise it refuses to talk to a sandbox
            uhlive_token_url=sandbox.token_url,
            uhlive_call_url=sandbox.call_url,
            uhlive_client_id=sandbox.client_id,
            uhlive_client_secret=sandbox.client_secret,
            uhlive_connect_timeout=str(CONNECT_TIMEOUT),
            uhlive_read_timeout=str(READ_TIMEOUT),
            encryption_keys=Fernet.generate_key().decode(),
            hash_key="only-for-chaos-" + "0123456789abcdef" * 2,
            workers=THREADS,
            account_daily_cap="1000000",
            pace_calls=str(PACE_CALLS),
            pace_seconds=str(PACE_SECONDS),
            pythonpath=str(ROOT),
        )
        stack.enter_context(site)
        here = World(site, machines)
        for name in here.names:
            here.start(name)
        yield here
