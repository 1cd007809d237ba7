"""What startcall accepts, and what it keeps of it."""

import time

import pytest

from tests.support.call_service.sandbox_client import CALL, Client
from tests.support.sandbox_process import SandboxProcess


def test_accepted_call_is_recorded(client):
    before = time.time()
    reply = client.call()
    assert (reply.status, reply.body) == (200, b'{"status":"accepted"}')
    (call,) = client.sandbox.calls()
    assert before <= call.pop("time") <= time.time()
    assert call.pop("index") > 0
    assert call.pop("token") > 0
    assert call.pop("send") > 0
    assert call == {**CALL, "answered": True, "status": 200}


@pytest.mark.parametrize("first", "12345679")
def test_every_callable_beginning_rings(client, first):
    destination = f"+33{first}12345678"
    assert client.call({**CALL, "destination": destination}).status == 200
    assert client.sandbox.calls()[0]["destination"] == destination


@pytest.mark.parametrize("email", ["", " Jane@Example.COM ", "e\u0301@x", "no email", "\U0001f600"])
def test_email_is_kept_as_it_is(client, email):
    assert client.call({**CALL, "email": email}).status == 200
    assert client.sandbox.calls()[0]["email"] == email


@pytest.mark.parametrize("content_type", ["application/json; charset=utf-8", "Application/JSON"])
def test_content_type_spellings(client, content_type):
    assert client.call(Content_Type=content_type).status == 200


@pytest.mark.parametrize(
    "accept",
    ["*/*", "application/*", "text/html, application/json;q=0.1", "*/*;q=0, application/json"],
)
def test_accept_spellings(client, accept):
    assert client.call(Accept=accept).status == 200


@pytest.mark.slow
@pytest.mark.slow
def test_answer_can_take_its_time_after_the_phone_rang():
    with SandboxProcess(answer_ms=2000) as sandbox, Client(sandbox) as client:
        client.token()
        started = time.time()
        assert client.call().status == 200
        assert time.time() - started >= 2
        assert sandbox.calls()[0]["time"] - started < 2
