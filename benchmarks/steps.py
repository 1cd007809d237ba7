"""Show what each part of a millisecond is for, from the moment when a worker wakes to the call.

The worker's own work is timed in one process, on PostgreSQL: each message to the database, and what
lies between them (Python, and the connection to the call service). The wake-up itself is not in it.
Each figure is the time that one call in ten stays below.
"""

import itertools
import json
import statistics
from collections import defaultdict
from collections.abc import Iterator

from benchmarks.support.call_service import CallService
from benchmarks.support.figure import Figure
from benchmarks.support.place import POSTGRESQL, available, place

CALLS, WARM_UP = 200, 20
BETWEEN = "Python, and the connection to the call service"


def measure() -> Iterator[Figure]:
    if POSTGRESQL not in available():
        raise SystemExit("steps: install PostgreSQL first (Debian: apt install postgresql)")
    spent: dict[str, list[float]] = defaultdict(list)
    total: list[float] = []
    with (
        CallService() as service,
        place(
            POSTGRESQL,
            uhlive_token_url=service.token_url,
            uhlive_call_url=service.call_url,
            pace_calls="100000",  # the pace is counted, but never reached
        ) as site,
        site.program("benchmarks.inside.steps") as worker,
    ):
        for turn, number in zip(range(CALLS + WARM_UP), itertools.count(612_000_000)):
            worker.stdin.write(f"+33{number}\n")  # type: ignore[union-attr]
            begun, steps = json.loads(worker.stdout.readline())  # type: ignore[union-attr]
            arrived = service.arrival_of(f"+33{number}")
            if turn < WARM_UP:
                continue
            before = [step for step in steps if step[2] < arrived]
            for name, start, end in before:
                spent[name].append(end - start)
            inside = sum(end - start for _name, start, end in before)
            spent[BETWEEN].append(arrived - begun - inside)
            total.append(arrived - begun)
        worker.stdin.close()  # type: ignore[union-attr]
    whole = _undisturbed(total)
    for name, seconds in spent.items():
        share = _undisturbed(seconds)
        yield Figure(f"{name}, of a call's time", share, whole, "ms", note=f"{len(seconds)} times")


def _undisturbed(seconds: list[float]) -> float:
    """Return the time in ms that one in ten stays below: other work delays the rest."""
    return statistics.quantiles(seconds, n=10)[0] * 1000
