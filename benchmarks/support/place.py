"""Run a site and the engine alone side by side: on SQLite, on PostgreSQL, or with Redis.

The engine alone is Huey with the same kind of storage and the same consumer settings. Its only task
does one POST as large as a startcall. Neither sees the other's messages.
"""

import secrets
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import psycopg

from tests.support import programs
from tests.support.servers import throwaway_postgresql, throwaway_redis
from tests.support.site_processes import ROOT, Site

SQLITE, POSTGRESQL, REDIS = "SQLite", "PostgreSQL", "PostgreSQL + Redis"


class Place(Site):
    """A site, and the engine alone beside it (`start_engine`)."""

    def __init__(self, folder: Path, engine_queue: str, **settings: str) -> None:
        super().__init__(folder, **settings)
        self.commands["engine"] = ["manage.py", "run_huey"]
        self.engine_env = {
            "QUEUE_URL": engine_queue,
            "DJANGO_SETTINGS_MODULE": "benchmarks.baseline.engine_settings",
        }

    def start_engine(self) -> None:
        self.run("benchmarks.inside.prepare_engine", **self.engine_env)
        self.start("engine", **self.engine_env)

    def pid(self, name: str) -> int:
        return self.processes[name].pid

    def run(self, module: str, *arguments: str, **environment: str) -> str:
        """Run a program to its end in the site's environment, and return what it prints.

        Raises:
            RuntimeError: it failed.
        """
        with self.program(module, *arguments, **environment) as process:
            printed, _ = process.communicate()
        if process.returncode:
            raise RuntimeError(f"{module} failed")
        return printed

    def program(self, module: str, *arguments: str, **environment: str) -> "subprocess.Popen[str]":
        """Start a program in the site's environment; use its standard input and output."""
        return subprocess.Popen(
            [sys.executable, "-m", module, *arguments],
            cwd=ROOT,
            env=self.env | environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            bufsize=1,
        )


def available() -> list[str]:
    """Return the places for which this machine has the programs."""
    places = [SQLITE]
    if programs.postgresql():
        places.append(POSTGRESQL)
        if programs.redis():
            places.append(REDIS)
    return places


@contextmanager
def place(name: str, *, durable: bool = True, **settings: str) -> Iterator[Place]:
    """Provide a site at `name`, ready to start its processes, with `settings` as for `Site`.

    Without `durable`, PostgreSQL does not wait for the disk.
    """
    with ExitStack() as stack:
        folder = Path(stack.enter_context(TemporaryDirectory(prefix="callback-bench-")))
        if name == SQLITE:
            database = f"sqlite:///{folder}/db.sqlite3"
            queue, engine_queue = f"sqlite:///{folder}/queue.sqlite3", f"sqlite:///{folder}/engine"
        else:
            server = stack.enter_context(throwaway_postgresql(durable=durable))
            database = queue = _database(server.url, "site")
            engine_queue = _database(server.url, "engine")
        if name == REDIS:
            queue = stack.enter_context(throwaway_redis()).url
            engine_queue = f"{queue.removesuffix('/0')}/1"
        defaults = {
            "database_url": database,
            "queue_url": queue,
            "rate_per_address": "100000000/h",
            "secret_key": secrets.token_hex(32),
        }
        site = Place(folder / "site", engine_queue, **defaults | settings)
        yield stack.enter_context(site)


def _database(url: str, name: str) -> str:
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
    return f"{url.rpartition('/')[0]}/{name}"
