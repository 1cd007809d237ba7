"""Clients that send their form a byte at a time, or never, shut nobody else out for long."""

import socket
import threading
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from http.client import HTTPConnection
from pathlib import Path
from urllib.parse import urlencode

import pytest
from django.db import connection

from tests.support import programs
from tests.support.forms import FILLED, forms_in
from tests.support.processes import nginx
from tests.support.servers import free_port
from tests.support.site_processes import ROOT, Site

pytestmark = [
    pytest.mark.slow,
    # The processes have a database of their own: once is enough.
    pytest.mark.skipif(connection.vendor == "postgresql", reason="the same on either database"),
]

THREADS = 8  # as in `Site`
PATIENCE = 10.0  # of a machine that has other things to do


@contextmanager
def slow_clients(port: int, path: str, how_many: int, *, dripping: bool) -> Iterator[list[float]]:
    """Clients that have sent the head of a form. Yields how long each was borne, in seconds."""
    head = (
        f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n"
        "Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 5000\r\n\r\n"
    )
    stop = threading.Event()
    borne: list[float] = []

    def client() -> None:
        with socket.create_connection(("127.0.0.1", port), timeout=0.1) as sock:
            sock.sendall(head.encode())
            began = time.monotonic()
            while not stop.is_set():
                with suppress(TimeoutError):
                    # It is over when the server says something, closes or resets.
                    with suppress(ConnectionError):
                        sock.recv(100)
                    borne.append(time.monotonic() - began)
                    return
                if dripping:
                    with suppress(OSError):
                        sock.sendall(b"a")

    threads = [threading.Thread(target=client) for _ in range(how_many)]
    for thread in threads:
        thread.start()
    try:
        yield borne
    finally:
        stop.set()
        for thread in threads:
            thread.join()


def seconds_for(url: str) -> float:
    began = time.monotonic()
    with urllib.request.urlopen(url, timeout=2 * PATIENCE) as answer:
        assert answer.status == 200
    return time.monotonic() - began


@pytest.mark.parametrize("dripping", [True, False], ids=["a byte at a time", "never"])
def test_past_the_proxy_they_are_cut_off(tmp_path: Path, dripping: bool) -> None:
    with Site(tmp_path, web_read_timeout="2") as site:
        path = f"/w/{site.create_widget()}/"
        site.start("web")
        with slow_clients(site.port, path, THREADS, dripping=dripping) as borne:
            # All threads are taken; so this is answered once the first of them are cut off.
            assert seconds_for(site.url + path) < PATIENCE
            site.wait_for(lambda: len(borne) == THREADS, "the end of all of them")
        assert 1.5 < min(borne) <= max(borne) < PATIENCE
        assert site.query("CallRequest.objects.count()") == 0
        assert "Traceback" not in site.logs()


@pytest.mark.skipif(programs.nginx() is None, reason="nginx is not installed")
def test_behind_nginx_they_do_not_even_reach_the_site(tmp_path: Path) -> None:
    port = free_port()
    with Site(tmp_path / "site", web_read_timeout="60", trusted_proxy_count="1") as site:
        path = f"/w/{site.create_widget()}/"
        site.start("web")
        shipped = (ROOT / "deploy" / "nginx_site.conf").read_text()
        assert "127.0.0.1:8000" in shipped
        assert "client_body_timeout 10s;" in shipped
        ours = shipped.replace("127.0.0.1:8000", f"127.0.0.1:{site.port}")
        ours = ours.replace("client_body_timeout 10s", "client_body_timeout 3s")
        servers = f"server {{ listen 127.0.0.1:{port};\n{ours}\n}}"
        with nginx.running(servers, [port], tmp_path):
            url = f"http://127.0.0.1:{port}{path}"
            with slow_clients(port, path, 3 * THREADS, dripping=True) as borne:
                assert seconds_for(url) < PATIENCE / 2
                assert not borne, "they are still at it"
            with slow_clients(port, path, 3 * THREADS, dripping=False) as borne:
                assert seconds_for(url) < PATIENCE / 2
                site.wait_for(lambda: len(borne) == 3 * THREADS, "their end")


@pytest.mark.parametrize("kind", ["form", "multipart", "form in chunks"])
def test_half_a_form_is_not_taken_for_a_whole_one(tmp_path: Path, kind: str) -> None:
    """The connection was lost in the middle of the email: "jo@example.f" would be one too."""
    with Site(tmp_path) as site:
        path = f"/w/{site.create_widget()}/"
        site.start("web")
        with urllib.request.urlopen(site.url + path) as answer:
            (form,) = forms_in(answer.read().decode())
        fields = form.fields | FILLED
        fields["email"] = fields.pop("email")  # the last one
        whole = urlencode(fields).encode()
        content_type = "application/x-www-form-urlencoded"
        if kind == "multipart":
            content_type = "multipart/form-data; boundary=x"
            start = '--x\r\nContent-Disposition: form-data; name="'
            parts = "".join(f'{start}{name}"\r\n\r\n{fields[name]}\r\n' for name in fields)
            whole = f"{parts}--x--\r\n".encode()
        length = {"Content-Length": str(len(whole))}
        if kind == "form in chunks":
            length = {"Transfer-Encoding": "chunked"}
            head, tail = whole[:-10], whole[-10:]
            whole = b"%x\r\n%s\r\na\r\n%s\r\n0\r\n\r\n" % (len(head), head, tail)
        for sent, expected in ((whole[:-1], 400), (whole, 303)):
            client = HTTPConnection("127.0.0.1", site.port, timeout=PATIENCE)
            client.putrequest("POST", path)
            for name, value in {"Content-Type": content_type, **length}.items():
                client.putheader(name, value)
            client.endheaders(sent)
            assert client.sock is not None
            client.sock.shutdown(socket.SHUT_WR)
            assert client.getresponse().status == expected
            client.close()
        assert site.query("CallRequest.objects.count()") == 1
