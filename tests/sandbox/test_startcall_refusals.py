"""What startcall refuses, and that nothing rings then."""

import json

import pytest

from tests.support.call_service.sandbox_client import CALL


@pytest.fixture
def refused(client):
    """Check one refusal: its status, its reason, and that no phone rang."""

    def check(reply, status, error):
        assert (reply.status, reply.json()["error"]) == (status, error)
        assert reply.json()["message"]
        assert client.sandbox.calls() == []

    return check


@pytest.mark.parametrize(
    "authorization",
    [
        *(None, "", "Bearer", "Bearer ", "Bearer made-up"),
        *("{token}", "bearer {token}", "Basic {token}", "Bearer  {token}", "Bearer {token}x"),
    ],
)
def test_authorization(client, refused, authorization):
    value = authorization and authorization.format(token=client.token())
    reply = client.call(Authorization=value)
    refused(reply, 401, "unauthorized")
    assert reply.headers["WWW-Authenticate"] == "Bearer"


@pytest.mark.parametrize(
    "content_type",
    [None, "text/plain", "application/x-www-form-urlencoded", "application/json; charset=latin-1"],
)
def test_content_type(client, refused, content_type):
    refused(client.call(Content_Type=content_type), 415, "content_type")


@pytest.mark.parametrize(
    "accept",
    [None, "text/html", "text/*", "application/json;q=0, */*", "application/xml;q=x", "*/*;q=0"],
)
def test_accept(client, refused, accept):
    refused(client.call(Accept=accept), 406, "accept")


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"\xef\xbb\xbf" + json.dumps(CALL).encode(),
        json.dumps(CALL).encode("utf-16"),
        json.dumps(CALL, ensure_ascii=False).encode("latin-1"),
        b"[" * 16_000,
        json.dumps(CALL)[:-1].encode() + b', "email": "other"}',
        json.dumps(CALL).replace('"bot"', "NaN").encode(),
        b'{"originate": ' + b"9" * 5000 + b"}",
    ],
)
def test_body_that_is_not_json(client, refused, body):
    refused(client.call(body), 400, "not_json")


@pytest.mark.parametrize(
    "content",
    [
        None,
        [],
        [CALL],
        "text",
        {},
        {**CALL, "extra": ""},
        *({name: value for name, value in CALL.items() if name != left_out} for left_out in CALL),
        *({**CALL, name: wrong} for name in CALL for wrong in (None, 1, True, [], {})),  # type: ignore[var-annotated]
    ],
)
def test_fields(client, refused, content):
    refused(client.call(content), 400, "fields")


@pytest.mark.parametrize("originate", ["", " "])
def test_empty_originate(client, refused, originate):
    refused(client.call({**CALL, "originate": originate}), 400, "originate")


@pytest.mark.parametrize(
    ("destination", "reason"),
    [
        ("+33800123456", "special_number"),
        ("+33899123456", "special_number"),
        ("+333639", "special_number"),
        ("+33118218", "special_number"),
        ("+33112", "special_number"),
        ("+3315", "special_number"),
        ("+33012345678", "invalid_number"),
        ("+3361234567", "invalid_number"),
        ("+336123456789", "invalid_number"),
        ("+442071838750", "international_number"),
        ("+262692123456", "international_number"),
        ("+377612345678", "international_number"),
        ("", "not_e164"),
        ("0612345678", "not_e164"),
        ("0033612345678", "not_e164"),
        ("33612345678", "not_e164"),
        ("+33 612345678", "not_e164"),
        ("+33612345678 ", "not_e164"),
        ("+33612345678\n", "not_e164"),
        ("+33612345678;ext=12", "not_e164"),
        ("+336\u0661\u0662345678", "not_e164"),
        ("tel:+33612345678", "not_e164"),
    ],
)
def test_destination(client, refused, destination, reason):
    refused(client.call({**CALL, "destination": destination}), 400, reason)


def test_body_over_16_kib(client, refused):
    refused(client.call({**CALL, "email": "x" * 16 * 1024}), 413, "too_large")


def test_query_string(client, refused):
    refused(client.call(path="/sandbox/api/startcall?x=1"), 400, "query_string")


def test_first_reason_wins_in_the_documented_order(client, refused):
    wrong = {"Content_Type": "text/plain", "Accept": "text/html"}
    refused(client.call(b"{", Authorization=None, **wrong), 401, "unauthorized")
    refused(client.call(b"{", **wrong), 415, "content_type")
    refused(client.call(b"{", Accept="text/html"), 406, "accept")
    refused(client.call(b"{"), 400, "not_json")
