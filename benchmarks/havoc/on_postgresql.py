"""Break PostgreSQL, PgBouncer and Redis: stop them, make them read-only, or move their clock."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial

import psycopg

from benchmarks.havoc.clocks import real_monotonic
from benchmarks.havoc.injections import Injector, NotNow
from benchmarks.havoc.postgresql import PostgreSQL
from benchmarks.havoc.world import World
from tests.support import programs
from tests.support.servers import Server

# Seconds. A server that was just started is left alone for this time.
LEFT_ALONE = 4.0
# Seconds by which a clock jumps ahead. No row of a run can correctly have such a time.
AHEAD = 3600
GROUP = "database"


def injectors(world: World, jumped: Callable[[float, float], None]) -> list[Injector]:
    """Return what can be done; `jumped` gets the period of a wrong clock (since, until)."""
    server, machines = world.postgresql, world.machines
    assert server
    started = _Started()
    stop = partial(_stopped, world, server, started)
    found = [
        Injector("PostgreSQL crashed", partial(stop, gently=False), 0.2, 2.0, group=GROUP),
        Injector("PostgreSQL restarted", partial(stop, gently=True), 0.2, 2.0, group=GROUP),
        Injector("PostgreSQL without power", partial(_no_power, world, started), group=GROUP),
        Injector("PostgreSQL read-only", partial(_read_only, server, started), 1, 3, group=GROUP),
    ]
    if programs.libfaketime():
        ahead = partial(_clock_ahead, server, jumped)
        found.append(Injector("PostgreSQL's clock ahead", ahead, 0.3, 0.8, group=GROUP))
    if machines.disk.can_be_full:
        full = partial(_disk_full, server, started)
        found.append(Injector("PostgreSQL's disk full", full, 1.0, 4.0, group=GROUP))
    if machines.silent:
        found.append(Injector("way to PostgreSQL silent", partial(_silent, world), 3.0, 9.0))
    if machines.bouncer:
        bouncer = partial(_restarted, machines.bouncer)
        found.append(Injector("PgBouncer restarted", bouncer, 0.2, 1.0))
    if machines.redis:
        found.append(Injector("Redis stopped", partial(_restarted, machines.redis), 0.2, 4.0, 2))
    return found


class _Started:
    """When the server was last started."""

    def __init__(self) -> None:
        self._at = 0.0

    def now(self) -> None:
        self._at = real_monotonic()

    def check(self) -> None:
        if real_monotonic() - self._at < LEFT_ALONE:
            raise NotNow


@contextmanager
def _stopped(
    world: World, server: PostgreSQL, started: _Started, *, gently: bool
) -> Iterator[None]:
    started.check()
    server.stop(gently=gently)
    try:
        yield
    finally:
        server.start()
        started.now()


@contextmanager
def _no_power(world: World, started: _Started) -> Iterator[None]:
    server = world.postgresql
    assert server
    started.check()
    copy = server.lose_power()
    try:
        yield
    finally:
        server.power_returns(copy)
        started.now()


@contextmanager
def _read_only(server: PostgreSQL, started: _Started) -> Iterator[None]:
    started.check()
    server.turn_read_only(read_only=True)
    try:
        yield
    finally:
        _insist(lambda: server.turn_read_only(read_only=False))


@contextmanager
def _clock_ahead(server: PostgreSQL, jumped: Callable[[float, float], None]) -> Iterator[None]:
    since = time.time()
    server.set_clock(AHEAD)
    try:
        yield
    finally:
        server.set_clock(0)
        jumped(since, time.time())


@contextmanager
def _disk_full(server: PostgreSQL, started: _Started) -> Iterator[None]:
    started.check()
    server.disk.fill()
    try:
        yield
    finally:
        server.disk.empty()
        time.sleep(0.2)  # the server may be ending right now
        server.ensure_running()
        started.now()


@contextmanager
def _silent(world: World) -> Iterator[None]:
    silent = world.machines.silent
    assert silent
    silent.fall_silent()
    try:
        yield
    finally:
        silent.speak()


@contextmanager
def _restarted(server: Server) -> Iterator[None]:
    server.stop()
    try:
        yield
    finally:
        server.start()


def _insist(act: Callable[[], None]) -> None:
    """Do it, and try again if needed: the server may be busy with clients that reconnect."""
    for _ in range(20):
        try:
            return act()
        except psycopg.OperationalError:
            time.sleep(0.2)
    return act()
