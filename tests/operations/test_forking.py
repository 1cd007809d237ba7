"""A fork shares the memory of its parent, and nothing that must have one owner."""

import json
import os
import subprocess
import sys
import textwrap
from typing import Any

import pytest

from tests.support import programs
from tests.support.processes.children import Children
from tests.support.processes.running import ROOT
from tests.support.servers import throwaway_redis

pytestmark = pytest.mark.slow

PREAMBLE = """
import json, os, signal, sqlite3, sys, threading, time
from pathlib import Path
import django; django.setup()
from django.conf import settings
from django.db import connection, connections
from huey.contrib.djhuey import HUEY
from callbacks.operations.forking import Fork, Forking

folder = Path(sys.argv[1])

def waited(fork):
    os.waitid(os.P_PID, fork.pid, os.WEXITED | os.WNOWAIT)
    fork.poll()
    return fork.returncode
"""


@pytest.fixture
def told(tmp_path):
    """Return a function that runs code in a process of its own; the code prints JSON."""

    def run(
        code: str, queue_url: str = f"sqlite:///{tmp_path}/queue.sqlite3", **settings: str
    ) -> Any:
        done = subprocess.run(
            [sys.executable, "-c", PREAMBLE + textwrap.dedent(code), str(tmp_path)],
            cwd=ROOT,
            env=os.environ | {"QUEUE_URL": queue_url} | settings,
            capture_output=True,
            text=True,
            timeout=60,
        )
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    return run


def test_a_connection_of_ours_is_closed_before_a_fork(told):
    code = """
    forking = Forking()
    connection.ensure_connection()
    HUEY.storage.initialize_schema()
    HUEY.pending_count()
    opened = [connection.connection is not None, HUEY.storage._conn is not None]
    safe = forking.is_safe()
    closed = [connection.connection is None, HUEY.storage._conn is None]
    print(json.dumps([opened, safe, closed]))
    """
    assert told(code) == [[True, True], True, [True, True]]


@pytest.mark.skipif(not programs.redis(), reason="Redis is missing")
def test_a_connection_to_redis_is_closed_before_a_fork(told):
    code = """
    forking = Forking()
    HUEY.pending_count()
    print(json.dumps(forking.is_safe()))
    """
    with throwaway_redis() as server:
        assert told(code, server.url) is True


def test_the_client_of_redis_is_loaded_only_for_a_queue_in_redis(told):
    code = """
    from callbacks.operations import forking, preparing
    forking.load()
    print(json.dumps("redis" in sys.modules))
    """
    assert told(code) is False
    assert told(code, "redis://127.0.0.1:9/0") is True


def test_a_site_on_sqlite_does_not_load_what_it_seldom_or_never_uses(told, tmp_path):
    code = """
    os.environ.pop("DJANGO_ALLOW_ASYNC_UNSAFE", None)  # of the tests; no site may have it
    from callbacks.management.commands import serve
    from callbacks.operations import forking, preparing
    preparing.run_system_checks()
    preparing.database(migrate=True)
    preparing.queue()
    forking.load()
    unused = {"psycopg", "psycopg_binary", "django.contrib.postgres", "icalendar", "xlsxwriter"}
    unused |= {"rich", "segno"}
    print(json.dumps(sorted(unused & set(sys.modules))))
    """
    assert told(code, DATABASE_URL=f"sqlite:///{tmp_path}/db.sqlite3") == []


def test_the_client_of_postgresql_is_loaded_for_a_database_or_a_queue_in_postgresql(told, tmp_path):
    code = """
    from callbacks.operations import forking
    forking.load()
    print(json.dumps(["psycopg" in sys.modules, "django.contrib.postgres" in sys.modules]))
    """
    postgresql, sqlite = "postgres://127.0.0.1:9/x", f"sqlite:///{tmp_path}/x"
    assert told(code, sqlite, DATABASE_URL=postgresql) == [True, True]
    assert told(code, postgresql, DATABASE_URL=sqlite) == [True, False]


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_a_fork_that_reads_a_database_shares_the_memory_of_the_c_library(told):
    code = """
    from callbacks.operations import forking
    with sqlite3.connect(folder / "db") as filled:
        for number in range(150):
            filled.execute(f"CREATE TABLE t{number} (a, b, c, d, UNIQUE (a, b), CHECK (c > d))")
    filled.close()
    forking.load()
    def read():
        sqlite3.connect(folder / "db").execute("SELECT * FROM t1")
        _, _, heap = Path("/proc/self/smaps").read_text().partition("[heap]")
        own = heap.partition("Private_Dirty:")[2].split()[0]
        (folder / "said").write_text(own)
    waited(Fork("x", read, folder))
    print((folder / "said").read_text())
    """
    assert told(code) < 2_500  # kB


