"""Faults that answer with a status, at both endpoints."""

import time
from email.utils import parsedate_to_datetime

import pytest

STATUSES = [301, 302, 303, 307, 308, 400, 401, 403, 404, 408, 422, 425, 429, 500, 502, 503, 504]


@pytest.mark.parametrize("status", STATUSES)
def test_status_at_startcall_and_nothing_rings(client, status):
    client.sandbox.faults([{"at": "startcall", "fault": str(status)}])
    reply = client.call()
    assert reply.status == status
    assert reply.json()["error"] == "fault"
    assert reply.headers["Retry-After"] is None
    assert reply.headers["Location"] is None
    assert client.sandbox.calls() == []


@pytest.mark.parametrize("status", STATUSES)
def test_status_at_token(client, status):
    client.sandbox.faults([{"at": "token", "fault": str(status)}])
    reply = client.ask_token()
    assert reply.status == status
    assert "access_token" not in reply.json()


def test_refused_credentials_at_token_are_in_keycloaks_words(client):
    client.sandbox.faults([{"at": "token", "fault": "401"}])
    assert client.ask_token().json()["error"] == "invalid_client"


@pytest.mark.parametrize(("given", "sent"), [(7, "7"), (0, "0"), (0.2, "1")])
@pytest.mark.parametrize("at", ["token", "startcall"])
def test_retry_after_in_seconds(client, at, given, sent):
    client.token()
    client.sandbox.faults([{"at": at, "fault": "429", "retry_after": given}])
    reply = client.ask_token() if at == "token" else client.call()
    assert reply.headers["Retry-After"] == sent


def test_retry_after_as_a_date(client):
    rule = {"at": "startcall", "fault": "503", "retry_after": "http-date", "seconds": 90}
    client.sandbox.faults([rule])
    header = client.call().headers["Retry-After"]
    assert header.endswith(" GMT")
    assert 85 <= parsedate_to_datetime(header).timestamp() - time.time() <= 91


@pytest.mark.parametrize("status", ["301", "302", "303", "307", "308"])
def test_location(client, status):
    location = "http://127.0.0.1:9/elsewhere"
    client.sandbox.faults([{"at": "startcall", "fault": status, "location": location}])
    assert client.call().headers["Location"] == location


@pytest.mark.parametrize("status", STATUSES)
def test_status_after_the_phone_rang(client, status):
    client.sandbox.faults([{"at": "startcall", "fault": f"{status}_after"}])
    reply = client.call()
    assert (reply.status, reply.headers["Retry-After"]) == (status, None)
    (call,) = client.sandbox.calls()
    assert (call["answered"], call["status"]) == (True, status)


@pytest.mark.parametrize("status", [503, 429])
def test_retry_after_after_the_phone_rang(client, status):
    rule = {"at": "startcall", "fault": f"{status}_after", "retry_after": 5}
    client.sandbox.faults([rule])
    assert client.call().headers["Retry-After"] == "5"
    assert len(client.sandbox.calls()) == 1


@pytest.mark.parametrize("status", [307, 308])
def test_redirect_to_itself_after_the_phone_rang(client, status):
    location = "/sandbox/api/startcall"
    rule = {"at": "startcall", "fault": f"{status}_after", "location": location, "times": 1}
    client.sandbox.faults([rule])
    reply = client.call()
    assert (reply.status, reply.headers["Location"]) == (status, location)
    assert client.call(path=location).status == 200
    assert len(client.sandbox.calls()) == 2


def test_maintenance_page_and_nothing_rings(client):
    client.sandbox.faults([{"at": "startcall", "fault": "maintenance"}])
    reply = client.call()
    assert (reply.status, reply.headers.get_content_type()) == (200, "text/html")
    assert client.sandbox.calls() == []


def test_html_502_and_nothing_rings(client):
    client.sandbox.faults([{"at": "startcall", "fault": "html_502"}])
    reply = client.call()
    assert (reply.status, reply.headers.get_content_type()) == (502, "text/html")
    assert client.sandbox.calls() == []


def test_html_instead_of_json_after_the_phone_rang(client):
    client.sandbox.faults([{"at": "startcall", "fault": "html"}])
    reply = client.call()
    assert (reply.status, reply.headers.get_content_type()) == (200, "text/html")
    assert len(client.sandbox.calls()) == 1


def test_html_instead_of_a_token(client):
    client.sandbox.faults([{"at": "token", "fault": "html"}])
    reply = client.ask_token()
    assert (reply.status, reply.headers.get_content_type()) == (200, "text/html")
    with pytest.raises(ValueError, match="Expecting value"):
        reply.json()
