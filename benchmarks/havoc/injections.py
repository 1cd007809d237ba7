"""Record what was broken on purpose: the kind, from when to when, and the time to recover."""

import bisect
import statistics
import threading
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field

from benchmarks.havoc.clocks import real_monotonic, real_time
from benchmarks.havoc.judge.evidence import Period


class NotNow(Exception):
    """This cannot be broken now, because everything of its kind is already broken."""


@dataclass(frozen=True)
class Injector:
    """One way to break something: `harm` breaks it on entry and heals it on exit.

    It lasts between `shortest` and `longest` seconds. `cards` is how often it is in the deck. Two
    injectors of the same `group` never happen at the same time.
    """

    kind: str
    harm: Callable[[], AbstractContextManager[None]]
    shortest: float = 0.2
    longest: float = 1.0
    cards: int = 1
    group: str = ""


@dataclass(frozen=True)
class Injection:
    """One thing that was broken and healed, in seconds of the monotonic clock."""

    kind: str
    since: float
    until: float


@dataclass
class Pulse:
    """When forms and calls succeeded or failed, in seconds of the monotonic clock, in order."""

    forms: list[float] = field(default_factory=list)
    failed_forms: list[float] = field(default_factory=list)
    calls: list[float] = field(default_factory=list)


@dataclass(frozen=True)
class Line:
    """What happened with one kind: how often, what was seen meanwhile, and seconds to recover."""

    kind: str
    times: int
    forms: int
    failed_forms: int
    calls: int
    form_recovery: tuple[float, float] | None
    call_recovery: tuple[float, float] | None


class Journal:
    """All injections of a run; any thread may add one."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.done: list[Injection] = []

    @contextmanager
    def note(self, kind: str, harm: AbstractContextManager[None]) -> Iterator[None]:
        """Break something until the block ends, and record it.

        Raises:
            NotNow: it cannot be broken now; nothing is recorded.
        """
        with harm:
            since = real_monotonic()
            yield
        with self._lock:
            self.done.append(Injection(kind, since, real_monotonic()))

    def harms(self) -> list[Period]:
        """Return the injections in Unix seconds, as the judge takes them."""
        offset = real_time() - real_monotonic()
        return [Period(one.since + offset, one.until + offset, one.kind) for one in self.done]

    def table(self, pulse: Pulse) -> list[Line]:
        """Return one line for each kind, in alphabetical order."""
        kinds: dict[str, list[Injection]] = defaultdict(list)
        for injection in self.done:
            kinds[injection.kind].append(injection)
        return [_line(kind, kinds[kind], pulse) for kind in sorted(kinds)]


def _line(kind: str, injections: list[Injection], pulse: Pulse) -> Line:
    def meanwhile(times: list[float]) -> int:
        return sum(
            bisect.bisect(times, one.until) - bisect.bisect(times, one.since) for one in injections
        )

    return Line(
        kind,
        len(injections),
        meanwhile(pulse.forms),
        meanwhile(pulse.failed_forms),
        meanwhile(pulse.calls),
        _recovery(injections, pulse.forms),
        _recovery(injections, pulse.calls),
    )


def _recovery(injections: list[Injection], times: list[float]) -> tuple[float, float] | None:
    """Return the median and the longest wait (seconds), or None if nothing succeeded after."""
    waits = [
        times[place] - one.until
        for one in injections
        if (place := bisect.bisect(times, one.until)) < len(times)
    ]
    return (statistics.median(waits), max(waits)) if waits else None
