"""Measure the whole site as `make serve` starts it: its memory, and how soon it answers.

The memory is that of all its processes, the supervisor's too. The site starts on a prepared folder
in turn with Django's own server (`manage.py runserver`), which is one process of this project.
"""

import itertools
import os
import signal
import statistics
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from benchmarks.support.call_service import CallService
from benchmarks.support.figure import Figure
from benchmarks.support.place import SQLITE, Place, place
from benchmarks.support.process import family, pss_mb
from tests.support.site_processes import ROOT
from tests.support.visitor import ask_for_a_call

SERVE = ("make", "--silent", "serve")
RUNSERVER = (sys.executable, "manage.py", "runserver", "--noreload")
STARTS, START_TARGET = 7, 1.5
LARGEST_MB = 150.0
FORMS = 300
# Wait until the work at the start, or after the last call, is done.
SETTLE_SECONDS = 10.0
PATIENCE = 60.0


def measure() -> Iterator[Figure]:
    with (
        CallService() as service,
        place(
            SQLITE,
            uhlive_token_url=service.token_url,
            uhlive_call_url=service.call_url,
            pace_calls="100000",  # the pace is counted, but never reached
        ) as site,
    ):
        address = f"127.0.0.1:{site.port}"
        _seconds(site, *SERVE, path="/readyz")  # the first start prepares the static files
        serve, runserver = [], []
        for _ in range(STARTS):
            serve.append(_seconds(site, *SERVE, path="/readyz"))
            runserver.append(_seconds(site, *RUNSERVER, address, path="/healthz"))
        yield Figure(
            "from `make serve` to ready, SQLite",
            statistics.median(serve),
            statistics.median(runserver),
            "s",
            at_most=START_TARGET,
            note=f"median of {STARTS}, against the first answer of manage.py runserver",
        )
        with _running(site, *SERVE) as pid:
            _wait_for_answer(site, "/readyz")
            time.sleep(SETTLE_SECONDS)
            yield _memory("idle", pid)
            _place_calls(site, service)
            time.sleep(SETTLE_SECONDS)
            yield _memory(f"after {FORMS} forms and calls", pid)


@contextmanager
def _running(site: Place, *command: str) -> Iterator[int]:
    """Run a command in the site's environment until the block ends; yield its process."""
    process = subprocess.Popen(
        command,
        cwd=ROOT,
        env=site.env,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        yield process.pid
    finally:
        os.killpg(process.pid, signal.SIGTERM)  # as a terminal does: `make` and what it runs
        process.wait()
        site.wait_for(lambda: not _answers(site, "/healthz"), "the end of the site")


def _seconds(site: Place, *command: str, path: str) -> float:
    """Start a command; return how many seconds it takes until `path` is answered with 200."""
    begun = time.monotonic()
    with _running(site, *command):
        _wait_for_answer(site, path)
        return time.monotonic() - begun


def _wait_for_answer(site: Place, path: str) -> None:
    end = time.monotonic() + PATIENCE
    while not _answers(site, path):
        if time.monotonic() > end:
            raise TimeoutError(f"{path} was not answered")
        time.sleep(0.01)


def _answers(site: Place, path: str) -> bool:
    try:
        with urllib.request.urlopen(f"{site.url}{path}", timeout=5) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False


def _place_calls(site: Place, service: CallService) -> None:
    """Send forms over HTTP, as visitors do, and wait until all of them are called."""
    limits = {"daily_cap": 10 * FORMS, "hourly_cap": 10 * FORMS, "proof_of_work": "off"}
    page = f"{site.url}/w/{site.create_widget(**limits)}/"
    for number in itertools.islice(itertools.count(612_000_000), FORMS):
        taken = ask_for_a_call(page, f"+33{number}", f"{number}@example.fr")
        if "/r/" not in taken.url:
            raise RuntimeError(f"a form was answered with {taken.status}")
    if not service.wait_for(FORMS, PATIENCE):
        raise TimeoutError("not all calls arrived")


def _memory(when: str, pid: int) -> Figure:
    """Return the memory of a process and all below it, with the share of each that is not tiny."""
    sizes = {one: pss_mb(one) for one in family(pid)}
    names = {one: Path(f"/proc/{one}/comm").read_text().strip() for one in sizes}
    return Figure(
        f"memory of the whole site, {when}, SQLite",
        sum(sizes.values()),
        LARGEST_MB,
        "MB",
        at_most=1,
        note=", ".join(f"{names[one]} {size:.0f}" for one, size in sizes.items() if size > 1),
    )
