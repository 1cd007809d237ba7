"""Each row of the table that says what an answer means."""

import dataclasses

import pytest

from callbacks.call_api import CallApi, CallApiError, Config, OutcomeUnknown, Refused, TryLater
from tests.support.call_service.scripted import ScriptedServer, answer, sends
from tests.support.call_service.start import start_call


@pytest.mark.parametrize("status", [200, 201, 202, 204, 206, 299])
def test_any_2xx_is_accepted(api: CallApi, server: ScriptedServer, status: int):
    server.plan("/startcall", answer(status))
    assert start_call(api).http_status == status


@pytest.mark.parametrize(
    "body", [b"", b"\xff\xfe\x00", b"<html>error</html>", b'{"error": "no"}', b"[" * 100_000]
)
def test_the_body_of_a_2xx_does_not_matter(api: CallApi, server: ScriptedServer, body: bytes):
    server.plan("/startcall", answer(200, body))
    assert start_call(api).http_status == 200


@pytest.mark.parametrize(
    ("body", "is_page"),
    [
        (b"<html><title>Maintenance</title>", True),
        (b"\xef\xbb\xbf \n<!DOCTYPE HTML>\n<html>", True),
        (b'{"note": "<html>"}', False),
        (b"<?xml version='1.0'?><ok/>", False),
        (b"ok", False),
        (b"", False),
    ],
)
def test_a_2xx_that_is_a_web_page_is_noted(
    api: CallApi, server: ScriptedServer, body: bytes, is_page: bool
):
    server.plan("/startcall", answer(200, body))
    assert start_call(api).is_web_page is is_page


def test_an_excerpt_of_the_answer_is_kept(api: CallApi, server: ScriptedServer):
    server.plan("/startcall", answer(200, "ringing\r\n  soon" + "." * 1000))
    excerpt = start_call(api).excerpt
    assert excerpt.startswith("ringing soon...")
    assert len(excerpt) == 500


@pytest.mark.parametrize(
    ("status", "headers", "kind", "code"),
    [
        (429, {}, TryLater, "throttled"),
        (429, {"Retry-After": "7"}, TryLater, "throttled"),
        (429, {"Retry-After": "soon"}, TryLater, "throttled"),
        (400, {}, Refused, "refused"),
        (402, {}, Refused, "refused"),
        (403, {}, Refused, "refused"),
        (404, {}, Refused, "refused"),
        (409, {"Retry-After": "7"}, Refused, "refused"),
        (422, {}, Refused, "refused"),
        (499, {}, Refused, "refused"),
        (300, {}, OutcomeUnknown, "answer_unknown"),
        (301, {"Location": "/startcall"}, OutcomeUnknown, "answer_unknown"),
        (302, {"Location": "/startcall"}, OutcomeUnknown, "answer_unknown"),
        (303, {"Location": "/startcall"}, OutcomeUnknown, "answer_unknown"),
        (304, {}, OutcomeUnknown, "answer_unknown"),
        (305, {}, OutcomeUnknown, "answer_unknown"),
        (101, {"Upgrade": "something"}, OutcomeUnknown, "answer_unknown"),
        (600, {}, OutcomeUnknown, "answer_unknown"),
        (999, {}, OutcomeUnknown, "answer_unknown"),
    ],
)
def test_what_an_answer_means(
    api: CallApi,
    server: ScriptedServer,
    status: int,
    headers: dict[str, str],
    kind: type[CallApiError],
    code: str,
):
    server.plan("/startcall", answer(status, "their words", headers))
    with pytest.raises(CallApiError) as caught:
        start_call(api)
    error = caught.value
    assert (type(error), error.code, error.http_status) == (kind, code, status)
    assert error.excerpt == ("" if status in (101, 304) else "their words")
    assert (error.sent, error.retryable) == (True, kind is TryLater)
    assert error.answers == (status,)
    assert len(server.requests_for("/startcall")) == 1


@pytest.mark.parametrize("header", [None, "7", "0", "soon"])
@pytest.mark.parametrize("status", [408, 425, 500, 501, 502, 503, 504, 507, 511, 520, 522, 599])
def test_what_a_proxy_may_say_after_the_call_was_started_leaves_it_open(
    api: CallApi, server: ScriptedServer, status: int, header: str | None
):
    headers = {} if header is None else {"Retry-After": header}
    server.plan("/startcall", answer(status, "their words", headers))
    with pytest.raises(CallApiError) as caught:
        start_call(api)
    error = caught.value
    assert (type(error), error.code) == (OutcomeUnknown, "answer_unknown")
    assert (error.sent, error.retryable) == (True, False)
    assert len(server.requests_for("/startcall")) == 1


@pytest.mark.parametrize("headers", [{}, {"Retry-After": "7"}])
@pytest.mark.parametrize("status", [408, 503])
def test_what_the_operator_vouches_for_means_later(
    config: Config, server: ScriptedServer, status: int, headers: dict[str, str]
):
    api = CallApi(dataclasses.replace(config, nothing_placed=frozenset({408, 503})))
    server.plan("/startcall", answer(status, "their words", headers), answer(504))
    with pytest.raises(TryLater) as caught:
        start_call(api)
    assert (caught.value.code, caught.value.http_status) == ("try_later", status)
    assert caught.value.retry_after == (7.0 if headers else None)
    with pytest.raises(OutcomeUnknown):
        start_call(api)


@pytest.mark.parametrize(
    ("header", "seconds"), [("7", 7.0), ("0", 0.0), ("9999999", 86_400.0), ("soon", None)]
)
def test_a_429_says_when(api: CallApi, server: ScriptedServer, header: str, seconds: float | None):
    server.plan("/startcall", answer(429, headers={"Retry-After": header}))
    with pytest.raises(TryLater) as caught:
        start_call(api)
    assert caught.value.retry_after == seconds


@pytest.mark.parametrize("interim", [b"100 Continue", b"102 Processing", b"103 Early Hints"])
def test_an_interim_answer_is_not_the_answer(api: CallApi, server: ScriptedServer, interim: bytes):
    early = b"HTTP/1.1 %s\r\nLink: </style.css>\r\n\r\n" % interim
    final = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
    server.plan("/startcall", sends(early + early + final))
    accepted = start_call(api)
    assert (accepted.http_status, accepted.excerpt) == (200, "ok")
