"""Fixtures for all tests, and what leaves a test out."""

import gc
import os
import zlib
from collections.abc import Iterator

import pytest
from django.conf import settings
from django.core.cache import cache
from django.db import connection
from hypothesis import HealthCheck
from hypothesis import settings as hypothesis_settings
from playwright.sync_api import expect
from pytest_django import DjangoDbBlocker

from callbacks.core import clock, process_memory
from tests.support import emptying, environment, lock_order, programs, rendering
from tests.support.browsers import playwright, webdriver
from tests.support.servers import Server, throwaway_redis

pytest_plugins = [
    "tests.support.selection",
    "tests.support.first_look",
    "tests.support.browsers.admin",
    "tests.support.processes.nursery",
]
# An assertion that fails in them says as much as one in a test.
pytest.register_assert_rewrite(
    *(f"tests.support.{part}" for part in ("call_service", "processes", "samples", "staff"))
)

# How long an example takes says nothing on a machine that does other things as well. Where a
# change is judged, the examples are always the same; elsewhere new ones are tried each time.
hypothesis_settings.register_profile(
    "patient",
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
    derandomize=bool(os.environ.get("CI")),
)
hypothesis_settings.load_profile("patient")

# In milliseconds. What comes late on a slow machine comes all the same.
expect.set_options(timeout=20_000)


def pytest_configure() -> None:
    """Serve static files as they lie, without a `collectstatic` before the tests, and hash
    passwords quickly, which is slow on purpose elsewhere.
    """
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    settings.STORAGES["staticfiles"] = {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
    }
    # WhiteNoise warns of a folder that is not there, as in a fresh clone.
    settings.STATIC_ROOT = environment.FOLDER / "static"
    settings.STATIC_ROOT.mkdir(exist_ok=True)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mix the files, always in the same way, and let browsers be tried twice.

    pytest-django puts the tests with real transactions last. Those are the ones that wait: at the
    end they left both cores idle for minutes. Mixed, each process has something to wait for and
    something to compute. A browser may stumble by itself: what fails in one is tried once more, and
    that is said. What is about never twice and never lost is never given a second chance.
    """
    items.sort(key=lambda item: zlib.crc32(item.nodeid.partition("::")[0].encode()))
    for item in items:
        if item.get_closest_marker("browser"):
            item.add_marker(pytest.mark.flaky(reruns=1))


def pytest_collection_finish() -> None:
    """Let the garbage collector leave alone what was imported, and come less often.

    Django, the metadata of all countries' numbers and thousands of tests stay until the end. To
    look through them again and again took a sixth of the processor's time.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(100_000, 50, 100)


def pytest_sessionfinish() -> None:
    """End the browsers that tests shared."""
    playwright.end()
    webdriver.end()


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
    if database["ENGINE"] == "callback_site.sqlite":
        database["TEST"]["NAME"] = str(environment.FOLDER / "test.sqlite3")


@pytest.fixture(scope="session", autouse=True)
def django_test_environment(django_test_environment: None) -> None:
    """Let pages be rendered quickly."""
    rendering.tell_about_pages()


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> None:
    """Let what a test has committed go quickly."""
    with django_db_blocker.unblock():
        emptying.prepare()


@pytest.fixture(autouse=True)
def _locks_are_taken_in_order(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever a test is about."""
    if connection.vendor == "postgresql":
        lock_order.watch(monkeypatch)


@pytest.fixture(autouse=True)
def _nothing_is_remembered() -> None:
    """What a process remembers for a moment, and what is counted in its cache, ends with a test."""
    process_memory.forget_all()
    cache.clear()


@pytest.fixture(autouse=True)
def _the_clock_is_given_back() -> Iterator[None]:
    """Or the tests that follow would run at another time."""
    yield
    assert not clock._set


@pytest.fixture(scope="session")
def redis_server() -> Iterator[Server]:
    """A running Redis of these tests' own, empty at first. Its address is `.url`."""
    if not programs.redis():
        pytest.skip("Redis is not installed")
    with throwaway_redis() as server:
        yield server
