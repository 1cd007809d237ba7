"""What is sent, byte for byte."""

import json
from urllib.parse import parse_qsl

import pytest

from callback_site.version import VERSION
from callbacks.call_api import CallApi, Refused
from tests.support.call_service.scripted import ScriptedServer
from tests.support.call_service.start import EMAIL, NUMBER, SECRET, TOKEN, start_call


def test_the_token_request_holds_the_four_fields_and_nothing_else(
    api: CallApi, server: ScriptedServer
):
    api.ensure_token()
    [request] = server.requests
    assert request.line == "POST /token HTTP/1.1"
    assert request.headers["content-type"] == "application/x-www-form-urlencoded"
    assert sorted(parse_qsl(request.body.decode(), strict_parsing=True)) == [
        ("client_id", "a-client"),
        ("client_secret", SECRET),
        ("grant_type", "client_credentials"),
        ("scope", "openid"),
    ]
    assert "authorization" not in request.headers
    assert "cookie" not in request.headers


def test_the_startcall_holds_the_documented_headers_and_body(api: CallApi, server: ScriptedServer):
    start_call(api)
    [request] = server.requests_for("/startcall")
    assert request.line == "POST /startcall HTTP/1.1"
    assert request.headers == {
        "host": f"127.0.0.1:{server.port}",
        "user-agent": f"callback/{VERSION}",
        "accept": "application/json",
        "accept-encoding": "identity",
        "content-type": "application/json",
        "authorization": f"Bearer {TOKEN}",
        "content-length": str(len(request.body)),
    }
    assert json.loads(request.body) == {
        "originate": "a-scenario",
        "destination": NUMBER,
        "email": EMAIL,
    }


@pytest.mark.parametrize(
    "email", ["  MiXed@Example.ORG ", "é@exämple.fr", "e\u0301@b.c", 'quo"te\\@b.c', "a\n\tb@c", ""]
)
def test_the_email_arrives_unchanged_as_utf8(api: CallApi, server: ScriptedServer, email: str):
    start_call(api, email=email)
    [request] = server.requests_for("/startcall")
    assert json.loads(request.body.decode("utf-8"))["email"] == email
    # Not as escapes: the bot's side may compare bytes.
    assert json.dumps(email, ensure_ascii=False).encode() in request.body


def test_text_that_utf8_cannot_hold_is_refused_and_nobody_is_asked(
    api: CallApi, server: ScriptedServer
):
    with pytest.raises(Refused) as caught:
        start_call(api, email="half\ud83d@example.org")
    assert (caught.value.code, caught.value.sent) == ("unsendable", False)
    assert server.requests == []


def test_every_startcall_has_a_connection_of_its_own(api: CallApi, server: ScriptedServer):
    # The scripted server reads one request per connection, and counts connections.
    start_call(api)
    start_call(api)
    assert len(server.requests_for("/startcall")) == 2
    assert len(server.requests_for("/token")) == 1
