"""Sent, and then no answer, or half of one."""

import dataclasses
import time
from contextlib import closing
from http.client import HTTPConnection, NotConnected

import pytest

from callbacks.call_api import CallApi, Config, OutcomeUnknown, Refused, TryLater
from callbacks.call_api.connection import Exchange, Stage
from tests.support.call_service.scripted import (
    CERTS,
    Script,
    ScriptedServer,
    answer,
    sends,
    sends_and_drips,
    sends_and_hangs,
    sends_and_resets,
)
from tests.support.call_service.start import start_call

OK = b"HTTP/1.1 200 OK\r\n"
LONG = b"Content-Length: 5000\r\n\r\n"


def impatient(config: Config) -> CallApi:
    """A client with a token in hand that waits a second for each read."""
    api = CallApi(dataclasses.replace(config, read_timeout=1.0))
    api.ensure_token()
    return api


def unknown(api: CallApi, server: ScriptedServer, seconds: float = 8.0) -> str:
    """Starts a call, and returns the code of the OutcomeUnknown that comes of it."""
    with pytest.raises(OutcomeUnknown) as caught:
        start_call(api, seconds)
    assert (caught.value.sent, caught.value.retryable) == (True, False)
    assert caught.value.http_status is None
    assert len(server.requests_for("/startcall")) == 1
    return caught.value.code


WITHOUT_STATUS = {
    "closed": (sends(b""), "connection_lost"),
    "reset": (sends_and_resets(), "connection_lost"),
    "silent": (sends_and_hangs(), "timeout"),
    "silent in the status line": (sends_and_hangs(b"HTTP/1.1 2"), "timeout"),
    "silent before the line's end": (sends_and_hangs(b"HTTP/1.1 200 OK"), "timeout"),
    "reset in the status line": (sends_and_resets(b"HTTP/1.1 2"), "connection_lost"),
    "closed in the status line": (sends(b"HTTP/1.1 2"), "answer_unknown"),
    "another protocol": (sends(b"220 mail.example.org ESMTP\r\n"), "answer_unknown"),
    "another version": (sends(b"HTTP/2.0 200 OK\r\n\r\n"), "answer_unknown"),
    "no number": (sends(b"HTTP/1.1 abc\r\n\r\n"), "answer_unknown"),
    "no line": (sends(b"\x00" * 100_000), "answer_unknown"),
    "interim only": (sends(b"HTTP/1.1 103 Early Hints\r\n\r\n"), "connection_lost"),
}


@pytest.mark.slow
@pytest.mark.parametrize(("script", "code"), WITHOUT_STATUS.values(), ids=WITHOUT_STATUS)
def test_no_status_line_leaves_the_outcome_unknown(
    config: Config, server: ScriptedServer, script: Script, code: str
):
    server.plan("/startcall", script)
    assert unknown(impatient(config), server) == code


@pytest.mark.slow
@pytest.mark.parametrize("piece", [b"H", b"HTTP/1.1 100 Continue\r\n\r\n"])
def test_a_dripping_server_is_cut_off_at_the_deadline(
    api: CallApi, server: ScriptedServer, piece: bytes
):
    api.ensure_token()
    server.plan("/startcall", sends_and_drips(b"", piece))
    began = time.monotonic()
    assert unknown(api, server, seconds=1.5) == "timeout"
    assert time.monotonic() - began < 5


@pytest.mark.slow
def test_a_dripping_server_is_cut_off_over_tls_as_well(
    config: Config, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(CERTS / "valid.pem"))
    service = ScriptedServer("valid")
    service.plan("/startcall", sends_and_drips(b"", b"H"))
    try:
        api = CallApi(dataclasses.replace(config, call_url=service.url("/startcall")))
        api.ensure_token()
        assert unknown(api, service, seconds=1.5) == "timeout"
    finally:
        service.stop()


BROKEN_AFTER_STATUS = {
    "no headers": sends(OK),
    "no body": sends(OK + LONG),
    "half a body": sends(OK + LONG + b"half"),
    "half a body, reset": sends_and_resets(OK + LONG + b"half"),
    "silent after the status line": sends_and_hangs(OK),
    "silent in the headers": sends_and_hangs(OK + b"X-Half: a head"),
    "silent in the body": sends_and_hangs(OK + LONG + b"half"),
    "a header without end": sends(OK + b"X" * 100_000),
    "too many headers": sends(OK + b"X: y\r\n" * 1000 + b"\r\n"),
    "no header": sends(OK + b"no header at all\r\n\r\nbody"),
    "two lengths": sends(OK + b"Content-Length: 1, 2\r\n\r\nbody"),
    "no length": sends(OK + b"Content-Length: many\r\n\r\nbody"),
    "no chunk": sends(OK + b"Transfer-Encoding: chunked\r\n\r\nnot hexadecimal\r\n"),
    "half a chunk": sends(OK + b"Transfer-Encoding: chunked\r\n\r\n5\r\nab"),
    "no gzip": sends(OK + b"Content-Encoding: gzip\r\n\r\nnot gzip"),
    "no cookie": sends(OK + b"Set-Cookie: \xff=\x00; expires=never\r\n\r\n"),
}


