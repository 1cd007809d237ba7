"""A migration never keeps visitors waiting, and one that gave up can be run again."""

import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from pytest_django import Settings

from callbacks.models import CallRequest
from tests.support import database_server, next_version
from tests.support.factories import make_request
from tests.support.forked import ROOT

TABLE = CallRequest._meta.db_table
NEW = {"next_version"}


def parts_of_the_next_version() -> tuple[set[str], set[str]]:
    """Return which columns and which indexes of the next version the table has."""
    connection.close()
    with connection.cursor() as cursor:
        columns = {
            column.name for column in connection.introspection.get_table_description(cursor, TABLE)
        }
        indexes = set(connection.introspection.get_constraints(cursor, TABLE))
    return columns & NEW, indexes & NEW


@pytest.fixture
def upgrade(settings: Settings, transactional_db: None) -> Iterator[None]:
    """There is a next version, whose migration has not run; in the end, nothing of it is left."""
    settings.MIGRATION_MODULES = {"callbacks": next_version.__name__}
    yield
    call_command("migrate", "callbacks", next_version.PREVIOUS, verbosity=0)
    assert parts_of_the_next_version() == (set(), set())


@pytest.mark.postgresql
def test_a_table_in_use_ends_a_migration_quickly_and_it_can_be_run_again(
    upgrade: None, settings: Settings
) -> None:
    settings.MIGRATION_LOCK_TIMEOUT, settings.DATABASE_LOCK_TIMEOUT = 0.2, 10
    with psycopg.connect(database_server.url()) as export:  # which reads for a long time
        export.execute(f"SELECT count(*) FROM {TABLE}")
        began = time.monotonic()
        with pytest.raises(CommandError, match=r"waits for 0\.2 s.*Run the command again"):
            call_command("migrate", verbosity=0)
        assert time.monotonic() - began < 8
        assert parts_of_the_next_version() == (set(), set())
        make_request()  # nobody waits behind the migration any more
    call_command("migrate", verbosity=0)
    assert parts_of_the_next_version() == (NEW, NEW)


@pytest.mark.long
@pytest.mark.database
def test_indexes_are_added_and_removed_while_the_site_runs_on_both_databases(
    upgrade: None,
) -> None:
    call_command("migrate", verbosity=0)
    assert parts_of_the_next_version() == (NEW, NEW)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("operation", "rule"),
    [
        ('migrations.AddIndex("widget", models.Index(fields=["name"], name="n"))', "R001"),
        ('migrations.RemoveField("widget", "name")', "R005"),
        ('migrations.RenameField("widget", "name", "title")', "R011"),
        ('migrations.AddField("widget", "title", models.CharField(max_length=9))', "R010"),
        ('migrations.AlterField("widget", "name", models.CharField(max_length=9))', "R015"),
    ],
)
def test_the_linter_refuses_a_migration_that_stops_the_site(
    tmp_path: Path, operation: str, rule: str
) -> None:
    folder = tmp_path / "callbacks" / "migrations"
    folder.mkdir(parents=True)
    (tmp_path / "pyproject.toml").write_text((ROOT / "pyproject.toml").read_text())
    (folder / "0002_next.py").write_text(
        "from django.db import migrations, models\n\n\n"
        "class Migration(migrations.Migration):\n"
        '    dependencies = [("callbacks", "0001_initial")]\n'
        f"    operations = [{operation}]\n"
    )
    linter = ROOT / ".venv" / "bin" / "zdm"
    ended = subprocess.run([linter, "callbacks"], cwd=tmp_path, capture_output=True, text=True)
    assert ended.returncode == 1, ended.stdout + ended.stderr
    assert rule in ended.stdout
