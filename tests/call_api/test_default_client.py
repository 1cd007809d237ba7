"""The one client of a process."""

import os
from collections.abc import Iterator

import pytest
from pytest_django.fixtures import Settings

from callbacks.call_api import Config, default_client, from_settings, reset_default_client
from tests.support.concurrency import concurrently


@pytest.fixture(autouse=True)
def fresh() -> Iterator[None]:
    reset_default_client()
    yield
    reset_default_client()


@pytest.fixture(autouse=True)
def service(settings: Settings) -> None:
    settings.UHLIVE_TOKEN_URL = "https://id.test/token"
    settings.UHLIVE_CALL_URL = "https://call.test/startcall"
    settings.UHLIVE_CLIENT_ID = "a-client"
    settings.UHLIVE_CLIENT_SECRET = "a-secret"
    settings.UHLIVE_CONNECT_TIMEOUT = 5.0
    settings.UHLIVE_READ_TIMEOUT = 20.0


def test_the_default_client_is_made_from_the_settings():
    expected = Config(
        token_url="https://id.test/token",
        call_url="https://call.test/startcall",
        client_id="a-client",
        client_secret="a-secret",
        connect_timeout=5.0,
        read_timeout=20.0,
    )
    assert from_settings() == expected
    assert default_client().config == expected


def test_all_threads_get_the_same_one():
    assert len(set(concurrently(20, lambda _: default_client(), database=False))) == 1


def test_a_reset_makes_another_from_the_settings_of_then(settings: Settings):
    first = default_client()
    settings.UHLIVE_CLIENT_ID = "another"
    assert default_client() is first
    reset_default_client()
    assert default_client().config.client_id == "another"


@pytest.mark.filterwarnings("ignore:.*multi-threaded.*fork:DeprecationWarning")
def test_a_forked_process_gets_one_of_its_own():
    parents = default_client()
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:  # only what cannot raise: this is a copy of the whole test run
        own = default_client() is not parents and default_client() is default_client()
        os.write(writing, b"own" if own else b"parent's")
        os._exit(0)
    os.close(writing)
    with os.fdopen(reading, "rb") as pipe:
        assert pipe.read() == b"own"
    os.waitpid(child, 0)
    assert default_client() is parents
