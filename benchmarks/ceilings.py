"""Find what one machine takes: push each part until it gives, and say which part gives first.

Each part is pushed by one process, then two, four and so on, each as fast as it can. A part has
given when twice the processes do not do a tenth more. Counts and seconds are bounded: after
three minutes, no part is pushed further. Everything runs on this machine: the processes that push,
PostgreSQL with its files on the disk, and the receiver of the webhooks. On another machine, the
order of the ceilings may be another.
"""

import json
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass
from typing import NamedTuple

import psycopg

from benchmarks.support.figure import Figure
from benchmarks.support.place import POSTGRESQL, Place, available, place
from benchmarks.webhooks import receiver
from tests.support.servers import free_port

PUSH = "benchmarks.inside.at_most"
STEPS = (1, 2, 4, 8)
SECONDS = 3.0
# A step that does not add this share has not added anything.
GAIN = 1.1
# Rows that workers may call while they are pushed, and messages of the outbox. Bounds, not targets:
# they are more than a small machine gets done in the time.
BACKLOG, MESSAGES, HISTORY = 8_000, 1_000, 20_000
# After this time, no part is pushed further: on a busy machine, processes take long to start.
LONGEST_SECONDS = 180
# How often each thing happens for one request: one form, one call, and four commits (the form, its
# claim, its record, and the message that tells of it, if a webhook is told).
COMMITS, FORMS, CALLS, TOLD = 4, 1, 1, 1
# Staff look at the list for one request in this number.
REQUESTS_FOR_A_PAGE = 5
# The most that an account may call by default (PACE_CALLS in PACE_SECONDS).
ACCOUNT_PACE = 4.0


class Step(NamedTuple):
    """What a number of processes reached together: `rate` a second, `median` seconds for one."""

    processes: int
    rate: float
    median: float


@dataclass(frozen=True)
class Ceiling:
    """A part that was pushed until it gave; `a_request` is how much of it a request needs."""

    name: str
    steps: list[Step]
    a_request: float
    note: str = ""

    @property
    def best(self) -> Step:
        return max(self.steps, key=lambda step: step.rate)

    @property
    def requests(self) -> float:
        """Return how many requests a second this part carries."""
        return self.best.rate / self.a_request


def measure(steps: tuple[int, ...] = STEPS, seconds: float = SECONDS) -> Iterator[Figure]:
    if POSTGRESQL not in available():
        raise SystemExit("ceilings: install PostgreSQL first (Debian: apt install postgresql)")
    found = sorted(_pushed(steps, seconds), key=lambda ceiling: ceiling.requests)
    for rank, ceiling in enumerate(found, 1):
        first, best, last = ceiling.steps[0], ceiling.best, ceiling.steps[-1]
        gave = f"most with {best.processes}" if len(ceiling.steps) > 1 else "one process"
        slower = f"; one took {first.median * 1000:.1f} ms alone, {last.median * 1000:.1f} ms with"
        more = f"{slower} {last.processes}" if len(ceiling.steps) > 1 else ""
        yield Figure(
            f"ceiling {rank}: {ceiling.name}",
            best.rate,
            first.rate,
            "/s",
            note=f"carries {ceiling.requests:.0f} requests/s; {gave}{more}{ceiling.note}",
        )
    yield Figure(
        "the first ceiling against the default pace of an account, in requests",
        found[0].requests,
        ACCOUNT_PACE,
        "/s",
        at_least=2,
    )


def until_it_gives(
    push: Callable[[int], Step], steps: tuple[int, ...] = STEPS, end: float = float("inf")
) -> list[Step]:
    """Push with more and more processes, until twice as many do not do a tenth more.

    After `end`, by `time.monotonic`, nothing more is tried.
    """
    done = [push(steps[0])]
    for processes in steps[1:]:
        if time.monotonic() > end:
            break
        done.append(push(processes))
        if done[-1].rate < GAIN * done[-2].rate:
            break
    return done


def _pushed(steps: tuple[int, ...], seconds: float) -> Iterator[Ceiling]:
    end = time.monotonic() + LONGEST_SECONDS
    with _site(pace_calls="100000", require_two_factor="false") as site:
        site.run("benchmarks.inside.fill", str(HISTORY))
        site.run("benchmarks.inside.backlog", str(BACKLOG))
        with psycopg.connect(site.env["DATABASE_URL"], autocommit=True) as connection:
            connection.execute("VACUUM ANALYZE")  # as a server does that has run for a while
            connection.execute("CREATE TABLE commits (id bigserial PRIMARY KEY)")
        pages = until_it_gives(_by(site, "pages", seconds), steps, end)
        note = f"; {HISTORY:,} requests, staff look once for {REQUESTS_FOR_A_PAGE} of them"
        yield Ceiling("the admin's list of requests", pages, 1 / REQUESTS_FOR_A_PAGE, note)
        calls = until_it_gives(_by(site, "calls", seconds), steps, end)
        yield Ceiling("calls, with the lock of the account's pace", calls, CALLS)
        calls = until_it_gives(_by(site, "calls", seconds, PACE_CALLS="0"), steps, end)
        yield Ceiling("calls, without a pace", calls, CALLS)
        widget = site.create_widget(daily_cap=1_000_000, hourly_cap=1_000_000, proof_of_work="off")
        forms = until_it_gives(_by(site, "forms", seconds, widget), steps, end)
        yield Ceiling("forms accepted, with the lock of the account's limit", forms, FORMS)
        commits = until_it_gives(_by(site, "commits", seconds), steps, end)
        yield Ceiling("commits of the database", commits, COMMITS)
    yield Ceiling("the outbox", [_outbox()], TOLD, f"; {MESSAGES:,} webhooks waited")


def _by(
    site: Place, what: str, seconds: float, *more: str, **environment: str
) -> Callable[[int], Step]:
    def push(processes: int) -> Step:
        with ExitStack() as stack:
            pushing = [
                stack.enter_context(site.program(PUSH, what, str(seconds), *more, **environment))
                for _ in range(processes)
            ]
            for process in pushing:
                assert process.stdout
                if process.stdout.readline() != "ready\n":
                    raise RuntimeError(f"{what} failed\n{site.logs()}")
            for process in pushing:
                assert process.stdin
                process.stdin.write("go\n")
                process.stdin.flush()
            done = [json.loads(process.stdout.readline()) for process in pushing]  # type: ignore[union-attr]
        rate = sum(each["count"] for each in done) / seconds
        step = Step(processes, rate, sum(each["median"] for each in done) / processes)
        print(f"  {what}, {processes} at a time: {rate:.1f} /s", flush=True)
        return step

    return push


def _outbox() -> Step:
    """Return how fast one housekeeping process tells an endpoint that answers at once."""
    with receiver() as endpoint, _site(webhook_allow_private="true") as site:
        dead = f"http://127.0.0.1:{free_port()}/"
        site.run("benchmarks.inside.webhooks_waiting", endpoint.url, str(MESSAGES), dead)
        begun = time.monotonic()
        site.start("housekeeping")
        while endpoint.count < MESSAGES and time.monotonic() < begun + 60:
            time.sleep(0.05)
        seconds = endpoint.last - endpoint.first
        return Step(1, endpoint.count / seconds, seconds / endpoint.count)


def _site(**settings: str) -> AbstractContextManager[Place]:
    # Nothing listens at this address, and no worker runs.
    defaults = {"uhlive_call_url": "http://127.0.0.1:9/", "account_daily_cap": "10000000"}
    return place(POSTGRESQL, durable=True, **defaults | settings)
