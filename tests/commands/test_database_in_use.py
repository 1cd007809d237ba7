"""A command that meets a locked database ends with a sentence, whichever command it is."""

import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from callbacks.operations import lock_holders
from tests.support.starting import start

pytestmark = pytest.mark.slow

HOLDER = f"process {os.getpid()} ({Path('/proc/self/comm').read_text().strip()})"


@pytest.fixture
def database(tmp_path: Path) -> Path:
    return tmp_path / "db.sqlite3"


@pytest.fixture
def locked(database: Path) -> Iterator[Path]:
    """A database that this process keeps for itself alone."""
    with closing(sqlite3.connect(database, isolation_level=None)) as holder:
        holder.execute("PRAGMA locking_mode = EXCLUSIVE")
        holder.execute("PRAGMA journal_mode = WAL")
        holder.execute("CREATE TABLE something (id)")
        yield database


def last_words(*command: str, database: Path) -> str:
    """Run a command; return what it said on stderr, without a note about settings."""
    queue = database.with_name("queue.sqlite3")
    done = start(
        *command, DATABASE_URL=f"sqlite:///{database}?timeout=1", QUEUE_URL=f"sqlite:///{queue}"
    )
    assert done.returncode == 1, done.stdout + done.stderr
    return done.stderr


@pytest.mark.parametrize(
    "command",
    [
        ("migrate",),
        ("serve", "--migrate"),
        ("setup", "--no-input"),
        ("backup", "/tmp/never-written.sqlite3"),
        ("hold_unfinished",),
        ("export_widgets",),
        ("shell", "-v", "0", "-c", "from callbacks.models import Widget; Widget.objects.count()"),
    ],
    ids=lambda command: command[0],
)
def test_it_says_in_one_sentence_who_has_locked_the_file(
    command: tuple[str, ...], locked: Path
) -> None:
    words = last_words(*command, database=locked)
    assert f"The database {locked} is in use: {HOLDER} has locked it. Wait until" in words
    assert len(words.strip().splitlines()) == 1, words


def test_a_process_that_only_writes_is_found_too(database: Path) -> None:
    with closing(sqlite3.connect(database, isolation_level=None)) as writer:
        writer.execute("PRAGMA journal_mode = WAL")
        writer.execute("CREATE TABLE something (id)")
        writer.execute("BEGIN IMMEDIATE")
        words = last_words("migrate", database=database)
    assert f"is in use: {HOLDER} has locked it" in words


def test_a_process_that_reads_and_this_one_hold_nothing(database: Path) -> None:
    with closing(sqlite3.connect(database, isolation_level=None)) as one:
        one.execute("PRAGMA journal_mode = WAL")
        one.execute("CREATE TABLE something (id)")
        one.execute("BEGIN IMMEDIATE")
        assert lock_holders.of(str(database)) == []
    assert lock_holders.of(str(database.with_name("nowhere"))) == []


@pytest.mark.parametrize(
    "command",
    [
        ("export_widgets",),
        ("create_widget", "Shop", "--originate", "x"),
        ("stop_calls",),
        ("story", "ABC"),
    ],
    ids=lambda command: command[0],
)
def test_a_database_that_is_not_up_to_date_ends_a_command_with_what_to_do(
    command: tuple[str, ...], database: Path
) -> None:
    words = last_words(*command, database=database)
    assert words.startswith("The database is not up to date (")
    assert "Run manage.py migrate" in words
    assert len(words.strip().splitlines()) == 1


def test_a_mistake_of_ours_keeps_its_traceback(database: Path) -> None:
    migrated = start("migrate", "-v", "0", DATABASE_URL=f"sqlite:///{database}")
    assert migrated.returncode == 0, migrated.stderr
    wrong = "from django.db import connection; connection.cursor().execute('SELECT nothing')"
    words = last_words("shell", "-v", "0", "-c", wrong, database=database)
    assert "Traceback" in words
