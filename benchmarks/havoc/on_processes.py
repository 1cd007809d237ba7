"""Break processes: kill them, end them, freeze them, and let their machine sleep."""

import random
import signal
import socket
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from functools import partial

from django.db import DatabaseError, InterfaceError, connection

from benchmarks.havoc.clocks import real_monotonic
from benchmarks.havoc.injections import Injector, NotNow
from benchmarks.havoc.world import World
from callbacks.models import Attempt, Outcome

# Seconds. A process that was just started is left alone for this time, or nothing would ever run.
LEFT_ALONE = 6.0
# Seconds. Housekeeping takes over when no worker has been seen for five seconds.
ALL_AWAY = (8.0, 11.0)


def injectors(world: World, choose: "Chooser") -> list[Injector]:
    """Return what can be done to processes; `choose` picks one that may be broken."""
    found = []
    for kind, cards in (("web", 2), ("worker", 3), ("housekeeping", 1)):
        end = partial(_ended, world, choose, kind)
        found += [
            Injector(f"{kind} killed", partial(end, signal.SIGKILL), cards=cards),
            Injector(f"{kind} told to end", partial(end, signal.SIGTERM)),
            Injector(f"{kind} frozen", partial(_frozen, world, choose, kind), 1.0, 8.0),
        ]
    return [
        *found,
        # Longer than the maximum age of a claim, and than an attempt may take.
        Injector("worker frozen for long", partial(_frozen, world, choose, "worker"), 20.0, 30.0),
        Injector("worker's machine asleep", partial(_asleep, world, choose, "worker"), 6.0, 12.0),
        Injector("worker killed in a call", partial(_killed_in_a_call, world), cards=2),
        Injector("all workers away", partial(_all_away, world), *ALL_AWAY, group="workers"),
    ]


class Chooser:
    """Picks a process of a kind among those that may be broken now."""

    def __init__(self, world: World, seed: int) -> None:
        self._world, self._chance = world, random.Random(seed + 2)

    def __call__(self, kind: str) -> str:
        """Return the name of a process.

        Raises:
            NotNow: there is none that may be broken.
        """
        names = self._world.free_names(kind, up_for=LEFT_ALONE)
        if not names:
            raise NotNow
        return self._chance.choice(names)


@contextmanager
def _ended(world: World, choose: Chooser, kind: str, signum: signal.Signals) -> Iterator[None]:
    name = choose(kind)
    with world.hold(name):
        world.end(name, signum)
        try:
            yield
        finally:
            world.start(name)


@contextmanager
def _frozen(world: World, choose: Chooser, kind: str) -> Iterator[None]:
    name = choose(kind)
    with world.hold(name):
        world.signal_all(name, signal.SIGSTOP)
        try:
            yield
        finally:
            world.signal_all(name, signal.SIGCONT)


@contextmanager
def _asleep(world: World, choose: Chooser, kind: str) -> Iterator[None]:
    """Freeze a process without its monotonic clock noticing; the boot clock does notice."""
    name = choose(kind)
    with world.hold(name):
        world.signal_all(name, signal.SIGSTOP)
        since = real_monotonic()
        try:
            yield
        finally:
            world.clocks(name).monotonic -= real_monotonic() - since
            world.signal_all(name, signal.SIGCONT)


@contextmanager
def _killed_in_a_call(world: World) -> Iterator[None]:
    """Kill a worker between its claim and its record."""
    name = _in_a_call(world)
    with world.hold(name):
        world.end(name, signal.SIGKILL)
        try:
            yield
        finally:
            world.start(name)


def _in_a_call(world: World) -> str:
    """Return a worker that is placing a call now.

    Raises:
        NotNow: there is none within five seconds.
    """
    end = real_monotonic() + 5
    while real_monotonic() < end:
        workers = {str(world.pid(name)): name for name in world.free_names("worker", up_for=2)}
        try:
            with world.database.shared():
                pending = Attempt.objects.filter(outcome=Outcome.PENDING)
                names = list(pending.values_list("worker", flat=True))
                connection.close()
        except (DatabaseError, InterfaceError):
            names = []
        for worker in names:
            pid = worker.removeprefix(f"{socket.gethostname()}:").partition(":")[0]
            if pid in workers:
                return workers[pid]
    raise NotNow


@contextmanager
def _all_away(world: World) -> Iterator[None]:
    """Kill all workers; first wait for those that something else is being done to."""
    names = [name for name in world.names if name.startswith("worker")]
    with ExitStack() as stack:
        for name in names:
            stack.enter_context(world.hold(name))
        for name in names:
            world.end(name, signal.SIGKILL)
        try:
            yield
        finally:
            for name in names:
                world.start(name)
