"""Faults in which the answer gets lost: whether the phone rang, and what the caller sees."""

import errno
import http.client
import time

import pytest

from tests.support.call_service.sandbox_client import read_all


def rang(client):
    return [(call["answered"], call["status"]) for call in client.sandbox.calls()]


def test_timeout_before_holds_then_closes_and_nothing_rings(client):
    client.token()
    client.sandbox.faults([{"at": "startcall", "fault": "timeout_before", "seconds": 0.3}])
    started = time.monotonic()
    with pytest.raises(http.client.RemoteDisconnected):
        client.call()
    assert 0.3 <= time.monotonic() - started < 5
    assert rang(client) == []


def test_timeout_after_rings_then_holds_then_closes(client):
    client.sandbox.faults([{"at": "startcall", "fault": "timeout_after", "seconds": 3}])
    request = client.raw_call()
    started = time.monotonic()
    connection = client.raw(request)
    client.sandbox.wait_for_calls(1)
    assert time.monotonic() - started < 3
    assert read_all(connection) == b""
    assert time.monotonic() - started >= 3
    assert rang(client) == [(False, None)]


def test_timeout_at_token(client):
    client.sandbox.faults([{"at": "token", "fault": "timeout_before", "seconds": 0.1, "times": 1}])
    with pytest.raises(http.client.RemoteDisconnected):
        client.ask_token()
    assert client.ask_token().status == 200


def test_caller_with_a_short_patience_gives_up_while_the_answer_is_held(client):
    client.token()
    client.sandbox.faults([{"at": "startcall", "fault": "timeout_after", "seconds": 600}])
    with pytest.raises(TimeoutError):
        client.call(timeout=0.2)
    client.sandbox.wait_for_calls(1)
    assert rang(client) == [(False, None)]


@pytest.mark.parametrize(
    ("fault", "rings"), [("reset_before", []), ("reset_after", [(False, None)])]
)
def test_reset(client, fault, rings):
    client.sandbox.faults([{"at": "startcall", "fault": fault}])
    connection = client.raw(client.raw_call())
    with pytest.raises(ConnectionResetError) as problem:
        connection.recv(1)
    assert problem.value.errno == errno.ECONNRESET
    assert rang(client) == rings


def test_garbage_is_no_status_line_and_rings(client):
    client.sandbox.faults([{"at": "startcall", "fault": "garbage"}])
    with pytest.raises(http.client.BadStatusLine):
        client.call()
    assert rang(client) == [(False, None)]


def test_drip_sends_headers_at_once_and_the_body_byte_by_byte(client):
    client.sandbox.faults([{"at": "startcall", "fault": "drip", "seconds": 1}])
    request = client.raw_call()
    started = time.monotonic()
    connection = client.raw(request)
    _head, end, body = connection.recv(65536).partition(b"\r\n\r\n")
    assert end
    assert len(body) < 5  # a slow reader finds some of it beside the headers
    assert len(body + read_all(connection)) == 5
    assert time.monotonic() - started >= 1
    assert len(rang(client)) == 1


def test_drip_long_enough_is_a_complete_answer(client):
    client.sandbox.faults([{"at": "startcall", "fault": "drip", "seconds": 4.4}])
    reply = client.call()
    assert (reply.status, reply.json()) == (200, {"status": "accepted"})
    assert len(reply.body) == 22  # filled up to last: 22 bytes, 0.2 s each
    assert rang(client) == [(True, 200)]


def test_drip_at_token_is_cut_short(client):
    client.sandbox.faults([{"at": "token", "fault": "drip", "seconds": 0.6}])
    with pytest.raises(http.client.IncompleteRead) as problem:
        client.ask_token()
    assert len(problem.value.partial) == 3


def test_latency_delays_the_ringing_and_the_answer(client):
    client.token()
    client.sandbox.faults([{"at": "startcall", "fault": "latency", "seconds": 0.3}])
    started = time.time()
    assert client.call().status == 200
    (call,) = client.sandbox.calls()
    assert call["time"] - started >= 0.3


def test_phone_rings_late_although_the_caller_hung_up_during_latency(client):
    client.sandbox.faults([{"at": "startcall", "fault": "latency", "seconds": 0.3}])
    client.raw(client.raw_call()).close()
    assert len(client.sandbox.wait_for_calls(1)) == 1


def test_late_ring_waits_until_the_caller_has_hung_up(client):
    client.sandbox.faults([{"at": "startcall", "fault": "late_ring", "seconds": 600}])
    connection = client.raw(client.raw_call())
    client.sandbox.request("GET", "/sandbox/calls?at_least=1&wait=0.3")
    assert rang(client) == []
    gone = time.time()  # before, because the sandbox may notice before the next line is reached
    connection.close()
    (call,) = client.sandbox.wait_for_calls(1)
    assert call["time"] >= gone


def test_late_ring_waits_so_many_seconds_at_most_and_answers_then(client):
    client.token()
    client.sandbox.faults([{"at": "startcall", "fault": "late_ring", "seconds": 0.3}])
    started = time.time()
    assert client.call().status == 200
    (call,) = client.sandbox.calls()
    assert call["time"] - started >= 0.3
    assert (call["answered"], call["status"]) == (True, 200)


def test_expired_tokens_are_refused_until_a_new_one_is_fetched(client):
    old = client.token()
    client.sandbox.faults([{"at": "startcall", "fault": "expire_tokens", "times": 1}])
    assert client.call().status == 401
    assert client.call().status == 401
    new = client.ask_token().json()["access_token"]
    assert client.call(Authorization=f"Bearer {new}").status == 200
    assert client.call(Authorization=f"Bearer {old}").status == 401


def test_held_connections_hinder_nobody(client):
    rule = {"at": "startcall", "fault": "timeout_after", "seconds": 600, "times": 20}
    client.sandbox.faults([rule])
    for _ in range(20):
        client.raw(client.raw_call())
    client.sandbox.wait_for_calls(20)
    assert client.call().status == 200
