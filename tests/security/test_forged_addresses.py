"""Through a real nginx, a client cannot pass for another, however many proxies are counted."""

from collections.abc import Iterator
from http.client import HTTPConnection
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
from pytest_django import Settings

from callbacks.models import CallRequest
from tests.support import programs
from tests.support.factories import form_token_for, make_widget
from tests.support.forms import FILLED
from tests.support.processes import nginx
from tests.support.servers import free_port

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(programs.nginx() is None, reason="nginx is not installed"),
]

# All of 127.0.0.0/8 is this machine, so that each hop can have an address of its own.
CLIENT, OUTER, INNER = "127.0.0.9", "127.0.0.3", "127.0.0.4"
FORGED = "203.0.113.66"
SERVERS = """
    proxy_set_header Host $host;
    proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
    server {{ listen 127.0.0.1:{outer}; location / {{
        proxy_pass http://127.0.0.1:{inner}; proxy_bind {OUTER}; }} }}
    server {{ listen 127.0.0.1:{inner}; location / {{
        proxy_pass {site}; proxy_bind {INNER}; }} }}
"""


@pytest.fixture
def proxies(live_server: Any, tmp_path: Path) -> Iterator[dict[int, int]]:
    """The port to knock at for one proxy, and for two in a row."""
    ports = {1: free_port(), 2: free_port()}
    servers = SERVERS.format(
        outer=ports[2],
        inner=ports[1],
        site=live_server.url.replace("localhost", "127.0.0.1"),
        OUTER=OUTER,
        INNER=INNER,
    )
    with nginx.running(servers, list(ports.values()), tmp_path):
        yield ports


@pytest.mark.slow
@pytest.mark.parametrize(
    ("passed", "counted", "seen"),
    [(1, 0, INNER), (1, 1, CLIENT), (2, 0, INNER), (2, 1, OUTER), (2, 2, CLIENT)],
)
@pytest.mark.parametrize("forged", [FORGED, f"{FORGED}, {FORGED}, {FORGED}", "", "unknown"])
def test_who_is_seen(
    proxies: dict[int, int], settings: Settings, passed: int, counted: int, seen: str, forged: str
) -> None:
    settings.TRUSTED_PROXY_COUNT = counted
    widget = make_widget()
    body = urlencode(FILLED | {"form_token": form_token_for(widget)})
    connection = HTTPConnection(
        "127.0.0.1", proxies[passed], timeout=20, source_address=(CLIENT, 0)
    )
    headers = {
        "Content-Type": "application/x-www-form-urlencoded",
        "X-Forwarded-For": forged,
        "X-Real-IP": FORGED,
        "Forwarded": f"for={FORGED}",
        "Client-IP": FORGED,
    }
    connection.request("POST", widget.get_absolute_url(), body, headers)
    answer = connection.getresponse()
    text = answer.read().decode()
    connection.close()
    assert answer.status == 303, text[:500]
    assert CallRequest.objects.get().address == seen
