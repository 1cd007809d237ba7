"""What goes wrong in a chaos run: chosen by chance, from a seed, and healed after a while."""

import random
import signal
import sqlite3
import threading
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

from benchmarks.havoc.world import World
from tests.servers import Server

# How the call service behaves for a while; the rules of `callbacks.sandbox`. What times out does so
# for longer than the site waits.
MOODS: dict[str, list[dict[str, Any]]] = {
    "slow": [{"at": "startcall", "fault": "latency", "seconds": 0.6, "probability": 0.6}],
    "loses answers": [
        {"at": "startcall", "fault": "reset_after", "probability": 0.1},
        {"at": "startcall", "fault": "timeout_after", "seconds": 4, "probability": 0.05},
        {"at": "startcall", "fault": "500_after", "probability": 0.05},
        {"at": "startcall", "fault": "garbage", "probability": 0.05},
        {"at": "startcall", "fault": "drip", "seconds": 1, "probability": 0.05},
    ],
    "loses requests": [
        {"at": "startcall", "fault": "reset_before", "probability": 0.1},
        {"at": "startcall", "fault": "timeout_before", "seconds": 4, "probability": 0.05},
        {"at": "startcall", "fault": "html_502", "probability": 0.05},
        {"at": "startcall", "fault": "302", "probability": 0.05},
    ],
    "throttles": [
        {"at": "startcall", "fault": "429", "retry_after": 1, "probability": 0.1},
        {"at": "startcall", "fault": "503", "retry_after": 1, "probability": 0.1},
        {"at": "startcall", "fault": "425", "retry_after": 1, "probability": 0.1},
    ],
    "refuses": [{"at": "startcall", "fault": "422", "probability": 0.1}],
    "forgets tokens": [{"at": "startcall", "fault": "expire_tokens", "probability": 0.3}],
    "gives no token": [
        {"at": "startcall", "fault": "expire_tokens", "probability": 0.2},
        {"at": "token", "fault": "503", "probability": 0.5},
        {"at": "token", "fault": "401", "probability": 0.2},
        {"at": "token", "fault": "timeout_before", "seconds": 4, "probability": 0.1},
    ],
    "is down": [{"at": "startcall", "fault": "500"}],
}


# A process or server that was just started is left alone for so long, or nothing would ever run.
LEFT_ALONE = 6.0


class Breaker:
    """Breaks something every moment until it is told to stop; `done` counts what, by name."""

    def __init__(self, world: World, seed: int, pause: tuple[float, float] = (0.2, 0.8)) -> None:
        self._world, self._pause = world, pause
        self._chance = random.Random(seed)
        self._over = threading.Event()
        self._healing: list[threading.Thread] = []
        self._server_lock = threading.Lock()
        self._server_started = 0.0
        self.done: Counter[str] = Counter()
        self._choices: list[tuple[float, Callable[[], None]]] = [
            (4, self._call_service),
            (4, lambda: self._end_process(signal.SIGKILL)),
            (2, lambda: self._end_process(signal.SIGTERM)),
            (2, self._freeze),
        ]
        if world.postgresql:
            self._choices.append((1.2, self._postgresql))
            if world.redis:
                self._choices.append((1.2, self._redis))
        else:
            self._choices.append((1.2, lambda: self._lock_file("db")))
            self._choices.append((1.2, lambda: self._lock_file("queue")))
        self._thread = threading.Thread(target=self._run, name="breaker")

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """Returns once everything is healed."""
        self._over.set()
        self._thread.join()
        for thread in self._healing:
            thread.join()
        self._world.sandbox.faults([])

    def _run(self) -> None:
        weights = [weight for weight, _ in self._choices]
        while not self._over.wait(self._chance.uniform(*self._pause)):
            [(_, harm)] = self._chance.choices(self._choices, weights)
            harm()
            self._world.restart_what_ended()

    def _for_a_while(self, name: str, harm: Callable[[float], None], longest: float) -> None:
        """Does it in a thread of its own; `harm` is given the seconds that it should last."""
        self.done[name] += 1
        seconds = self._chance.uniform(0.2, longest)
        thread = threading.Thread(target=harm, args=(seconds,), name=name)
        self._healing.append(thread)
        thread.start()

    def _call_service(self) -> None:
        mood = self._chance.choice([*MOODS, "is well"])
        self.done[f"call service {mood}"] += 1
        self._world.sandbox.faults(MOODS.get(mood, []), seed=self._chance.randrange(2**31))

    def _a_process(self) -> str | None:
        names = self._world.free_names(up_for=LEFT_ALONE)
        return self._chance.choice(names) if names else None

    def _end_process(self, signum: signal.Signals) -> None:
        name = self._a_process()
        if name is None:
            return

        def end(seconds: float) -> None:
            with self._world.hold(name):
                self._world.end(name, signum)
                self._over.wait(seconds)
                self._world.start(name)

        self._for_a_while(f"{signum.name} {name.partition(':')[0]}", end, 1.0)

    def _freeze(self) -> None:
        name = self._a_process()
        if name is None:
            return

        def freeze(seconds: float) -> None:
            with self._world.hold(name):
                self._world.signal_all(name, signal.SIGSTOP)
                self._over.wait(seconds)
                self._world.signal_all(name, signal.SIGCONT)

        # Now and then for longer than a claim may be old, and than an attempt may take.
        longest = 30.0 if self._chance.random() < 0.2 else 7.0
        self._for_a_while(f"frozen {name.partition(':')[0]}", freeze, longest)

    def _postgresql(self) -> None:
        gently = self._chance.random() < 0.5
        name = f"PostgreSQL {'restarted' if gently else 'crashed'}"
        self._server(self._world.postgresql, name, 3.0, gently=gently)

    def _redis(self) -> None:
        self._server(self._world.redis, "Redis stopped", 5.0, gently=True)

    def _server(self, server: Server | None, name: str, longest: float, *, gently: bool) -> None:
        assert server

        def restart(seconds: float) -> None:
            with self._server_lock:
                server.stop(gently=gently)
                self._over.wait(seconds)
                server.start()
                self._server_started = time.monotonic()

        if time.monotonic() - self._server_started > LEFT_ALONE:
            self._for_a_while(name, restart, longest)

    def _lock_file(self, name: str) -> None:
        path = self._world.site.folder / f"{name}.sqlite3"

        def lock(seconds: float) -> None:
            _lock(path, seconds, self._over)

        self._for_a_while(f"SQLite {name} locked", lock, 3.0)


def _lock(path: Path, seconds: float, over: threading.Event) -> None:
    """Nobody else can write to the file for so long."""
    other = sqlite3.connect(path, isolation_level=None, timeout=10)
    try:
        other.execute("BEGIN EXCLUSIVE")
        over.wait(seconds)
        other.execute("ROLLBACK")
    except sqlite3.OperationalError:
        time.sleep(0)  # everybody else was faster for ten seconds: they are locked enough
    finally:
        other.close()
