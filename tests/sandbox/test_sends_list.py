"""The list of startcall requests: also those that rang nobody, and what each was answered."""

import time

import pytest

from tests.support.call_service.sandbox_client import CALL, read_all


def test_send_that_rings(client):
    client.token()
    before = time.time()
    client.call()
    (send,) = client.sandbox.sends()
    (call,) = client.sandbox.calls()
    assert before <= send["time"] <= call["time"] <= send["answered_at"] <= time.time()
    assert {name: send[name] for name in CALL} == CALL
    assert (send["call"], send["status"], send["faults"]) == (call["index"], 200, [])
    assert call["send"] == send["index"]
    assert call["token"] == send["token"]


def test_refused_sends_are_kept_as_far_as_they_can_be_read(client):
    client.call(b"{")
    client.call({"destination": "+33812345678", "email": 7})
    client.call([])
    client.call(Authorization="Bearer unknown")
    fields = ("originate", "destination", "email", "status", "call")
    assert [tuple(send[name] for name in fields) for send in client.sandbox.sends()] == [
        ("", "", "", 400, None),
        ("", "+33812345678", "", 400, None),
        ("", "", "", 400, None),
        (*CALL.values(), 401, None),
    ]
    assert client.sandbox.sends()[-1]["token"] is None


def test_send_that_a_fault_answers_says_which_and_what(client):
    client.sandbox.faults(
        [
            {"at": "startcall", "fault": "latency", "seconds": 0},
            {"at": "startcall", "fault": "429", "retry_after": 3},
        ]
    )
    client.call()
    (send,) = client.sandbox.sends()
    assert (send["faults"], send["status"], send["retry_after"]) == (["latency", "429"], 429, "3")
    assert send["call"] is None


def test_send_without_an_answer(client):
    client.sandbox.faults([{"at": "startcall", "fault": "reset_before"}])
    connection = client.raw(client.raw_call())
    with pytest.raises(ConnectionResetError):
        read_all(connection)
    (send,) = client.sandbox.sends()
    assert (send["status"], send["answered_at"], send["call"]) == (None, None, None)


def test_token_is_the_one_sent_although_it_was_forgotten_meanwhile(client):
    client.call()
    client.sandbox.faults([{"at": "startcall", "fault": "expire_tokens", "times": 1}])
    client.call()
    client.call()
    first, *others = client.sandbox.sends()
    assert [(send["token"], send["status"]) for send in others] == [(first["token"], 401)] * 2


def test_connections_and_the_requests_on_each_are_numbered(client):
    connection = client.raw()
    for _ in range(2):
        connection.sendall(client.raw_call())
        connection.recv(65536)
    client.call()
    one, two, other = client.sandbox.sends()
    assert (one["connection"], two["place"]) == (two["connection"], one["place"] + 1)
    assert other["connection"] > one["connection"]
