"""Measure throughput: how fast workers drain a backlog of calls that take 300 ms, without pacing.

The baseline is what T threads could do if nothing but the call took time: T / 0.3 s.
"""

import time
from collections.abc import Iterator

from benchmarks.support.call_service import CallService
from benchmarks.support.figure import Figure
from benchmarks.support.place import POSTGRESQL, SQLITE, available, place
from benchmarks.support.process import cpu_seconds, memory_mb

CALL_SECONDS = 0.3
THREADS = (10, 25, 50)
PROCESSES = (2, 4)
THREADS_OF_SEVERAL = 10
TARGET = 0.9
MEMORY_TARGET_MB = 150
# Duration of the best possible drain, in seconds.
BEST_SECONDS = 8


def measure() -> Iterator[Figure]:
    for name in [name for name in (SQLITE, POSTGRESQL) if name in available()]:
        for threads in THREADS:
            yield from _drain(name, threads, 1)
    if POSTGRESQL in available():
        for processes in PROCESSES:
            yield from _drain(POSTGRESQL, THREADS_OF_SEVERAL, processes)


def _drain(name: str, threads: int, processes: int) -> Iterator[Figure]:
    best = threads * processes / CALL_SECONDS
    calls = round(best * BEST_SECONDS)
    with (
        CallService(CALL_SECONDS) as service,
        place(
            name,
            uhlive_token_url=service.token_url,
            uhlive_call_url=service.call_url,
            pace_calls="0",
            workers=str(threads),
        ) as site,
    ):
        site.run("benchmarks.inside.backlog", str(calls))
        workers = ["worker", *(f"worker:{number}" for number in range(2, processes + 1))]
        site.start(*workers)
        time.sleep(2)  # until the workers wait for messages; housekeeping sends the first ones
        cpu_before = cpu_seconds(*map(site.pid, workers))
        site.start("housekeeping")
        if not service.wait_for(calls, patience=10 * BEST_SECONDS):
            raise RuntimeError(f"{service.count} of {calls} calls arrived\n{site.logs()}")
        cpu = cpu_seconds(*map(site.pid, workers)) - cpu_before
        memory = max(memory_mb(site.pid(worker)) for worker in workers)
        _nobody_twice(service, calls)
        begun = min(times[0] for times in service.arrivals.values())
        seconds = service.last + CALL_SECONDS - begun
    what = f"{name}, {processes} × {threads} threads"
    note = f"{cpu / seconds:.2f} cores for the workers"
    yield Figure(f"drained, {what}", calls / seconds, best, "/s", at_least=TARGET, note=note)
    yield Figure(f"memory of a worker, {what}", memory, MEMORY_TARGET_MB, "MB", at_most=1)


def _nobody_twice(service: CallService, calls: int) -> None:
    twice = [number for number, times in service.arrivals.items() if len(times) > 1]
    if twice or len(service.arrivals) != calls:
        raise RuntimeError(f"{len(twice)} were called twice; {len(service.arrivals)} of {calls}")
