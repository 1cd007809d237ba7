"""Fixtures for all tests, and what leaves a test out."""

from collections.abc import Iterator

import pytest
from django.conf import settings
from django.db import connection
from hypothesis import settings as hypothesis_settings

from callbacks import tasks
from tests import environment, programs
from tests.servers import Server, throwaway_redis

# How long an example takes says nothing on a machine that does other things as well.
hypothesis_settings.register_profile("patient", deadline=None)
hypothesis_settings.load_profile("patient")


def pytest_configure() -> None:
    """Serve static files as they lie, without a `collectstatic` before the tests, and hash
    passwords quickly, which is slow on purpose elsewhere."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    settings.STORAGES["staticfiles"] = {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
    }
    # WhiteNoise warns of a folder that is not there, as in a fresh clone.
    settings.STATIC_ROOT = environment.FOLDER / "static"
    settings.STATIC_ROOT.mkdir(exist_ok=True)


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Leave out a test whose program is not installed, or that is for the other database."""
    if item.get_closest_marker("browser") and not programs.chromium():
        pytest.skip("Chromium is not installed")
    if item.get_closest_marker("postgresql") and connection.vendor != "postgresql":
        pytest.skip("for PostgreSQL only")


@pytest.fixture(scope="session")
def django_db_modify_db_settings(django_db_modify_db_settings: None) -> None:
    """SQLite in a file, as in production: in memory, threads would share one connection."""
    database = settings.DATABASES["default"]
    if database["ENGINE"] == "django.db.backends.sqlite3":
        database["TEST"]["NAME"] = str(environment.FOLDER / "test.sqlite3")


@pytest.fixture(autouse=True)
def _queue_storage_is_there(monkeypatch: pytest.MonkeyPatch) -> None:
    """After a failure nobody waits for the storage for a while; no test inherits that."""
    monkeypatch.setattr(tasks, "_quiet_until", 0.0)


@pytest.fixture(scope="session")
def redis_server() -> Iterator[Server]:
    """A running Redis of these tests' own, empty at first. Its address is `.url`."""
    if not programs.redis():
        pytest.skip("Redis is not installed")
    with throwaway_redis() as server:
        yield server
