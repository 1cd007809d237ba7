"""Measure the latency when idle: from the commit of a request to the arrival of its startcall.

The baseline is the engine alone: from sending a message to the arrival of its POST. Both run side
by side. Single calls of the one and the other take turns, at irregular times.
"""

import itertools
import random
import statistics
import subprocess
import time
from collections.abc import Iterator

from benchmarks.support.call_service import CallService
from benchmarks.support.figure import Figure
from benchmarks.support.place import POSTGRESQL, REDIS, SQLITE, Place, available, place

SINGLES = 50
# Redis wakes a worker faster than a claim can be written durably, which Huey alone does not do.
TARGETS = {SQLITE: 1.3, POSTGRESQL: 1.3, REDIS: 1.8}

_numbers = (f"+336{number:08}" for number in itertools.count(11_000_000))


def measure(singles: int = SINGLES, quiet_minutes: float = 0) -> Iterator[Figure]:
    """Yield the figures; with `quiet_minutes`, wait that long first in each place."""
    for name in available():
        with (
            CallService() as service,
            place(
                name,
                uhlive_token_url=service.token_url,
                uhlive_call_url=service.call_url,
                pace_calls="1000",  # the pace is counted, but never reached
            ) as site,
        ):
            widget = site.create_widget()
            site.start("worker", "housekeeping")
            site.start_engine()
            ours, engines = _take_turns(site, widget, service, singles, quiet_minutes)
        for label, at in (("p50", 0.5), ("p95", 0.95)):
            yield Figure(
                f"latency when idle, {name}, {label}",
                quantile(ours, at) * 1000,
                quantile(engines, at) * 1000,
                "ms",
                at_most=TARGETS[name],
                note=f"{singles} singles" + (f" after {quiet_minutes:g} min" * bool(quiet_minutes)),
            )


def _take_turns(
    site: Place, widget: str, service: CallService, singles: int, quiet_minutes: float
) -> tuple[list[float], list[float]]:
    ours: list[float] = []
    engines: list[float] = []
    with (
        site.program("benchmarks.inside.ask", "site", widget) as asker,
        site.program("benchmarks.inside.ask", "engine", **site.engine_env) as engine,
    ):
        for _ in range(5):  # warm up: connect, fetch the token, load the modules
            single(asker, service)
            single(engine, service)
        time.sleep(quiet_minutes * 60)
        for _ in range(singles):
            for process, times in random.sample([(asker, ours), (engine, engines)], 2):
                time.sleep(random.uniform(0.05, 0.2))
                times.append(single(process, service))
        for process in (asker, engine):
            process.stdin.close()  # type: ignore[union-attr]
    return ours, engines


def single(process: "subprocess.Popen[str]", service: CallService) -> float:
    """Return the seconds from the time that `process` prints to the arrival of the call."""
    number = next(_numbers)
    process.stdin.write(f"{number}\n")  # type: ignore[union-attr]
    begun = float(process.stdout.readline())  # type: ignore[union-attr]
    return service.arrival_of(number) - begun


def quantile(values: list[float], at: float) -> float:
    if at == 0.5:
        return statistics.median(values)
    return statistics.quantiles(values, n=100)[round(at * 100) - 1]
