"""A PostgreSQL that vanished without a word is given up within seconds, not after 15 minutes."""

from pathlib import Path

import pytest
from environs import Env

from callback_site import storages
from callbacks.worker.wakeup import huey_settings

URL = "postgresql://callback@db.internal/callback"


@pytest.fixture
def options(monkeypatch):
    """`options(url)`: what the database is opened with."""

    def of(url):
        monkeypatch.setenv("DATABASE_URL", url)
        return storages.database(Env(), Path("/nowhere"))["OPTIONS"]

    return of


def test_the_database_is(options):
    assert options(URL)["tcp_user_timeout"] <= 10_000
    assert options(URL)["connect_timeout"] <= 5


def test_the_address_of_the_database_may_set_other_time_outs(options):
    assert options(f"{URL}?tcp_user_timeout=3000")["tcp_user_timeout"] == 3000
    assert options("sqlite:////nowhere/db?timeout=1")["timeout"] == 1


def test_the_queue_is():
    settings = huey_settings(URL, secret_key="k" * 40, workers=1, ends_in=90)
    assert settings["tcp_user_timeout"] <= 3000
    assert settings["connect_timeout"] <= 2
