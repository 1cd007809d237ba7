"""What is refused before any endpoint looks at it, and callers that behave badly."""

import socket

import pytest

from tests.support.call_service.sandbox_client import read_all

ADDRESSES = {
    "/": "GET",
    "/sandbox/": "GET",
    "/sandbox/healthz": "GET",
    "/sandbox/events": "GET",
    "/sandbox/static/sandbox.js": "GET",
    "/sandbox/token": "POST",
    "/sandbox/api/startcall": "POST",
    "/sandbox/calls": "GET, DELETE",
    "/sandbox/sends": "GET",
    "/sandbox/faults": "GET, PUT, DELETE",
}


@pytest.mark.parametrize("path", ADDRESSES)
def test_wrong_method_is_told_the_right_ones(client, path):
    for method in {"GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"} - {
        *ADDRESSES[path].split(", ")
    }:
        reply = client.send(method, path, b"" if method in ("POST", "PUT", "PATCH") else None)
        assert (reply.status, reply.headers["Allow"]) == (405, ADDRESSES[path])


def test_head_gets_no_body(client):
    reply = client.send("HEAD", "/sandbox/token")
    assert (reply.status, reply.body) == (405, b"")


@pytest.mark.parametrize(
    "path",
    ["/sandbox", "/sandbox/token/", "/sandbox/static/", "/sandbox/static/../__main__.py", "/x"],
)
def test_unknown_address(client, path):
    assert client.send("GET", path).status == 404


@pytest.mark.parametrize("path", ["/sandbox/token", "/sandbox/api/startcall"])
@pytest.mark.parametrize("framing", ["", "Transfer-Encoding: chunked\r\n"])
def test_length_is_required(client, path, framing):
    head = f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n{framing}\r\n"
    answer = read_all(client.raw(head.encode() + b"0\r\n\r\n"))
    assert answer.startswith(b"HTTP/1.1 411 ")
    assert answer.count(b"HTTP/1.1") == 1


@pytest.mark.parametrize(
    ("request_bytes", "status"),
    [
        (b"POST /sandbox/token HTTP/1.1\r\nContent-Length: -1\r\n\r\n", 400),
        (b"POST /sandbox/token HTTP/1.1\r\nContent-Length: 1e3\r\n\r\n", 400),
        (b"POST /sandbox/token HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n", 400),
        (b"POST /sandbox/token HTTP/1.1\r\nContent-Length: 99999999999\r\n\r\n", 413),
        (b"GET http://[ HTTP/1.1\r\n\r\n", 400),
        (b"nonsense\r\n\r\n", 400),
        (b"GET / HTTP/2.0\r\n\r\n", 505),
        (b"BREW /sandbox/token HTTP/1.1\r\n\r\n", 501),
        (b"GET /" + b"x" * 70_000 + b" HTTP/1.1\r\n\r\n", 414),
        (b"GET / HTTP/1.1\r\n" + b"A: b\r\n" * 200 + b"\r\n", 431),
    ],
)
def test_unreadable_request_is_refused_and_the_connection_closed(client, request_bytes, status):
    connection = client.raw(request_bytes)
    assert connection.recv(65536).startswith(f"HTTP/1.1 {status} ".encode())


def test_connection_is_kept_alive_even_after_a_refusal(client):
    connection = client.raw()
    request = client.raw_call()
    for token, status in [(b"Bearer ", b"200"), (b"Basic ", b"401"), (b"Bearer ", b"200")]:
        connection.sendall(request.replace(b"Bearer ", token))
        assert connection.recv(65536).startswith(b"HTTP/1.1 " + status)
    assert len(client.sandbox.calls()) == 2


def test_old_http_is_answered_and_closed(client):
    answer = read_all(client.raw(b"GET /sandbox/healthz HTTP/1.0\r\n\r\n"))
    assert answer.endswith(b"\r\n\r\nok")


def test_caller_that_hangs_up_in_its_request_rings_nothing(client):
    request = client.raw_call()
    for cut in (10, len(request) // 2, len(request) - 1):
        client.raw(request[:cut]).close()
    assert client.call().status == 200
    assert len(client.sandbox.calls()) == 1


def test_body_shorter_than_announced_rings_nothing(client):
    head, _, body = client.raw_call().partition(b"\r\n\r\n")
    length = str(len(body)).encode()
    head = head.replace(b"Length: " + length, b"Length: " + length + b"0")
    connection = client.raw(head + b"\r\n\r\n" + body)
    connection.shutdown(socket.SHUT_WR)
    assert read_all(connection) == b""
    assert client.sandbox.calls() == []


@pytest.mark.parametrize(
    "fault", ["latency", "timeout_after", "drip", "reset_after", "500_after", "late_ring"]
)
def test_caller_that_hangs_up_before_its_answer_leaves_no_complaint(client, fault):
    client.sandbox.faults([{"at": "startcall", "fault": fault, "seconds": 0.5, "times": 3}])
    for _ in range(3):
        client.raw(client.raw_call()).close()
    client.sandbox.wait_for_calls(3)
    assert client.call().status == 200


def test_health(client):
    reply = client.send("GET", "/sandbox/healthz")
    assert (reply.status, reply.body) == (200, b"ok")