@pytest.mark.slow
@pytest.mark.parametrize("script", BROKEN_AFTER_STATUS.values(), ids=BROKEN_AFTER_STATUS)
def test_a_2xx_status_line_is_enough(config: Config, server: ScriptedServer, script: Script):
    server.plan("/startcall", script)
    assert start_call(impatient(config)).http_status == 200
    assert len(server.requests_for("/startcall")) == 1


@pytest.mark.slow
@pytest.mark.parametrize(
    "beginning",
    [OK, OK + b"X-Drip: ", OK + LONG, OK + b"Transfer-Encoding: chunked\r\n\r\n5000\r\n"],
)
def test_what_drips_behind_a_2xx_status_line_ends_at_the_deadline(
    api: CallApi, server: ScriptedServer, beginning: bytes
):
    api.ensure_token()
    server.plan("/startcall", sends_and_drips(beginning, b"x"))
    began = time.monotonic()
    accepted = start_call(api, seconds=1.5)
    assert accepted.http_status == 200
    assert time.monotonic() - began < 5


@pytest.mark.parametrize(
    "end",
    [sends, sends_and_resets, pytest.param(sends_and_hangs, marks=pytest.mark.slow)],
)
def test_an_error_keeps_its_meaning_when_its_body_fails(
    config: Config, server: ScriptedServer, end: type[Script]
):
    api = impatient(config)
    server.plan("/startcall", end(b"HTTP/1.1 403 Forbidden\r\n" + LONG + b"half"))  # type: ignore[misc]
    with pytest.raises(Refused) as refused:
        start_call(api)
    assert refused.value.http_status == 403
    server.plan("/startcall", end(b"HTTP/1.1 429 Busy\r\nRetry-After: 9\r\n" + LONG + b"half"))  # type: ignore[misc]
    with pytest.raises(TryLater) as later:
        start_call(api)
    assert later.value.retry_after == 9.0
    server.plan("/startcall", end(b"HTTP/1.1 500 Oops\r\n" + LONG + b"half"))  # type: ignore[misc]
    with pytest.raises(OutcomeUnknown) as unknown:
        start_call(api)
    assert unknown.value.http_status == 500


@pytest.mark.slow
def test_the_headers_of_an_error_survive_a_body_that_drips_to_the_deadline(
    api: CallApi, server: ScriptedServer
):
    api.ensure_token()
    head = b"HTTP/1.1 429 Busy\r\nRetry-After: 9\r\n" + LONG
    server.plan("/startcall", sends_and_drips(head, b"x"))
    with pytest.raises(TryLater) as caught:
        start_call(api, seconds=1.5)
    assert caught.value.retry_after == 9.0


@pytest.mark.slow
def test_headers_cut_short_by_the_deadline_are_not_believed(api: CallApi, server: ScriptedServer):
    api.ensure_token()
    server.plan("/startcall", sends_and_drips(b"HTTP/1.1 429 Busy\r\nRetry-After: 1", b"2"))
    with pytest.raises(TryLater) as caught:
        start_call(api, seconds=1.5)
    assert caught.value.retry_after is None


def test_a_huge_body_is_not_read_to_its_end(api: CallApi, server: ScriptedServer):
    head = b"HTTP/1.1 200 OK\r\nContent-Length: 1000000000\r\n\r\n"
    server.plan("/startcall", sends_and_hangs(head + b"x" * 200_000))
    began = time.monotonic()
    assert start_call(api).excerpt == "x" * 500
    assert time.monotonic() - began < 4


def test_an_answer_before_the_request_was_read_is_heard(api: CallApi, server: ScriptedServer):
    server.plan("/startcall", answer(413, "too long"))
    with pytest.raises(Refused) as caught:
        start_call(api)
    assert (caught.value.http_status, caught.value.excerpt) == (413, "too long")


def test_a_request_is_sent_in_one_piece(
    api: CallApi, server: ScriptedServer, monkeypatch: pytest.MonkeyPatch
):
    """So nothing can come between its headers and its body, and one packet wakes the service."""
    sent, really = [], HTTPConnection.send

    def send(connection: HTTPConnection, data: bytes) -> None:
        sent.append(data)
        really(connection, data)

    monkeypatch.setattr(HTTPConnection, "send", send)
    server.plan("/startcall", answer(200))
    start_call(api)
    headers, _, body = sent[-1].partition(b"\r\n\r\n")
    assert headers.startswith(b"POST /startcall ")
    assert body.startswith(b"{")
    assert len(sent) == 2  # one for the token


def test_a_connection_is_not_opened_a_second_time_for_a_request(
    config: Config, server: ScriptedServer
):
    exchange = Exchange(server.url("/startcall"), config, time.monotonic() + 8)
    with closing(exchange):
        connection = exchange.open()
        connection.send(b"a request")
        connection.send_all()
        assert exchange.stage is Stage.SENDING
        connection.close()
        with pytest.raises(NotConnected):
            connection.send_all()
