"""Show what growth does to waiting times: ten accounts, 10,000 widgets, a million requests a day.

Each account is a site of its own, paced and queued by the product in virtual time
(`inside/virtual_account.py`). A slice of ten minutes is taken, not the whole day, so that it takes
minutes. Every account has its own seed, so that each run finds the same.
"""

import json
import math
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial

from benchmarks.support.figure import Figure
from benchmarks.support.place import SQLITE, place

ACCOUNTS, WIDGETS, REQUESTS_A_DAY = 10, 10_000, 1_000_000
SLICE_SECONDS = 600
LOADS = (0.5, 0.9, 0.99)
# Of an account's widgets by popularity: the first one has the campaign, the others of the first
# hundredth are large, those of the second half are small.
LARGE, SMALL = 0.01, 0.5

Waits = list[tuple[int, float]]


def measure(seconds: float = SLICE_SECONDS) -> Iterator[Figure]:
    each = WIDGETS // ACCOUNTS
    for load in LOADS:
        one = partial(_account, each, load, seconds)
        with ThreadPoolExecutor(2) as threads:
            waits = [wait for account in threads.map(one, range(ACCOUNTS)) for wait in account]
        yield from _figures(load, each, waits)


def _account(widgets: int, load: float, seconds: float, seed: int) -> Waits:
    arguments = map(str, (widgets, REQUESTS_A_DAY / ACCOUNTS, load, seconds, seed))
    with place(SQLITE, durable=False) as site:
        printed = site.run("benchmarks.inside.virtual_account", *arguments)
    return [(wait["rank"], wait["seconds"]) for wait in json.loads(printed)]


def _figures(load: float, widgets: int, waits: Waits) -> Iterator[Figure]:
    def group(belongs: Callable[[int], bool]) -> list[float]:
        return sorted(seconds for rank, seconds in waits if belongs(rank))

    groups = {
        "all": group(lambda rank: True),
        "the campaign's widget": group(lambda rank: rank == 0),
        "large widgets": group(lambda rank: 0 < rank < LARGE * widgets),
        "small widgets": group(lambda rank: rank >= SMALL * widgets),
    }
    for name, seconds in groups.items():
        yield Figure(
            f"waiting time, {name}, at {load:.0%} of the pace: 95 of 100 against the median",
            quantile(seconds, 0.95),
            quantile(seconds, 0.5),
            "s",
            note=f"{len(seconds):,} requests",
        )
    yield Figure(
        f"fairness at {load:.0%}: the mean wait of small widgets against that of large ones",
        _mean(groups["small widgets"]),
        _mean(groups["large widgets"]),
        "s",
        at_most=1.5,
    )
    yield Figure(
        f"fairness at {load:.0%}: the mean wait of small widgets against that of the campaign",
        _mean(groups["small widgets"]),
        _mean(groups["the campaign's widget"]),
        "s",
        at_most=0.5,
    )


def quantile(ordered: list[float], share: float) -> float:
    """Return the value below which this share of the values lies."""
    return ordered[max(math.ceil(share * len(ordered)) - 1, 0)]


def _mean(values: list[float]) -> float:
    return sum(values) / len(values)
