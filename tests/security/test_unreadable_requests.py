"""What is no request, or fails before and behind Django's middleware, is answered with all headers
and never by a 500 of the web server's own.
"""

import io
import socket
from collections.abc import Iterator
from typing import Any

import pytest
from django.core.signals import request_finished, request_started
from django.db import close_old_connections, connection
from django.test import Client
from pytest_django import Settings

from callback_site.headers import always
from tests.support.site_processes import Site

NEEDED = {
    "content-security-policy",
    "cross-origin-opener-policy",
    "cross-origin-resource-policy",
    "permissions-policy",
    "referrer-policy",
    "x-content-type-options",
}
LONG = "x" * 100_000
# What differs from a plain GET, and what is answered.
STRANGE: list[tuple[dict[str, str], int]] = [
    ({"CONTENT_TYPE": "text/plain; charset*=nonsense''x"}, 400),
    ({"CONTENT_TYPE": "text/plain; charset*=utf-8''%00"}, 400),
    ({"CONTENT_TYPE": "text/plain; charset=\x00"}, 400),
    ({"CONTENT_TYPE": f"text/plain; a={LONG}"}, 400),
    ({"CONTENT_TYPE": "text/plain; charset*=rot13''x"}, 404),
    ({"CONTENT_TYPE": ";"}, 404),
    ({"HTTP_HOST": "evil.example"}, 400),
    ({"HTTP_HOST": ""}, 400),
    ({"HTTP_HOST": "\xff"}, 400),
    ({"PATH_INFO": "/\xff\xfe/"}, 404),
    ({"PATH_INFO": "/\x00"}, 404),
    ({"PATH_INFO": f"/nowhere/{LONG}"}, 404),
    ({"PATH_INFO": f"/w/{LONG}/"}, 404),
    ({"PATH_INFO": f"/r/{LONG}/"}, 404),
    ({"PATH_INFO": f"/embed/v1.{'a' * 300}.js"}, 404),
    ({"PATH_INFO": f"/static/{'a' * 300}.js"}, 404),
    ({"PATH_INFO": "/static/\x00"}, 404),
    ({"PATH_INFO": "/static/../../manage.py"}, 404),
    ({"QUERY_STRING": "lang=\xff"}, 404),
    ({"QUERY_STRING": "&".join(["a=1"] * 5000)}, 400),
    ({"QUERY_STRING": "a=%00"}, 400),
    ({"REQUEST_METHOD": "\x00"}, 405),
    ({"REQUEST_METHOD": "POST", "CONTENT_LENGTH": "many"}, 400),
    ({"REQUEST_METHOD": "POST", "CONTENT_LENGTH": "\xb2"}, 400),
    ({"REQUEST_METHOD": "POST", "CONTENT_LENGTH": "9" * 5000}, 400),
    ({"REQUEST_METHOD": "POST", "CONTENT_LENGTH": "-5"}, 404),
    ({"REQUEST_METHOD": "POST", "HTTP_ORIGIN": "\xff"}, 403),
    ({"REQUEST_METHOD": "POST", "HTTP_REFERER": "http://["}, 404),
    ({"HTTP_ACCEPT_LANGUAGE": LONG}, 404),
    ({"HTTP_COOKIE": "\xff=;;=a"}, 404),
    ({"HTTP_X_FORWARDED_FOR": "\xff"}, 404),
    ({"HTTP_IF_MODIFIED_SINCE": f"Mon, 99 Foo {'9' * 20} 00:00:00 GMT"}, 404),
    ({"HTTP_RANGE": f"bytes={'9' * 30}-1"}, 404),
]


def answer(application: Any, **differs: str) -> tuple[int, set[str], bytes]:
    """Return the status, the names of the headers and the body."""
    environ: dict[str, Any] = {
        "REQUEST_METHOD": "GET",
        "PATH_INFO": "/w/nothing/",
        "SCRIPT_NAME": "",
        "QUERY_STRING": "",
        "SERVER_NAME": "localhost",
        "SERVER_PORT": "80",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "HTTP_HOST": "localhost",
        "REMOTE_ADDR": "192.0.2.7",
        "wsgi.url_scheme": "http",
        "wsgi.input": io.BytesIO(b"x"),
        "wsgi.errors": io.StringIO(),
    }
    said: list[Any] = []
    body = application(environ | differs, lambda status, headers: said.append((status, headers)))
    content = b"".join(body)
    ((status, headers),) = said
    return int(status.split()[0]), {name.lower() for name, _value in headers}, content


@pytest.fixture(scope="module")
def application(django_db_setup: None, django_db_blocker: Any) -> Any:
    """Return the site's application.

    It looks at the database when it is imported, and then closes the connection: before the
    transaction of a test, not inside of it.
    """
    with django_db_blocker.unblock():
        from callback_site.wsgi import application  # noqa: PLC0415  (it looks at the database)

    return application


