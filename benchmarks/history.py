"""Compare a history of a million requests with one of ten thousand: pages must stay as fast.

Both are databases on one server, filled in the same way. Each page is requested from both in turn,
in processes with Django's test client, so the figure is the time of the page alone.
"""

import json
import statistics
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any

from benchmarks.support.figure import Figure
from benchmarks.support.place import POSTGRESQL, SQLITE, available, place

SMALL, LARGE = 10_000, 1_000_000
ROUNDS = 15
TARGET = 1.5


def measure(large: int = LARGE) -> Iterator[Figure]:
    for name in [name for name in (SQLITE, POSTGRESQL) if name in available()]:
        with ExitStack() as stack:
            visitors = [stack.enter_context(_History(name, size)) for size in (SMALL, large)]
            for page in visitors[0].pages:
                yield _figure(name, page, *visitors)


def _figure(name: str, page: str, small: "_History", large: "_History") -> Figure:
    times: tuple[list[float], list[float]] = ([], [])
    queries: tuple[set[int], set[int]] = (set(), set())
    for turn in range(ROUNDS + 2):
        for number, history in enumerate((small, large)):
            answer = history.visit(page)
            if turn >= 2:  # the first two rounds read from the disk
                times[number].append(answer["seconds"])
                queries[number].add(answer["queries"])
    # The minimum of each: once a minute, a visit also stores when its session was last used.
    count, with_long_history = min(queries[0]), min(queries[1])
    if count != with_long_history:
        raise RuntimeError(f"{page}: {count} queries, and with a long history {with_long_history}")
    return Figure(
        f"{page}, {name}",
        statistics.median(times[1]) * 1000,
        statistics.median(times[0]) * 1000,
        "ms",
        at_most=TARGET,
        note=f"{count} queries with both",
    )


class _History:
    """A database with `size` requests, and a visitor of its pages."""

    def __init__(self, place_name: str, size: int) -> None:
        self._place, self._size = place_name, size
        self._stack = ExitStack()
        self.pages: list[str] = []

    def __enter__(self) -> "_History":
        site = self._stack.enter_context(
            place(
                self._place,
                durable=False,
                account_daily_cap="10000000",
                require_two_factor="false",
            )
        )
        site.run("benchmarks.inside.fill", str(self._size))
        self._visitor: subprocess.Popen[str] = self._stack.enter_context(
            site.program("benchmarks.inside.visit")
        )
        self.pages = json.loads(self._line())
        return self

    def __exit__(self, *error: Any) -> None:
        assert self._visitor.stdin
        self._visitor.stdin.close()
        self._stack.close()

    def visit(self, page: str) -> dict[str, Any]:
        assert self._visitor.stdin
        self._visitor.stdin.write(f"{page}\n")
        answer: dict[str, Any] = json.loads(self._line())
        return answer

    def _line(self) -> str:
        assert self._visitor.stdout
        line = self._visitor.stdout.readline()
        if not line:
            raise RuntimeError("the visitor of the pages has ended")
        return line
