"""Without the queue's storage requests are accepted at once and housekeeping places them; workers
take over again by themselves when it is back.
"""

import itertools
import os
import shutil
import signal
import sqlite3
import time
from contextlib import contextmanager

import pytest

from callbacks.core import clock
from callbacks.models import CallRequest, Status
from callbacks.worker import heartbeat
from tests.support import programs
from tests.support.factories import make_widget
from tests.support.processes.queues import queue_at
from tests.support.servers import throwaway_postgresql, throwaway_redis
from tests.support.visitor import ask_for_a_call

pytestmark = pytest.mark.minutes

PROCESSES = ("web", "worker", "housekeeping")
# What a visitor may wait for a storage that is away: its time-outs, and some for a busy machine.
LONGEST_WAIT = 8.0


class Folder:
    """A SQLite file's folder, in the place of a server."""

    def __init__(self, path):
        self.path = path
        self.url = f"sqlite:///{path}/queue.sqlite3"
        self.start()

    def start(self):
        self.path.mkdir()

    def stop(self):
        shutil.rmtree(self.path)


@contextmanager
def _folder(tmp_path):
    yield Folder(tmp_path / "queue")


@pytest.fixture(params=["sqlite", "postgresql", "redis"])
def storage(request, tmp_path):
    if request.param != "sqlite" and not getattr(programs, request.param)():
        pytest.skip(f"{request.param} is not installed")
    running = {
        "sqlite": lambda: _folder(tmp_path),
        "postgresql": throwaway_postgresql,
        "redis": throwaway_redis,
    }
    with running[request.param]() as server:
        yield server


def test_requests_are_accepted_and_placed_meanwhile(make_site, storage, sandbox):
    site = make_site(queue_url=storage.url)
    page = f"{site.url}/w/{make_widget().public_id}/"
    numbers = itertools.count()

    def ask():
        """Asks for a call; returns who placed it."""
        begun = time.monotonic()
        answer = ask_for_a_call(page, f"06 12 34 56 {next(numbers):02}")
        assert time.monotonic() - begun < LONGEST_WAIT
        assert "/r/" in answer.url, answer.text
        token = answer.url.rstrip("/").rpartition("/")[2]
        mine = CallRequest.objects.filter(token=token, status=Status.CALLED)
        site.wait_for(mine.exists, "the call", patience=20)
        return mine.get().attempts.get().worker.rpartition(":")[2]

    def start():
        site.start("web", "worker")
        # Or the housekeeping process might place the call.
        site.wait_for(lambda: heartbeat.alive(clock.now()).exists(), "the worker")
        site.start("housekeeping")
        assert ask().startswith("Worker")

    start()
    if isinstance(storage, Folder):  # a file that is open stays so, even without a name
        for name in PROCESSES:
            site.stop(name, signal.SIGKILL)
        storage.stop()
        site.start(*PROCESSES)
    else:
        storage.stop()
    assert [ask().partition("_")[0] for _ in range(2)] == ["fallback"] * 2
    storage.start()
    site.wait_for(lambda: "queue_storage_back" in site.log_of("worker"), "the workers")
    site.wait_for(lambda: ask().startswith("Worker"), "a worker to place a call again")
    calls = [call["destination"] for call in sandbox.calls()]
    assert len(calls) == len(set(calls)) == next(numbers)
    assert site.log_of("worker").count("queue_storage_away") == 1
    for name in PROCESSES:
        assert "Traceback" not in site.log_of(name)
        assert site.stop(name) == 0


def test_a_locked_sqlite_queue_holds_nobody_up(tmp_path):
    path = tmp_path / "queue.sqlite3"
    queue = queue_at(f"sqlite:///{path}")
    queue.storage.initialize_schema()
    with sqlite3.connect(path, isolation_level=None) as other:
        other.execute("BEGIN EXCLUSIVE")
        begun = time.monotonic()
        with pytest.raises(sqlite3.OperationalError):
            queue.storage.enqueue(b"")
        assert time.monotonic() - begun < LONGEST_WAIT
        other.execute("ROLLBACK")
    other.close()
    queue.storage.close()


@pytest.mark.skipif(not programs.redis(), reason="Redis is not installed")
def test_a_redis_that_hangs_is_given_up(redis_server):
    """It takes connections and never answers: a machine that swaps, or a network that drops."""
    queue = queue_at(redis_server.url)
    os.kill(redis_server.pid, signal.SIGSTOP)
    try:
        begun = time.monotonic()
        with pytest.raises(Exception, match=r"(?i)time"):
            queue.storage.enqueue(b"")
        assert time.monotonic() - begun < LONGEST_WAIT
    finally:
        os.kill(redis_server.pid, signal.SIGCONT)
        queue.storage.pool.disconnect()
