"""Real proxies in front of the sandbox: what a caller is told when the phone rang behind them."""

import json
from http.client import HTTPConnection

import pytest

from tests.support import programs
from tests.support.call_service.sandbox_client import CALL
from tests.support.processes import nginx, varnish

varnish_needed = pytest.mark.skipif(not programs.varnish(), reason="varnishd not found")
nginx_needed = pytest.mark.skipif(not programs.nginx(), reason="nginx not found")


@pytest.fixture(scope="module")
def varnish_port(_process):
    with varnish.in_front_of(_process.port) as port:
        yield port


@pytest.fixture(scope="module")
def nginx_port(_process):
    with nginx.in_front_of(_process.port) as port:
        yield port


def call_through(client, port):
    connection = HTTPConnection("127.0.0.1", port, timeout=20)
    try:
        headers = client.call_headers()
        connection.request("POST", "/sandbox/api/startcall", json.dumps(CALL), headers)
        answer = connection.getresponse()
        answer.read()
        return answer
    finally:
        connection.close()


@varnish_needed
def test_varnish_passes_a_call_on(client, varnish_port):
    assert call_through(client, varnish_port).status == 200
    (send,) = client.sandbox.sends()
    assert (send["destination"], send["status"]) == (CALL["destination"], 200)


@varnish_needed
def test_varnish_says_come_back_later_about_a_call_that_rang(client, varnish_port):
    client.sandbox.faults([{"at": "startcall", "fault": "reset_after"}])
    answer = call_through(client, varnish_port)
    assert (answer.status, answer.getheader("Retry-After")) == (503, "5")
    assert len(client.sandbox.calls()) == 1


@nginx_needed
def test_nginx_passes_a_call_on(client, nginx_port):
    assert call_through(client, nginx_port).status == 200
    assert len(client.sandbox.calls()) == 1


@nginx_needed
def test_nginx_says_bad_gateway_about_a_call_that_rang(client, nginx_port):
    client.sandbox.faults([{"at": "startcall", "fault": "reset_after"}])
    assert call_through(client, nginx_port).status == 502
    assert len(client.sandbox.calls()) == 1
