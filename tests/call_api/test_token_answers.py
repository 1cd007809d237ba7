"""What the token endpoint's answers mean."""

import dataclasses
import gzip
import zlib

import pytest

from callbacks.call_api import CallApi, Config, CredentialsRefused, TokenUnavailable
from callbacks.call_api.tokens import Token, fetch_token
from tests.support.call_service.scripted import (
    Script,
    ScriptedServer,
    answer,
    sends,
    sends_and_drips,
    sends_and_hangs,
    sends_and_resets,
    token,
)


def fetch(config: Config, seconds: float = 8.0) -> Token:
    return fetch_token(config, config.clock() + seconds)


@pytest.mark.parametrize("status", [400, 401])
def test_refused_credentials(config: Config, server: ScriptedServer, status: int):
    server.plan("/token", answer(status, {"error": "invalid_client"}))
    with pytest.raises(CredentialsRefused) as caught:
        fetch(config)
    error = caught.value
    assert (error.code, error.http_status) == ("credentials_refused", status)
    assert error.excerpt == '{"error": "invalid_client"}'
    assert (error.sent, error.retryable) == (False, True)


@pytest.mark.parametrize("status", [301, 302, 307, 308, 403, 404, 408, 418, 429, 500, 502, 503])
def test_any_other_error_means_no_token_for_now(
    config: Config, server: ScriptedServer, status: int
):
    server.plan("/token", answer(status, "<h1>Away</h1>", {"Location": "/token"}))
    with pytest.raises(TokenUnavailable) as caught:
        fetch(config)
    error = caught.value
    assert (error.code, error.http_status) == ("token_unavailable", status)
    assert error.excerpt == "<h1>Away</h1>"
    assert (error.sent, error.retryable) == (False, True)
    assert len(server.requests) == 1


LOST = {
    "closed": sends(b""),
    "reset": sends_and_resets(),
    "silent": sends_and_hangs(),
    "dripping": sends_and_drips(b"", b"H"),
    "dripping body": sends_and_drips(b"HTTP/1.1 200 OK\r\nContent-Length: 9999\r\n\r\n", b"{"),
    "half a body": sends(b'HTTP/1.1 200 OK\r\nContent-Length: 9999\r\n\r\n{"access_token": "a"'),
    "no status line": sends(b"220 mail.example.org ESMTP\r\n"),
}


@pytest.mark.parametrize("script", LOST.values(), ids=LOST)
def test_a_lost_answer_means_no_token_for_now(
    config: Config, server: ScriptedServer, script: Script
):
    server.plan("/token", script)
    with pytest.raises(TokenUnavailable):
        fetch(config, seconds=0.3)


UNREADABLE = {
    "empty": b"",
    "a page": b"<html>Sign in</html>",
    "a list": b'["access_token"]',
    "nothing": b"null",
    "no token": b'{"expires_in": 300}',
    "an empty token": b'{"access_token": ""}',
    "a number": b'{"access_token": 12345}',
    "a list for a token": b'{"access_token": ["a"]}',
    "a space": b'{"access_token": "a b"}',
    "a line end": b'{"access_token": "a\\r\\nX-Injected: yes"}',
    "not ascii": '{"access_token": "é"}'.encode(),
    "a control character": b'{"access_token": "a\\u0000"}',
    "deep": b"[" * 60_000,
    "not utf-8": b'{"access_token": "\xff"}',
    "too long a token": b'{"access_token": "' + b"x" * (16 * 1024 + 1) + b'"}',
    "too long an answer": b'{"access_token": "a"' + b" " * 70_000 + b"}",
    "a huge number": b'{"access_token": "a", "expires_in": ' + b"9" * 5000 + b"}",
}


@pytest.mark.parametrize("body", UNREADABLE.values(), ids=UNREADABLE)
def test_an_answer_without_a_usable_token(config: Config, server: ScriptedServer, body: bytes):
    server.plan("/token", answer(200, body))
    with pytest.raises(TokenUnavailable) as caught:
        fetch(config)
    # It may hold a token that could not be read, so nothing of it is kept.
    assert (caught.value.http_status, caught.value.excerpt) == (200, "")


def test_the_longest_token_allowed(config: Config, server: ScriptedServer):
    server.plan("/token", token("x" * 16 * 1024))
    assert fetch(config).value == "x" * 16 * 1024


