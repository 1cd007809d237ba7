"""What a token request gets, and how long the token holds."""

import time

import pytest

from tests.support.call_service.sandbox_client import Client
from tests.support.sandbox_process import SandboxProcess


def test_answer_has_keycloaks_fields(client):
    reply = client.ask_token()
    assert reply.status == 200
    content = reply.json()
    assert len(content.pop("access_token")) > 500
    assert content == {
        "expires_in": 300,
        "refresh_expires_in": 0,
        "token_type": "Bearer",
        "not-before-policy": 0,
        "scope": "openid profile email",
    }


def test_charset_parameter_is_allowed(client):
    content_type = "application/x-www-form-urlencoded; charset=UTF-8"
    assert client.ask_token(headers={"Content-Type": content_type}).status == 200


def test_tokens_differ_and_all_hold(client):
    tokens = [client.ask_token().json()["access_token"] for _ in range(3)]
    assert len(set(tokens)) == 3
    for token in tokens:
        assert client.call(Authorization=f"Bearer {token}").status == 200
    indexes = [call["token"] for call in client.sandbox.calls()]
    assert indexes == [indexes[0], indexes[0] + 1, indexes[0] + 2]


@pytest.mark.slow
@pytest.mark.slow
def test_token_expires():
    with SandboxProcess(token_seconds=1) as sandbox, Client(sandbox) as client:
        assert client.ask_token().json()["expires_in"] == 1
        fetched = time.monotonic()
        client.token()
        assert client.call().status == 200
        while client.call().status == 200:
            assert time.monotonic() - fetched < 5
        assert time.monotonic() - fetched >= 1
