"""Through a real nginx, a client cannot pass for another, however many proxies are counted."""

import os
import subprocess
import time
from collections.abc import Iterator
from http.client import HTTPConnection
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
from pytest_django import Settings

from callbacks.models import CallRequest
from tests import programs
from tests.factories import form_token_for, make_widget
from tests.forms import FILLED
from tests.servers import free_port

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(programs.nginx() is None, reason="nginx is not installed"),
]

# All of 127.0.0.0/8 is this machine, so that each hop can have an address of its own.
CLIENT, OUTER, INNER = "127.0.0.9", "127.0.0.3", "127.0.0.4"
FORGED = "203.0.113.66"
CONFIGURATION = """
daemon off; pid {folder}/pid; error_log stderr; worker_processes 1; {user}
events {{ worker_connections 64; }}
http {{
    access_log off;
    client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/f; uwsgi_temp_path {folder}/u; scgi_temp_path {folder}/s;
    proxy_set_header Host $host;
    proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
    server {{ listen 127.0.0.1:{outer}; location / {{
        proxy_pass http://127.0.0.1:{inner}; proxy_bind {OUTER}; }} }}
    server {{ listen 127.0.0.1:{inner}; location / {{
        proxy_pass {site}; proxy_bind {INNER}; }} }}
}}
"""


@pytest.fixture
def proxies(live_server: Any, tmp_path: Path) -> Iterator[dict[int, int]]:
    """The port to knock at for one proxy, and for two in a row."""
    ports = {1: free_port(), 2: free_port()}
    configuration = tmp_path / "nginx.conf"
    configuration.write_text(
        CONFIGURATION.format(
            folder=tmp_path,
            user="user root;" if os.geteuid() == 0 else "",
            outer=ports[2],
            inner=ports[1],
            site=live_server.url.replace("localhost", "127.0.0.1"),
            OUTER=OUTER,
            INNER=INNER,
        )
    )
    command = [str(programs.nginx()), "-e", "stderr", "-p", str(tmp_path), "-c", str(configuration)]
    process = subprocess.Popen(command, stderr=subprocess.DEVNULL)
    try:
        for port in ports.values():
            _wait_for(port, process)
        yield ports
    finally:
        process.terminate()
        process.wait(10)


def _wait_for(port: int, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + 10
    while True:
        assert process.poll() is None, "nginx did not start"
        try:
            connection = HTTPConnection("127.0.0.1", port, timeout=5)
            connection.connect()
        except OSError:
            assert time.monotonic() < deadline, "nginx does not listen"
            time.sleep(0.02)
        else:
            connection.close()
            return


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