@pytest.mark.parametrize(
    ("there", "is_safe"),
    [
        ("pass", True),
        ("file = (folder / 'file').open('w')", False),
        (
            "connection = sqlite3.connect(folder / 'x'); connection.execute('create table x(y)')",
            False,
        ),
        ("import socket; server = socket.create_server(('127.0.0.1', 0))", False),
        ("threading.Thread(target=threading.Event().wait, daemon=True).start()", False),
    ],
    ids=["nothing", "a file", "a database", "a socket", "a thread"],
)
def test_a_fork_is_not_safe_while_something_would_be_shared(told, there, is_safe):
    code = f"""
    started_with = os.open(folder / "of-the-shell", os.O_CREAT)
    forking = Forking()
    {there}
    print(json.dumps(forking.is_safe()))
    """
    assert told(code) is is_safe


def test_a_fork_ends_as_a_program_does(told):
    code = """
    ends = [lambda: None, lambda: sys.exit(3), lambda: sys.exit("a sentence"), lambda: 1 / 0]
    print(json.dumps([waited(Fork("x", end, folder)) for end in ends]))
    """
    assert told(code) == [0, 3, 1, 1]


def test_a_fork_does_not_have_the_signals_of_its_parent(told):
    code = """
    from callbacks.operations.unix_signals import CaughtSignals
    with CaughtSignals(signal.SIGTERM, signal.SIGCHLD) as signals:
        fork = Fork("x", lambda: time.sleep(60), folder)
        fork.send_signal(signal.SIGTERM)
        status = waited(fork)
        told = signals.wait(0)
    print(json.dumps([status, told]))
    """
    assert told(code) == [-15, [17]]


def test_a_fork_has_a_name_a_session_and_a_folder_of_its_own(told):
    code = """
    def write():
        comm = Path("/proc/self/comm").read_text().strip()
        said = [comm, os.getsid(0) == os.getpid(), os.getcwd() == str(folder)]
        (folder / "said").write_text(json.dumps(said))
    waited(Fork("housekeeping", write, folder))
    print((folder / "said").read_text())
    """
    assert told(code) == ["housekeeping", True, True]


def test_a_fork_has_neither_the_language_nor_the_limits_of_its_parent(told):
    code = """
    from django.utils import translation
    from callback_site import transaction_settings
    from callbacks.core import availability
    def write():
        said = [translation.get_language(), transaction_settings.values()["statement_timeout"]]
        (folder / "said").write_text(json.dumps([*said, availability.database.is_away]))
    translation.deactivate_all()
    availability.database.failed(OSError())
    with transaction_settings.no_statement_timeout():
        waited(Fork("x", write, folder))
    print((folder / "said").read_text())
    """
    assert told(code) == ["fr", "10000", False]


def test_a_fork_does_not_outlive_a_killed_supervisor_though_a_later_one_does_not_end(tmp_path):
    children = Children(tmp_path)
    code = """
    from callbacks.operations.process import Program
    from callbacks.operations.supervisor import Supervisor
    def serve():
        lifeline = os.open(folder / "lifeline", os.O_WRONLY)
        (folder / "serves").touch()
        time.sleep(60)
    def ignore():
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        (folder / "ignores").touch()
        time.sleep(60)
    def lacks(name):
        return lambda pid: "" if (folder / name).exists() else "no file yet"
    programs = [
        Program("first", ["/no/such/program"], lacks("serves"), run=serve),
        Program("later", ["/no/such/program"], lacks("ignores"), run=ignore, ends_in=15),
    ]
    may_fork = Forking().is_safe
    supervisor = Supervisor([programs], folder=folder, say=lambda line: None, may_fork=may_fork)
    supervisor.run(lambda: print("ready", flush=True))
    """
    try:
        with subprocess.Popen(
            [sys.executable, "-c", PREAMBLE + textwrap.dedent(code), str(tmp_path)],
            cwd=ROOT,
            stdout=subprocess.PIPE,
        ) as process:
            assert process.stdout
            assert process.stdout.readline() == b"ready\n"
            process.kill()
        assert children.nothing_is_left()
    finally:
        children.close()