@pytest.mark.parametrize(
    ("expires_in", "seconds_used"),
    [
        (300, 270.0),
        (3600, 3570.0),
        (150, 120.0),
        (100, 80.0),
        (10, 8.0),
        (0.5, 0.4),
        (86_400, 86_370.0),
    ],
)
def test_a_token_is_renewed_shortly_before_its_end(
    config: Config, server: ScriptedServer, expires_in: float, seconds_used: float
):
    now = 1000.0
    gives = token(expires_in=expires_in)

    def later(connection) -> None:
        nonlocal now
        now = 1002.0
        gives(connection)

    server.plan("/token", later)
    fetched = fetch_token(dataclasses.replace(config, clock=lambda: now), now + 8)
    assert fetched.renew_at == pytest.approx(1000.0 + seconds_used)
    assert fetched.fetched_at == 1002.0


def at_1000(config: Config) -> Config:
    """The same by a clock that stands at 1,000."""
    return dataclasses.replace(config, clock=lambda: 1000.0)


@pytest.mark.parametrize(
    "expires_in",
    [
        None,
        "300",
        "soon",
        "",
        "-60",
        "1e9",
        "0.0",
        " 60",
        "1234567890",
        True,
        False,
        -1,
        0,
        86_401,
        1e300,
        [300],
        {},
    ],
)
def test_a_life_that_makes_no_sense_is_five_minutes(
    config: Config, server: ScriptedServer, expires_in: object
):
    server.plan("/token", token(expires_in=expires_in))
    fetched = fetch_token(at_1000(config), 1008.0)
    assert fetched.renew_at == 1270.0


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity"])
def test_a_life_that_is_no_number_is_five_minutes(
    config: Config, server: ScriptedServer, number: str
):
    server.plan("/token", answer(200, f'{{"access_token": "a", "expires_in": {number}}}'))
    fetched = fetch_token(at_1000(config), 1008.0)
    assert fetched.renew_at == 1270.0


def test_a_life_that_is_not_given_is_five_minutes(config: Config, server: ScriptedServer):
    server.plan("/token", token())
    fetched = fetch_token(at_1000(config), 1008.0)
    assert fetched.renew_at == 1270.0


def test_credentials_of_any_characters_can_be_sent(config: Config, server: ScriptedServer):
    odd = dataclasses.replace(config, client_id="é&=+ ", client_secret="half\ud83d")
    CallApi(odd).ensure_token()
    assert server.requests[0].body.startswith(b"client_id=%C3%A9%26%3D%2B+&client_secret=half%3F&")


@pytest.mark.parametrize(("expires_in", "seconds_used"), [("60", 48), ("60.5", 48.4)])
def test_a_life_that_is_written_as_text_is_read(
    config: Config, server: ScriptedServer, expires_in: str, seconds_used: float
):
    server.plan("/token", token(expires_in=expires_in))
    before = config.clock()
    assert fetch(config).renew_at == pytest.approx(before + seconds_used, abs=2)


PLAIN = b'{"access_token": "a-token", "expires_in": 60}'


@pytest.mark.parametrize(
    ("coding", "body"),
    [
        ("gzip", gzip.compress(PLAIN)),
        ("GZIP", gzip.compress(PLAIN)),
        ("deflate", zlib.compress(PLAIN)),
        ("deflate", zlib.compress(PLAIN, wbits=-15)),
        ("gzip", PLAIN),
    ],
    # A test's name must not hold the bytes: gzip writes the time into them, and the processes that
    # share the tests must agree on the names.
    ids=["gzip", "capital letters", "zlib", "deflate", "not compressed"],
)
def test_a_token_that_was_compressed_unasked_is_read(
    config: Config, server: ScriptedServer, coding: str, body: bytes
):
    server.plan("/token", answer(200, body, {"Content-Encoding": coding}))
    assert fetch(config).value == "a-token"
    assert server.requests[0].headers["accept-encoding"] == "identity"


@pytest.mark.parametrize(
    "body",
    [gzip.compress(PLAIN)[:-20], gzip.compress(b" " * 50_000_000 + PLAIN), b"\x1f\x8b"],
    ids=["cut short", "far too long", "two bytes"],
)
def test_a_compressed_answer_that_cannot_be_read_is_no_token(
    config: Config, server: ScriptedServer, body: bytes
):
    server.plan("/token", answer(200, body, {"Content-Encoding": "gzip"}))
    with pytest.raises(TokenUnavailable):
        fetch(config)
