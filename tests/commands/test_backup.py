"""A backup is one whole file of one moment; restored, it calls nobody."""

import os
import shutil
import sqlite3
import stat
import subprocess
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection, transaction

from callbacks.models import CallRequest
from callbacks.operations import backup
from tests.support import programs
from tests.support.factories import make_request
from tests.support.servers import throwaway_postgresql
from tests.support.site_processes import Site

on_files = pytest.mark.django_db(transaction=True)
once = pytest.mark.skipif(
    connection.vendor == "postgresql", reason="on databases of its own: the same on either database"
)


def count_in(path: Path) -> int:
    with sqlite3.connect(f"file:{path}?mode=ro", uri=True) as copy:
        [(number,)] = copy.execute("SELECT count(*) FROM callbacks_callrequest").fetchall()
    copy.close()
    return int(number)


@pytest.fixture
def target(tmp_path: Path) -> Path:
    if connection.vendor != "sqlite":
        pytest.skip("for SQLite only")
    return tmp_path / "copy.sqlite3"


@on_files
def test_it_is_one_whole_file_for_its_owner_alone(target: Path, capsys: Any) -> None:
    make_request()
    call_command("backup", str(target))
    assert str(target) in capsys.readouterr().out
    assert stat.S_IMODE(target.stat().st_mode) == 0o600
    assert [path.name for path in target.parent.iterdir()] == [target.name]
    assert target.read_bytes()[18] == 1  # written without a journal beside it
    assert count_in(target) == 1


@on_files
def test_what_is_not_committed_is_not_in_it(target: Path) -> None:
    make_request()
    database = sqlite3.connect(connection.settings_dict["NAME"], isolation_level=None)
    database.execute("BEGIN IMMEDIATE")
    database.execute("UPDATE callbacks_callrequest SET page_title = 'half'")
    call_command("backup", str(target))
    database.execute("ROLLBACK")
    database.close()
    with sqlite3.connect(target) as copy:
        assert copy.execute("SELECT page_title FROM callbacks_callrequest").fetchall() == [("",)]
    copy.close()


@on_files
def test_writing_goes_on_meanwhile(target: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A reader keeps nobody waiting: what is written after the copy began is not in it."""
    make_request()
    sync = backup._sync

    def write_then_sync(path: Path) -> None:
        with transaction.atomic():
            make_request()
        sync(path)

    monkeypatch.setattr(backup, "_sync", write_then_sync)
    call_command("backup", str(target))
    assert count_in(target) == 1
    assert CallRequest.objects.count() == 3


@on_files
def test_a_file_is_never_overwritten(target: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    target.write_text("precious")
    with pytest.raises(CommandError, match="never overwrites"):
        call_command("backup", str(target))
    # Nor if it appears in the middle.
    monkeypatch.setattr(Path, "exists", lambda _path: False)
    with pytest.raises(CommandError, match="never overwrites"):
        call_command("backup", str(target))
    assert target.read_text() == "precious"
    assert os.listdir(target.parent) == [target.name]


@on_files
def test_a_folder_that_is_not_there_is_named(target: Path) -> None:
    with pytest.raises(CommandError, match=r"nowhere: No such file"):
        call_command("backup", str(target.parent / "nowhere" / "copy"))


@on_files
def test_a_damaged_copy_is_not_kept(target: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Damaged(sqlite3.Connection):
        def execute(self, sql: str, *args: Any) -> sqlite3.Cursor:
            if "integrity_check" in sql:
                sql = "SELECT 'row 7 missing from index'"
            return super().execute(sql, *args)

    connect = sqlite3.connect
    monkeypatch.setattr(sqlite3, "connect", lambda path: connect(path, factory=Damaged))
    with pytest.raises(CommandError, match="row 7 missing"):
        call_command("backup", str(target))
    assert not os.listdir(target.parent)


@on_files
def test_a_folder_keeps_the_newest(target: Path, capsys: Any) -> None:
    folder = target.parent
    kept = ["callback-20260101T000000Z.sqlite3", "callback-20260102T000000Z.sqlite3"]
    for name in (*kept, "notes.txt", "callback-old.sqlite3"):
        (folder / name).write_text("x")
    call_command("backup", folder=folder, keep=2)
    assert "Deleted: callback-20260101T000000Z.sqlite3" in capsys.readouterr().out
    left = sorted(os.listdir(folder))
    assert len(left) == 4
    assert {"notes.txt", "callback-old.sqlite3", kept[1]} < set(left)


@pytest.mark.parametrize("words", [["--keep", "2", "x"], ["--folder", "x", "--keep", "0"]])
def test_options_that_make_no_sense(words: list[str]) -> None:
    with pytest.raises(CommandError, match="--keep"):
        call_command("backup", *words)


@pytest.mark.postgresql
@pytest.mark.django_db
def test_for_postgresql_it_names_the_right_tool(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="pg_dump"):
        call_command("backup", str(tmp_path / "copy"))
    assert not os.listdir(tmp_path)


ASKED = (
    "[r.status for r in [CallRequest.objects.create(widget=Widget.objects.get(), nonce=str(n), "
    "number='+3361234567' + str(n), email='jo@example.fr', language='fr', consent_text='x', "
    "consent_at=now, created_at=now, status_at=now, due_at=now, patience_until=now + "
    "__import__('datetime').timedelta(hours=1)) for now in "
    "[__import__('django.utils.timezone').utils.timezone.now()] for n in range(3)]]"
)
STATUSES = "list(CallRequest.objects.order_by('pk').values_list('status', 'reason'))"
HELD = [["uncertain", "restored"]] * 3


@once
@pytest.mark.slow
def test_a_restored_sqlite_backup_calls_nobody(tmp_path: Path) -> None:
    """As docs/backup.md says it, command by command."""
    folder = tmp_path / "site"
    with Site(folder) as site:
        site.create_widget()
        site.query(ASKED)
        site.manage("backup", str(tmp_path / "copy.sqlite3"))
        site.query("CallRequest.objects.update(status='called')")
        for path in folder.glob("db.sqlite3*"):
            path.unlink()
        shutil.copy(tmp_path / "copy.sqlite3", folder / "db.sqlite3")
        site.manage("migrate", "--check")
        site.manage("hold_unfinished", "--yes")
        assert site.query(STATUSES) == HELD
        site.start("web", "housekeeping")
        site.manage("run_housekeeping", "--once")
        assert site.query(STATUSES) == HELD


@once
@pytest.mark.minutes
def test_a_restored_postgresql_dump_calls_nobody(tmp_path: Path) -> None:
    folder = programs.postgresql()
    if folder is None:
        pytest.skip("PostgreSQL is not installed")
    dump = tmp_path / "callback.dump"
    with throwaway_postgresql() as server, Site(tmp_path / "site", database_url=server.url) as site:
        site.create_widget()
        site.query(ASKED)
        _run(folder / "pg_dump", "--format=custom", f"--file={dump}", f"--dbname={server.url}")
        site.query("CallRequest.objects.update(status='called')")
        _run(folder / "pg_restore", "--clean", "--if-exists", f"--dbname={server.url}", dump)
        site.manage("migrate", "--check")
        site.manage("hold_unfinished", "--yes")
        assert site.query(STATUSES) == HELD


def _run(*command: object) -> None:
    done = subprocess.run([*map(str, command)], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
