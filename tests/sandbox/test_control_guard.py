"""Who may look at calls and switch faults: not another site's page."""

import pytest

CONTROL = [
    ("GET", "/sandbox/calls"),
    ("GET", "/sandbox/sends"),
    ("DELETE", "/sandbox/calls"),
    ("GET", "/sandbox/faults"),
    ("PUT", "/sandbox/faults"),
    ("DELETE", "/sandbox/faults"),
    ("GET", "/sandbox/events"),
]


def ask(client, method, path, headers):
    body = '[{"at":"startcall","fault":"503"}]' if method == "PUT" else None
    return client.send(method, path, body, headers)


def assert_refused(client, reply):
    assert reply.status == 403
    assert len(client.sandbox.calls()) == 1
    assert client.sandbox.request("GET", "/sandbox/faults")["rules"] == []


@pytest.mark.parametrize(("method", "path"), CONTROL)
@pytest.mark.parametrize("site", ["cross-site", "same-site", "unheard-of"])
def test_another_sites_page_is_refused(client, method, path, site):
    client.call()
    assert_refused(client, ask(client, method, path, {"Sec-Fetch-Site": site}))


@pytest.mark.parametrize(("method", "path"), CONTROL)
@pytest.mark.parametrize(
    "host", ["evil.example", "127.0.0.1.evil.example", "192.0.2.1:8010", "localhost.evil", "", "["]
)
def test_host_that_is_not_loopback_is_refused(client, method, path, host):
    client.call()
    assert_refused(client, ask(client, method, path, {"Host": host}))


@pytest.mark.parametrize("site", ["same-origin", "none"])
@pytest.mark.parametrize(
    "host", ["127.0.0.1:8010", "localhost", "localhost:1", "sandbox.localhost:8010", "[::1]:8010"]
)
def test_own_page_is_served(client, site, host):
    headers = {"Host": host, "Sec-Fetch-Site": site}
    assert ask(client, "PUT", "/sandbox/faults", headers).status == 200
    assert ask(client, "DELETE", "/sandbox/calls", headers).status == 200
