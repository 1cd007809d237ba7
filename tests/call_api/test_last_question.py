"""The question right before each send: what it stops, and when it is asked."""

import dataclasses
import time

import pytest

from callbacks.call_api import CallApi, Config, HeldBack, NotSent
from tests.support.call_service.scripted import CERTS, ScriptedServer, answer, token
from tests.support.call_service.start import start_call


@pytest.mark.parametrize("certificate", ["", "valid"])
def test_the_last_question_is_asked_on_an_open_connection_which_a_no_leaves_unused(
    config: Config, monkeypatch: pytest.MonkeyPatch, certificate: str
):
    monkeypatch.setenv("SSL_CERT_FILE", str(CERTS / "valid.pem"))
    service = ScriptedServer(certificate)
    api = CallApi(dataclasses.replace(config, call_url=service.url("/startcall", "localhost")))
    asked = []
    try:
        with pytest.raises(HeldBack) as caught:
            start_call(api, may_send=lambda: asked.append(1) or "changed_mind")  # type: ignore[func-returns-value]
        service.wait_for_connections(1)
    finally:
        service.stop()
    error = caught.value
    assert (error.code, error.sent, error.retryable) == ("changed_mind", False, True)
    assert error.answers == ()
    assert asked == [1]
    # One connection came and carried nothing. A client that leaves right after its part of the
    # handshake may reset it before the server has finished its own: no request is seen then.
    assert service.connections == 1
    assert [request.raw for request in service.requests] in ([b""], [])


def test_the_last_question_is_asked_again_before_a_redirect_is_followed(
    api: CallApi, server: ScriptedServer
):
    server.plan("/startcall", answer(307, headers={"Location": "/moved"}))
    codes = iter(["", "changed_mind"])
    with pytest.raises(HeldBack) as caught:
        start_call(api, may_send=lambda: next(codes))
    assert (caught.value.code, caught.value.answers) == ("changed_mind", (307,))
    assert server.requests_for("/moved") == []


def test_the_last_question_is_asked_again_before_the_second_send_after_a_401(
    api: CallApi, server: ScriptedServer
):
    server.plan("/token", token("old"), token("new"))
    server.plan("/startcall", answer(401), answer(200))
    api.ensure_token()
    codes = iter(["", "changed_mind"])
    with pytest.raises(HeldBack) as caught:
        start_call(api, may_send=lambda: next(codes))
    assert (caught.value.code, caught.value.answers) == ("changed_mind", (401,))
    assert len(server.requests_for("/startcall")) == 1


def test_what_it_raises_is_raised_and_nothing_is_sent(api: CallApi, server: ScriptedServer):
    def broken() -> str:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError) as caught:
        start_call(api, may_send=broken)
    assert caught.value.__cause__ is None
    assert server.requests_for("/startcall") == []


def test_an_answer_that_comes_after_the_deadline_is_no_yes(config: Config, server: ScriptedServer):
    now = time.monotonic()
    api = CallApi(dataclasses.replace(config, clock=lambda: now))

    def slow() -> str:
        nonlocal now
        now += 9
        return ""

    with pytest.raises(NotSent) as caught:
        start_call(api, may_send=slow)
    assert caught.value.code == "deadline_passed"
    assert server.requests_for("/startcall") == []
