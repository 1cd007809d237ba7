"""Measure time slots: offer them, call while many are booked, and show and take forms with them.

Each figure is compared with the same without bookings, or with a bare view that renders the same
choice of times (`benchmarks.intake`).
"""

import json
import random
import statistics
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any

from benchmarks import intake
from benchmarks.latency import quantile, single
from benchmarks.support.call_service import CallService
from benchmarks.support.figure import Figure
from benchmarks.support.place import POSTGRESQL, SQLITE, Place, available, place

OFFERED_BOOKINGS, OFFERED_DAYS = 10_000, 60
AHEAD_BOOKINGS, AHEAD_DAYS = 100_000, 90
# More than are booked in any slot, so that both widgets offer the same.
CAPACITY = 1000
ROUNDS, SINGLES = 40, 60
OFFER_TARGET, AHEAD_TARGET = 1.5, 1.2


def measure() -> Iterator[Figure]:
    for name in [name for name in (SQLITE, POSTGRESQL) if name in available()]:
        yield from _offering(name)
        yield from _ahead(name)
        yield from intake.of_forms(name, with_slots=True)


def _offering(name: str) -> Iterator[Figure]:
    """Compare the form of a widget with many bookings and that of one without any."""
    with place(name) as site:
        widgets = _widgets(site, OFFERED_BOOKINGS, OFFERED_DAYS)
        answers: dict[str, list[dict[str, Any]]] = {widget: [] for widget in widgets}
        with site.program("benchmarks.inside.offered") as visitor:
            for turn in range(ROUNDS + 2):
                for widget in random.sample(widgets, 2):
                    answer = json.loads(_ask(visitor, widget))
                    if turn >= 2:  # the first two rounds connect, and read from the disk
                        answers[widget].append(answer)
            _end(visitor)
    for page in ("first days", "all days"):
        busy, empty = (
            [answer[page]["seconds"] for answer in answers[widget]] for widget in widgets
        )
        counts = {answer[page]["queries"] for of_widget in answers.values() for answer in of_widget}
        if len(counts) > 1:
            raise RuntimeError(f"{page}: the number of queries differs: {counts}")
        yield Figure(
            f"time slots offered, {page}, {name}",
            statistics.median(busy) * 1000,
            statistics.median(empty) * 1000,
            "ms",
            at_most=OFFER_TARGET,
            note=f"{OFFERED_BOOKINGS:,} bookings against none, {OFFERED_DAYS} days; "
            f"{counts.pop()} queries with both",
        )


def _ahead(name: str) -> Iterator[Figure]:
    """Compare claims and calls with many bookings ahead, and without any."""
    claims: tuple[list[float], list[float]] = ([], [])
    calls: tuple[list[float], list[float]] = ([], [])
    with CallService() as service, ExitStack() as stack:
        sites = [stack.enter_context(_site(name, service)) for _ in range(2)]
        for site, bookings in zip(sites, (AHEAD_BOOKINGS, 0), strict=True):
            _widgets(site, bookings, AHEAD_DAYS)
        with ExitStack() as programs:
            claimers = [
                programs.enter_context(site.program("benchmarks.inside.claims")) for site in sites
            ]
            for turn in range(SINGLES + 5):
                for number in random.sample(range(2), 2):
                    seconds = float(_ask(claimers[number], ""))
                    if turn >= 5:
                        claims[number].append(seconds)
            for claimer in claimers:
                _end(claimer)
        with ExitStack() as programs:
            for site in sites:
                site.start("worker", "housekeeping")
            askers = [
                programs.enter_context(
                    site.program("benchmarks.inside.ask", "site", site.create_widget())
                )
                for site in sites
            ]
            for turn in range(SINGLES + 5):
                for number in random.sample(range(2), 2):
                    seconds = single(askers[number], service)
                    if turn >= 5:
                        calls[number].append(seconds)
            for asker in askers:
                _end(asker)
    note = f"{AHEAD_BOOKINGS:,} bookings ahead against none"
    for what, (busy, empty) in (("a claim", claims), ("from a form to its call", calls)):
        for label, at in (("p50", 0.5), ("p95", 0.95)):
            yield Figure(
                f"{what}, {name}, {label}",
                quantile(busy, at) * 1000,
                quantile(empty, at) * 1000,
                "ms",
                at_most=AHEAD_TARGET if at == 0.5 else None,
                note=note,
            )


def _site(name: str, service: CallService) -> Any:
    return place(
        name,
        uhlive_token_url=service.token_url,
        uhlive_call_url=service.call_url,
        pace_calls="1000",  # the pace is counted, but never reached
    )


def _widgets(site: Place, bookings: int, days: int) -> list[str]:
    """Return the public ids of a widget with bookings and of one without."""
    return site.run("benchmarks.inside.booked", str(bookings), str(days), str(CAPACITY)).split()


def _ask(process: "subprocess.Popen[str]", line: str) -> str:
    assert process.stdin
    assert process.stdout
    process.stdin.write(f"{line}\n")
    answer = process.stdout.readline()
    if not answer:
        raise RuntimeError("a program that measures has ended")
    return answer


def _end(process: "subprocess.Popen[str]") -> None:
    assert process.stdin
    process.stdin.close()