@pytest.fixture
def site(application: Any) -> Iterator[Any]:
    # As Django's test client does: the test's own connection stays open.
    signals = (request_started, request_finished)
    for signal in signals:
        signal.disconnect(close_old_connections)
    yield application
    for signal in signals:
        signal.connect(close_old_connections)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("differs", "status"), STRANGE, ids=lambda value: ascii(value)[:60].replace("/", "|")
)
def test_a_strange_request(site: Any, differs: dict[str, str], status: int) -> None:
    got, headers, _body = answer(site, **differs)
    assert got == status
    assert headers >= NEEDED


@pytest.mark.django_db
@pytest.mark.parametrize("path", ["/healthz", "/", "/nothing", "/embed/v1.js"])
def test_head_is_answered_without_a_body(site: Any, path: str) -> None:
    """Gunicorn drops one, and writes a warning each time: monitors send HEAD all day."""
    status, headers, body = answer(site, PATH_INFO=path)
    assert body
    same_status, same_headers, none = answer(site, REQUEST_METHOD="HEAD", PATH_INFO=path)
    assert (same_status, same_headers, none) == (status, headers, b"")


@pytest.mark.django_db
def test_what_the_outermost_middleware_refuses_itself(settings: Settings) -> None:
    """To lead to https it asks for the host, which is none of ours."""
    settings.SECURE_SSL_REDIRECT = True
    for host, status in (("evil.example", 400), ("localhost", 301)):
        got = Client().get("/w/nothing/", headers={"host": host})
        assert got.status_code == status
        assert {name.lower() for name in got.headers} >= NEEDED


def test_an_application_that_fails_altogether() -> None:
    """As where the page that tells of an error fails itself."""

    def broken(environ: dict[str, Any], start_response: Any) -> Any:
        raise ValueError("0612345678")

    status, headers, body = answer(always(broken))
    assert status == 500
    assert headers >= NEEDED | {"cache-control"}
    assert "Désolé" in body.decode()
    assert b"0612345678" not in body


# -- through gunicorn -------------------------------------------------------------------------
HOST = "Host: 127.0.0.1\r\n"
RAW: list[tuple[bytes, int]] = [
    (f"GET /{'a' * 5000} HTTP/1.1\r\n{HOST}\r\n".encode(), 414),
    (f"GET / HTTP/1.1\r\n{HOST}X: {'a' * 9000}\r\n\r\n".encode(), 431),
    (f"GET / HTTP/1.1\r\n{HOST}{''.join(f'X{n}: 1\r\n' for n in range(100))}\r\n".encode(), 431),
    (f"GET / HTTP/1.1\r\n{HOST}Content-Length: many\r\n\r\n".encode(), 400),
    (f"GET / HTTP/1.1\r\n{HOST}Content-Length: -1\r\n\r\n".encode(), 400),
    (f"GET / HTTP/1.1\r\n{HOST}A b: 1\r\n\r\n".encode(), 400),
    (f"GET / HTTP/1.1\r\n{HOST}Transfer-Encoding: odd\r\n\r\n".encode(), 501),
    (f"POST /w/x/ HTTP/1.1\r\n{HOST}Transfer-Encoding: chunked\r\n\r\nzz\r\n".encode(), 404),
    (b"GET / HTTP/9.1\r\nHost: 127.0.0.1\r\n\r\n", 400),
    (b"06 12 34 56 78\r\n\r\n", 400),
    (b"GET /\xff\xfe HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n", 400),
    (b"GET /%ff%fe HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n", 404),
    (b"GET /w/x/ HTTP/1.1\r\nHost: evil.example\r\n\r\n", 400),
    (f"GET / HTTP/1.1\r\n{HOST}Content-Type: text/plain; charset*=no''x\r\n\r\n".encode(), 400),
    (f"GET /embed/v1.{'a' * 300}.js HTTP/1.1\r\n{HOST}\r\n".encode(), 404),
]


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with Site(tmp_path_factory.mktemp("site")) as site:
        site.start("web")
        yield site


def send(port: int, raw: bytes) -> tuple[int, set[str]]:
    with socket.create_connection(("127.0.0.1", port), timeout=20) as sock:
        sock.sendall(raw)
        received = b""
        while b"\r\n\r\n" not in received and (more := sock.recv(65536)):
            received += more
    first, *lines = received.partition(b"\r\n\r\n")[0].decode("latin-1").split("\r\n")
    return int(first.split()[1]), {line.partition(":")[0].lower() for line in lines}


@pytest.mark.slow
@pytest.mark.skipif(connection.vendor == "postgresql", reason="the same on either database")
def test_through_gunicorn(served: Site) -> None:
    for raw, status in RAW:
        got, headers = send(served.port, raw)
        assert got == status, raw[:60]
        assert headers >= NEEDED, raw[:60]
    log = (served.folder / "web.log").read_text()
    assert "request_unreadable" in log
    assert "answer_failed" not in log
    assert "12 34 56 78" not in log
    assert "127.0.0.1" not in log.partition("Listening")[2].partition("\n")[2]  # who sent it
