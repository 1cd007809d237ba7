"""What the token endpoint refuses, in Keycloak's words."""

import pytest


def assert_refused(reply, status, error):
    assert (reply.status, reply.json()["error"]) == (status, error)
    assert reply.json()["error_description"]
    assert "access_token" not in reply.json()


@pytest.mark.parametrize("name", ["client_id", "client_secret", "grant_type", "scope"])
def test_missing_field(client, name):
    form = client.form()
    del form[name]
    reply = client.ask_token(form)
    assert_refused(reply, 400, "invalid_request")
    assert name in reply.json()["error_description"]


@pytest.mark.parametrize("name", ["client_id", "client_secret", "grant_type", "scope"])
def test_repeated_field(client, name):
    pairs = [*client.form().items(), (name, client.form()[name])]
    assert_refused(client.ask_token(pairs), 400, "invalid_request")


def test_extra_field(client):
    assert_refused(client.ask_token({**client.form(), "username": "x"}), 400, "invalid_request")


def test_other_grant_type(client):
    form = {**client.form(), "grant_type": "password"}
    assert_refused(client.ask_token(form), 400, "unsupported_grant_type")


@pytest.mark.parametrize("scope", ["", "openid email", "OpenID"])
def test_other_scope(client, scope):
    assert_refused(client.ask_token({**client.form(), "scope": scope}), 400, "invalid_scope")


@pytest.mark.parametrize(
    "wrong", [{"client_id": "sandbox-other"}, {"client_secret": "guess"}, {"client_secret": "é"}]
)
def test_wrong_credentials(client, wrong):
    reply = client.ask_token({**client.form(), **wrong})
    assert_refused(reply, 401, "invalid_client")
    words = "Invalid client or Invalid client credentials"
    assert reply.json()["error_description"] == words


@pytest.mark.parametrize("content_type", [None, "application/json", "text/plain"])
def test_other_content_type(client, content_type):
    reply = client.ask_token(headers={"Content-Type": content_type})
    assert_refused(reply, 400, "invalid_request")


@pytest.mark.parametrize(
    "body", [b"", b"client_id", b"\xff=\xfe", b"a=%FF", b"&".join([b"a=1"] * 30)]
)
def test_body_that_is_no_readable_form(client, body):
    assert_refused(client.ask_token(body or b"&"), 400, "invalid_request")


def test_credentials_in_a_header(client):
    reply = client.ask_token(headers={"Authorization": "Basic c2FuZGJveDp4"})
    assert_refused(reply, 400, "invalid_request")


def test_query_string(client):
    assert_refused(client.ask_token(path="/sandbox/token?scope=openid"), 400, "invalid_request")


def test_huge_body(client):
    reply = client.ask_token({**client.form(), "scope": "x" * 20_000})
    assert_refused(reply, 413, "invalid_request")
