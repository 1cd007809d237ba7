"""A database that may lose a commit with the power is refused by every way to start."""

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest
from django.core.exceptions import ImproperlyConfigured
from django.db import connection, connections
from structlog.testing import capture_logs

from callback_site import durability
from tests.support.servers import throwaway_postgresql
from tests.support.site_processes import ROOT, Site

WAYS = {
    "web": ["-m", "gunicorn", "--config", "deploy/gunicorn.conf.py"],
    "another web server": ["-c", "import callback_site.wsgi"],
    "worker": ["manage.py", "run_huey"],
    "housekeeping": ["manage.py", "run_housekeeping"],
    "a test call": ["manage.py", "place_test_call", "0612345678", "--originate", "x"],
    "all of it": ["manage.py", "serve"],
}


@pytest.mark.parametrize("name", ["fsync", "full_page_writes"])
def test_what_is_off_is_refused_and_in_debug_told(settings, name):
    found = {"fsync": "on", "full_page_writes": "on"}
    durability.check_postgresql(found)
    with pytest.raises(ImproperlyConfigured, match=f"{name} must be on"):
        durability.check_postgresql(found | {name: "off"})
    settings.DEBUG = True
    with capture_logs() as logs:
        durability.check_postgresql(found | {name: "off"})
    assert [entry["event"] for entry in logs] == ["database_not_durable"]


@pytest.mark.slow
@pytest.mark.postgresql
def test_every_way_to_start_refuses_it(tmp_path):
    with (
        throwaway_postgresql() as server,
        psycopg.connect(server.url, autocommit=True) as other,
        Site(tmp_path, database_url=server.url) as site,
    ):
        other.execute("ALTER SYSTEM SET fsync = off")
        other.execute("SELECT pg_reload_conf()")
        while other.execute("SHOW fsync").fetchone() != ("off",):
            pass

        def refusal(command):
            done = subprocess.run(
                [sys.executable, *command],
                cwd=ROOT,
                env=site.env,
                stdin=subprocess.DEVNULL,
                capture_output=True,
                text=True,
                timeout=60,
            )
            return done.returncode, done.stderr.strip().splitlines()[-1:]

        with ThreadPoolExecutor(2) as pool:
            answers = list(pool.map(refusal, WAYS.values()))
    for way, (status, said) in zip(WAYS, answers, strict=True):
        assert status != 0, way
        assert "Cannot start: PostgreSQL's fsync must be on" in said[0], way


@pytest.mark.parametrize(
    "pragmas",
    ["PRAGMA journal_mode=DELETE; PRAGMA synchronous=FULL;", "PRAGMA synchronous=NORMAL;"],
)
def test_a_sqlite_file_that_does_not_take_the_settings_is_refused(tmp_path, pragmas):
    if connection.vendor != "sqlite":
        pytest.skip("for SQLite only")
    settings = connection.settings_dict
    options = {**settings["OPTIONS"], "init_command": pragmas}
    name = str(tmp_path / "db.sqlite3")
    other = type(connections["default"])({**settings, "NAME": name, "OPTIONS": options}, "other")
    with pytest.raises(ImproperlyConfigured, match="took journal_mode"):
        other.get_new_connection(other.get_connection_params())
