"""Many callers at once."""

import contextlib
import time

import pytest

from tests.support.call_service.sandbox_client import CALL, Client
from tests.support.sandbox_process import SandboxProcess


def test_two_hundred_connections_at_once_each_ring_once(client):
    request = client.raw_call()
    connections = [client.raw() for _ in range(200)]
    for connection in connections:
        connection.sendall(request)
    for connection in connections:
        assert connection.recv(65536).startswith(b"HTTP/1.1 200 ")
    indexes = [call["index"] for call in client.sandbox.calls()]
    assert indexes == list(range(indexes[0], indexes[0] + 200))


@pytest.mark.minutes
def test_list_stays_fast_with_twenty_thousand_calls():
    with SandboxProcess() as sandbox, Client(sandbox) as client:
        request = client.raw_call()
        with contextlib.closing(client.raw()) as connection:
            answers = connection.makefile("rb")
            for _ in range(200):  # pipelined, a hundred at a time
                connection.sendall(request * 100)
                for _ in range(100):
                    while not answers.readline().startswith(b"Content-Length"):
                        pass
            answers.close()
        assert len(sandbox.wait_for_calls(20_000, timeout=30)) == 20_000
        started = time.monotonic()
        assert sandbox.totals()["calls"] == 20_000
        assert client.call(CALL).status == 200
        assert time.monotonic() - started < 1
