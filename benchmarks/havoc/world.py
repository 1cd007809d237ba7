"""The world of a chaos run: servers, a sandbox, and the site's processes, which come back."""

import os
import signal
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from tests import programs
from tests.sandbox_process import SandboxProcess
from tests.servers import Server, free_port, throwaway_postgresql, throwaway_redis
from tests.site_processes import ROOT, Site

# Short ones, so that what went wrong is known within the run.
CONNECT_TIMEOUT, READ_TIMEOUT = "0.5", "1.5"
THREADS = "8"
# Seconds by which the clocks of some processes are wrong. On SQLite there is one machine and so
# one clock.
SKEWS = {"web:2": -90, "worker:2": 90, "worker:3": -90, "sweep:2": 90}


class World:
    """`names`: the processes. `postgresql` and `redis`: None where there is none."""

    def __init__(
        self, site: Site, sandbox: SandboxProcess, postgresql: Server | None, redis: Server | None
    ) -> None:
        self.site, self.sandbox = site, sandbox
        self.postgresql, self.redis = postgresql, redis
        self.webs = [site.port, free_port()]
        self.names = ["web:1", "web:2", "worker:1", "worker:2", "sweep:1", "sweep:2"]
        if postgresql:
            self.names.append("worker:3")
        self.ended_by_itself: Counter[str] = Counter()
        self._kinds = dict(site.commands)
        self._started: dict[str, float] = {}
        # Held by whoever does something to a process, so that nobody else does meanwhile.
        self._locks = {name: threading.Lock() for name in self.names}

    def start(self, name: str) -> None:
        """Starts a process, with its own clock and port, and does not wait for it."""
        kind, _, number = name.partition(":")
        command = list(self._kinds[kind])
        port = str(self.webs[int(number) - 1]) if kind == "web" else self.site.env["PORT"]
        if kind == "web":
            command[command.index("--bind") + 1] = f"127.0.0.1:{port}"
        if self.postgresql and name in SKEWS:
            command = ["-m", "benchmarks.havoc.skewed", str(SKEWS[name]), *command]
        # A kind of its own: for "web", the site would wait until it answers.
        own = name.replace(":", "-")
        self._started[name] = time.monotonic()
        self.site.commands[own] = command
        self.site.start(own, PORT=port)

    def free_names(self, up_for: float = 0) -> list[str]:
        """Processes that nobody does anything to and that were started so many seconds ago."""
        now = time.monotonic()
        return [
            name
            for name in self.names
            if not self._locks[name].locked() and now - self._started[name] >= up_for
        ]

    def pid(self, name: str) -> int:
        return self.site.processes[name.replace(":", "-")].pid

    @contextmanager
    def hold(self, name: str) -> Iterator[None]:
        """Nobody else does anything to the process meanwhile."""
        with self._locks[name]:
            yield

    def end(self, name: str, signum: signal.Signals) -> int:
        """Ends a process; returns its exit status. To be called while it is held."""
        return self.site.stop(name.replace(":", "-"), signum)

    def restart_what_ended(self) -> None:
        """As a supervisor does. Nothing should have ended without being told."""
        for name in self.free_names():
            with self._locks[name]:
                process = self.site.processes.get(name.replace(":", "-"))
                if process and (status := process.poll()) is not None:
                    self.ended_by_itself[f"{name} ({status})"] += 1
                    self.start(name)

    def tracebacks(self) -> list[str]:
        """A sentence for each log with an error in it that nobody had foreseen."""
        logs = {path.stem: path.read_text() for path in self.site.folder.glob("*.log")}
        return [
            f"{name}'s log has {text.count('Traceback')} tracebacks"
            for name, text in logs.items()
            if "Traceback" in text
        ]

    def signal_all(self, name: str, signum: signal.Signals) -> None:
        """To the process and its children. To be called while it is held."""
        os.killpg(self.pid(name), signum)


@contextmanager
def world(folder: Path, *, on_sqlite: bool) -> Iterator[World]:
    """Everything running, and ended in the end."""
    with ExitStack() as stack:
        # A call takes a while after the phone rang, so that some are in hand when things break.
        sandbox = stack.enter_context(SandboxProcess(answer_ms=400))
        postgresql = redis = None
        urls = {}
        if not on_sqlite:
            postgresql = stack.enter_context(throwaway_postgresql())
            urls = {"database_url": postgresql.url, "queue_url": postgresql.url}
            if programs.redis():
                redis = stack.enter_context(throwaway_redis())
                urls |= {"queue_url": redis.url, "cache_url": redis.url.replace("/0", "/1")}
        site = Site(
            folder,
            **urls,
            demo="true",  # or it would refuse to speak to a sandbox
            uhlive_token_url=sandbox.token_url,
            uhlive_call_url=sandbox.call_url,
            uhlive_client_id=sandbox.client_id,
            uhlive_client_secret=sandbox.client_secret,
            uhlive_connect_timeout=CONNECT_TIMEOUT,
            uhlive_read_timeout=READ_TIMEOUT,
            workers=THREADS,
            account_daily_cap="1000000",
            pace_calls="60",
            pace_seconds="1",
            pythonpath=str(ROOT),
        )
        stack.enter_context(site)
        here = World(site, sandbox, postgresql, redis)
        for name in here.names:
            here.start(name)
        yield here
