"""What holds personal data or keys is created for its owner alone, whatever the umask of who
starts the site.
"""

import os
import sqlite3
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from types import SimpleNamespace

import pytest
from django.db import connection

from callbacks.core import private_files
from callbacks.operations.checks import files_are_private
from callbacks.operations.process import Process, Program
from tests.support.processes.running import NEEDED, Running
from tests.support.servers import free_port
from tests.support.site_processes import Site

pytestmark = pytest.mark.skipif(
    connection.vendor == "postgresql", reason="about files, and PostgreSQL has its own"
)


@pytest.fixture(autouse=True)
def usual_umask() -> Iterator[None]:
    """As most shells have it: what is created can be read by all."""
    before = os.umask(0o022)
    yield
    os.umask(before)


def open_to_others(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir() if path.stat().st_mode & 0o077)


@pytest.mark.minutes
def test_the_files_of_the_database_and_of_the_queue(tmp_path: Path) -> None:
    site = Site(tmp_path)
    site.manage("migrate", "--verbosity", "0")  # or the file would be a copy, made by the tests
    with site:
        site.start("web", "worker")
        with urllib.request.urlopen(f"{site.url}/w/{site.create_widget()}/", timeout=20) as answer:
            assert answer.status == 200
        for name in ("db.sqlite3", "db.sqlite3-wal", "queue.sqlite3", "queue.sqlite3-wal"):
            site.wait_for((tmp_path / name).exists, name)
        assert open_to_others(tmp_path) == ["web.log", "worker.log"]  # the test's own


@pytest.mark.minutes
def test_whatever_the_processes_of_serve_create(tmp_path: Path) -> None:
    given = NEEDED | {
        "PORT": str(free_port()),
        "DATABASE_URL": f"sqlite:///{tmp_path}/db.sqlite3",
        "QUEUE_URL": f"sqlite:///{tmp_path}/queue.sqlite3",
    }
    with Running("manage.py", "serve", "--migrate", **given) as site:
        site.wait_for_line("Serving ")
        for pid in site.descendants():
            assert "Umask:\t0077" in Path(f"/proc/{pid}/status").read_text()
        assert open_to_others(tmp_path) == []


@pytest.mark.slow
def test_the_log_of_a_process_that_we_start(tmp_path: Path) -> None:
    log = tmp_path / "log"
    program = Program("one", [sys.executable, "-c", "print('said')"], lambda _pid: "", log=log)
    process = Process(program, print, tmp_path)
    while not process.has_ended():
        pass
    assert log.read_text() == "said\n"
    assert open_to_others(tmp_path) == []


def test_a_file_that_all_can_read_is_warned_of(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    database = {"ENGINE": "callback_site.sqlite", "NAME": tmp_path / "db"}
    settings = SimpleNamespace(
        BASE_DIR=tmp_path,
        DATABASES={"default": database},
        HUEY={"filename": str(tmp_path / "queue")},
    )
    monkeypatch.setattr(private_files, "settings", settings)
    names = ("db", "db-wal", "queue", ".env")
    for name in names:
        (tmp_path / name).touch(mode=0o600)
    assert files_are_private(None) == []
    for name in names:
        (tmp_path / name).chmod(0o604)
        (warning,) = files_are_private(None)
        assert warning.id == "callbacks.W004"
        assert warning.hint == f"Run: chmod 600 {tmp_path / name}"
        (tmp_path / name).chmod(0o660)  # a group of one's own choosing
        assert files_are_private(None) == []


@pytest.mark.slow
def test_creating_a_database_that_is_there_keeps_the_locks_of_this_process(tmp_path: Path) -> None:
    """A process that closes any descriptor of a file gives up all its POSIX locks on it."""
    file = tmp_path / "db.sqlite3"
    with closing(sqlite3.connect(file, isolation_level=None)) as mine:
        mine.execute("BEGIN IMMEDIATE")
        private_files.create(file)
        begin = "import sqlite3, sys; sqlite3.connect(sys.argv[1], timeout=0).execute(sys.argv[2])"
        command = [sys.executable, "-c", begin, str(file), "BEGIN IMMEDIATE"]
        other = subprocess.run(command, capture_output=True, text=True, check=False)
    assert "database is locked" in other.stderr
