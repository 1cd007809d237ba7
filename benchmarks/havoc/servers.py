"""Start the servers of a chaos run, and the proxies in front of them."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass

from benchmarks.havoc.disk import Disk, disk
from benchmarks.havoc.postgresql import PostgreSQL, postgresql
from benchmarks.havoc.silent import SilentProxy, silent_proxy
from tests.support import programs
from tests.support.processes import nginx, varnish
from tests.support.sandbox_process import SandboxProcess
from tests.support.servers import Server, throwaway_pgbouncer, throwaway_redis

# More than the processes behind PgBouncer use at once, so that none waits for a connection.
BOUNCED_CONNECTIONS = 30


@dataclass
class Servers:
    """The servers; None or missing if a program is not installed or not needed.

    `proxies` maps the name of a proxy to its port in front of the call service.
    """

    sandbox: SandboxProcess
    disk: Disk
    proxies: dict[str, int]
    postgresql: PostgreSQL | None = None
    bouncer: Server | None = None
    silent: SilentProxy | None = None
    redis: Server | None = None

    def urls(self) -> dict[str, str]:
        """Return the settings that locate the database, the queue and the cache."""
        folder = self.disk.folder
        if self.postgresql is None:
            return {
                "database_url": f"sqlite:///{folder}/db.sqlite3",
                "queue_url": f"sqlite:///{folder}/queue.sqlite3",
            }
        urls = {"database_url": self.postgresql.url, "queue_url": self.postgresql.url}
        if self.redis:
            cache = self.redis.url.replace("/0", "/1")
            urls |= {"queue_url": self.redis.url, "cache_url": cache}
        return urls

    def database_url(self, way: str) -> str:
        """Return PostgreSQL's address by `way`: "bouncer", "silent", or "" for directly."""
        assert self.postgresql
        if way == "bouncer" and self.bouncer:
            return self.bouncer.url
        if way == "silent" and self.silent:
            return self.postgresql.url.replace(str(self.postgresql.port), str(self.silent.port))
        return self.postgresql.url

    def call_url(self, way: str) -> str:
        """Return the address of `startcall` by `way`: "varnish", "nginx", or "" for directly."""
        direct = self.sandbox.call_url
        port = self.proxies.get(way)
        return direct.replace(str(self.sandbox.port), str(port)) if port else direct


@contextmanager
def servers(*, on_sqlite: bool) -> Iterator[Servers]:
    """Run all servers until the block ends."""
    with ExitStack() as stack:
        # A call ends some time after the phone rang, so that calls are under way when things break.
        sandbox = stack.enter_context(SandboxProcess(answer_ms=400))
        here = Servers(sandbox, stack.enter_context(disk()), {})
        if not on_sqlite:
            here.postgresql = stack.enter_context(postgresql(here.disk))
            here.silent = stack.enter_context(silent_proxy(here.postgresql.port))
            if programs.pgbouncer():
                here.bouncer = stack.enter_context(
                    throwaway_pgbouncer(
                        here.postgresql, connections=BOUNCED_CONNECTIONS, login_retry=1
                    )
                )
            if programs.redis():
                here.redis = stack.enter_context(throwaway_redis())
        if programs.varnish():
            here.proxies["varnish"] = stack.enter_context(varnish.in_front_of(sandbox.port))
        if programs.nginx():
            here.proxies["nginx"] = stack.enter_context(nginx.in_front_of(sandbox.port))
        yield here
