"""A webhook goes to a public address over TLS, never inside our own network, and ends in time."""

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from pytest_django import Settings

from callbacks.webhooks import client
from tests.support.webhook_receiver import Receiver

PRIVATE = (
    *(
        "127.0.0.1",
        "127.8.9.1",
        "0.0.0.0",
        "10.1.2.3",
        "172.16.0.1",
        "192.168.1.1",
        "169.254.169.254",
    ),
    *("100.64.0.1", "198.18.0.1", "224.0.0.1", "255.255.255.255", "192.0.2.1"),
    *("::", "::1", "fe80::1", "fe80::1%eth0", "fc00::1", "ff02::1", "::ffff:127.0.0.1"),
    *("::ffff:10.0.0.1", "64:ff9b::7f00:1", "64:ff9b::a00:1", "2002:7f00:1::", "2001:db8::1"),
    *("fec0::1", "::127.0.0.1", "::ffff:0:127.0.0.1", "::ffff:0:8.8.8.8", "4000::1"),
)
PUBLIC = ("93.184.216.34", "8.8.8.8", "2606:2800:220:1::1", "::ffff:8.8.8.8", "64:ff9b::808:808")


@pytest.mark.parametrize("address", PRIVATE)
def test_a_private_address_needs_leave(address: str, settings: Settings) -> None:
    assert not client.may_connect(address, "https")
    assert not client.may_connect(address, "http")
    settings.WEBHOOK_ALLOW_PRIVATE = True
    assert client.may_connect(address, "https")
    assert client.may_connect(address, "http")


@pytest.mark.parametrize("address", PUBLIC)
@pytest.mark.parametrize("leave", [False, True])
def test_a_public_address_needs_tls(address: str, leave: bool, settings: Settings) -> None:
    settings.WEBHOOK_ALLOW_PRIVATE = leave
    assert client.may_connect(address, "https")
    assert not client.may_connect(address, "http")


def refusal(url: str) -> str:
    with pytest.raises(client.NoAnswer) as caught:
        client.post(url, b"{}", {})
    return caught.value.code


def test_nothing_is_connected_to_an_address_that_is_not_allowed(
    receiver: Receiver, settings: Settings
) -> None:
    settings.WEBHOOK_ALLOW_PRIVATE = False
    port = receiver.url.rpartition(":")[2]
    for host in ("127.0.0.1", "localhost", "[::1]", "0x7f000001", "2130706433", "127.1"):
        assert refusal(f"http://{host}:{port}") == "address_not_allowed", host
        assert refusal(f"https://{host}:{port}") == "address_not_allowed", host
    assert not receiver.received


def test_what_is_checked_is_what_is_connected_to(
    receiver: Receiver, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A name that is public when it is first asked for, and ours the next time, gains nothing."""
    settings.WEBHOOK_ALLOW_PRIVATE = False
    answers = iter(["8.8.8.8", "127.0.0.1"])
    asked = []

    def resolve(host: str, port: int, *_more: object, **_options: object) -> list[object]:
        asked.append(host)
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (next(answers), port))]

    def connect(address: tuple[str, int], *_more: object, **_options: object) -> socket.socket:
        raise ConnectionRefusedError(address[0])

    monkeypatch.setattr("callbacks.webhooks.client.socket.getaddrinfo", resolve)
    monkeypatch.setattr("callbacks.webhooks.client.create_connection", connect)
    assert refusal("https://rebinding.example/") != "address_not_allowed"
    assert refusal("https://rebinding.example/") == "address_not_allowed"
    assert asked == ["rebinding.example"] * 2


def test_a_redirect_is_an_answer_and_not_followed(receiver: Receiver) -> None:
    receiver.status, receiver.headers = 307, {"Location": f"{receiver.url}/elsewhere"}
    answer = client.post(receiver.url, b"{}", {})
    assert (answer.status, answer.is_accepted) == (307, False)
    assert len(receiver.received) == 1


def test_no_proxy_and_no_password_of_the_environment_is_used(
    receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    assert client.post(receiver.url, b"{}", {}).is_accepted


def test_of_the_answer_a_beginning_is_kept_without_personal_data(receiver: Receiver) -> None:
    receiver.status = 500
    receiver.answer = b"no \0 jo@example.fr\n +33612345678 " + b"\xff" * 5 + b"x" * 100_000
    excerpt = client.post(receiver.url, b"{}", {}).excerpt
    assert excerpt.startswith("no ••• +••• ")
    assert len(excerpt) == client.EXCERPT
    assert "\0" not in excerpt


@contextmanager
def dripping(start: bytes) -> Iterator[str]:
    """A server that sends `start` and then a byte now and then, for ever."""
    server = socket.create_server(("127.0.0.1", 0))
    over = threading.Event()

    def serve() -> None:
        connection, _ = server.accept()
        with connection:
            connection.recv(65_536)
            connection.sendall(start)
            while not over.wait(0.05):
                try:
                    connection.sendall(b"a")
                except OSError:
                    return

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.getsockname()[1]}/"
    finally:
        over.set()
        thread.join()
        server.close()


def test_an_answer_that_never_ends_holds_no_thread(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    settings.WEBHOOK_ALLOW_PRIVATE = True
    monkeypatch.setattr(client, "SECONDS", 0.5)
    begun = time.monotonic()
    with dripping(b"HTTP/1.1 ") as url:
        assert refusal(url) == "no_answer_in_time"
    # The status came: the endpoint has accepted it.
    for start in (b"HTTP/1.1 200 OK\r\nX-", b"HTTP/1.1 200 OK\r\n\r\n"):
        with dripping(start) as url:
            assert client.post(url, b"{}", {}).is_accepted
    assert not caplog.text
    assert time.monotonic() - begun < 10


def test_a_name_that_does_not_exist_is_no_answer() -> None:
    assert refusal("https://does-not-exist.invalid/")
    assert refusal("https://[::1")
