"""Measure what a site costs while nothing happens: web, worker and housekeeping.

The unit is the share of one core. The engine alone is measured over the same seconds.
"""

import time
from collections.abc import Iterator

from benchmarks.support.call_service import CallService
from benchmarks.support.figure import Figure
from benchmarks.support.place import available, place
from benchmarks.support.process import cpu_seconds, memory_mb

SECONDS = 24.0
# Wait until the work at the start is done.
SETTLE_SECONDS = 4.0
TARGET = 0.03


def measure() -> Iterator[Figure]:
    for name in available():
        with (
            CallService() as service,
            place(
                name, uhlive_token_url=service.token_url, uhlive_call_url=service.call_url
            ) as site,
        ):
            site.start("web", "worker", "housekeeping")
            site.start_engine()
            names = ["web", "worker", "housekeeping", "engine"]
            time.sleep(SETTLE_SECONDS)
            before = {name: cpu_seconds(site.pid(name)) for name in names}
            time.sleep(SECONDS)
            spent = {name: cpu_seconds(site.pid(name)) - before[name] for name in names}
            memory = {name: memory_mb(site.pid(name)) for name in names}
        engine = spent.pop("engine")
        parts = ", ".join(f"{part} {100 * cpu / SECONDS:.1f} %" for part, cpu in spent.items())
        yield Figure(
            f"idle cost, {name}",
            sum(spent.values()),
            SECONDS,
            "s",
            at_most=TARGET,
            note=f"{parts}; the engine alone {100 * engine / SECONDS:.1f} %",
        )
        of_engine = memory.pop("engine")
        yield Figure(
            f"memory, {name}",
            sum(memory.values()),
            of_engine,
            "MB",
            note=", ".join(f"{part} {size:.0f}" for part, size in memory.items())
            + "; against the engine alone",
        )
