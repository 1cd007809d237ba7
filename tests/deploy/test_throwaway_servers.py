"""The servers that tests start for themselves, and their end."""

import os
import select
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path

import psycopg
import pytest
import redis

from tests.support import programs
from tests.support.servers import (
    PATIENCE,
    Server,
    free_port,
    throwaway_postgresql,
    throwaway_redis,
)

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]
needs_postgresql = pytest.mark.skipif(not programs.postgresql(), reason="PostgreSQL is missing")
needs_redis = pytest.mark.skipif(not programs.redis(), reason="Redis is missing")


@pytest.fixture(scope="module")
def postgresql() -> Iterator[Server]:
    with throwaway_postgresql() as server:
        yield server


@needs_postgresql
@pytest.mark.parametrize("gently", [True, False])
def test_postgresql_keeps_its_data_over_a_restart(postgresql: Server, gently: bool) -> None:
    def execute(statement: str) -> list[tuple[object, ...]]:
        with psycopg.connect(postgresql.url) as connection:
            cursor = connection.execute(statement)
            return cursor.fetchall() if cursor.description else []

    execute(f"CREATE TABLE kept_{gently} AS SELECT 1 AS one")
    postgresql.restart(gently=gently)
    assert execute(f"SELECT one FROM kept_{gently}") == [(1,)]


@needs_postgresql
def test_postgresql_does_not_wait_for_its_clients_to_leave(postgresql: Server) -> None:
    with psycopg.connect(postgresql.url, autocommit=True) as client:
        begin = time.monotonic()
        postgresql.restart()
        assert time.monotonic() - begin < PATIENCE / 2
        with pytest.raises(psycopg.OperationalError):
            client.execute("SELECT 1")


@needs_redis
def test_redis_is_empty_after_a_restart() -> None:
    with throwaway_redis() as server, redis.Redis.from_url(server.url) as client:
        client.set("greeting", "hello")
        server.restart()
        assert client.get("greeting") is None


@needs_redis
def test_a_stopped_server_does_not_answer_until_it_is_started() -> None:
    with throwaway_redis() as server, redis.Redis.from_url(server.url) as client:
        server.stop()
        with pytest.raises(redis.ConnectionError):
            client.ping()
        server.start()
        assert client.ping()


@needs_redis
def test_a_server_that_does_not_start_says_why(monkeypatch: pytest.MonkeyPatch) -> None:
    with throwaway_redis() as server:
        monkeypatch.setattr("tests.support.servers.free_port", lambda: server.port)
        with pytest.raises(RuntimeError, match=r"(?i)address already in use"), throwaway_redis():
            pass


@needs_redis
def test_a_server_ends_with_its_block() -> None:
    with throwaway_redis() as server:
        pid = server.pid
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


@pytest.mark.skipif(not hasattr(os, "pidfd_open"), reason="waits as only Linux can")
@pytest.mark.parametrize(
    "start",
    [
        pytest.param(throwaway_redis, marks=needs_redis),
        pytest.param(throwaway_postgresql, marks=needs_postgresql),
    ],
)
def test_a_server_ends_when_its_owner_is_killed(
    start: Callable[[], AbstractContextManager[Server]],
) -> None:
    program = (
        f"from tests.support.servers import {start.__name__} as start\n"
        "with start() as server:\n"
        "    print(server.pid, flush=True)\n"
        "    input()\n"
    )
    owner = subprocess.Popen(
        [sys.executable, "-c", program],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    with owner:
        assert owner.stdout
        server = os.pidfd_open(int(owner.stdout.readline()))
        try:
            owner.kill()
            ended, _, _ = select.select([server], [], [], 10)
            assert ended, "the server is still running"
        finally:
            os.close(server)
    assert owner.returncode == -signal.SIGKILL


def test_a_free_port_is_given_once_and_lies_below_those_of_outgoing_connections() -> None:
    ports = [free_port() for _ in range(500)]
    assert len(set(ports)) == 500
    assert max(ports) < 32_768
