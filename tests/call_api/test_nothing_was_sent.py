"""Failures before sending: the call may be tried again."""

import dataclasses
import socket
import time
from collections.abc import Callable

import pytest

from callbacks.call_api import CallApi, CallApiError, Config, NotSent, TokenUnavailable, connection
from callbacks.call_api.addresses import connected
from tests.support.call_service.scripted import CERTS, ScriptedServer, answer
from tests.support.call_service.start import start_call
from tests.support.servers import free_port


def not_sent(api: CallApi, seconds: float = 8.0) -> CallApiError:
    """Starts a call with a token in hand, and returns the NotSent that comes of it."""
    api.ensure_token()
    with pytest.raises(NotSent) as caught:
        start_call(api, seconds)
    assert type(caught.value) is NotSent
    assert (caught.value.sent, caught.value.retryable) == (False, True)
    assert caught.value.http_status is None
    return caught.value


def calling(config: Config, url: str) -> CallApi:
    return CallApi(dataclasses.replace(config, call_url=url))


def test_a_closed_port(config: Config):
    error = not_sent(calling(config, f"http://127.0.0.1:{free_port()}/startcall"))
    assert error.code == "connect_failed"
    assert "Connection refused" in str(error)


def test_a_closed_port_over_tls(config: Config):
    error = not_sent(calling(config, f"https://127.0.0.1:{free_port()}/startcall"))
    assert error.code == "connect_failed"


@pytest.mark.parametrize("scheme", ["http", "https"])
@pytest.mark.parametrize(
    "failure", [TimeoutError("timed out"), ConnectionResetError(104, "reset"), BrokenPipeError()]
)
def test_a_connection_that_does_not_come_about(
    config: Config,
    server: ScriptedServer,
    monkeypatch: pytest.MonkeyPatch,
    scheme: str,
    failure: OSError,
):
    api = calling(config, f"{scheme}://127.0.0.1:{server.port}/startcall")
    api.ensure_token()

    def fail(*_: object, **__: object) -> socket.socket:
        raise failure

    monkeypatch.setattr(connection, "connected", fail)
    assert not_sent(api).code == "connect_failed"
    assert server.requests_for("/startcall") == []


@pytest.fixture
def no_such_name(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a resolver says of a name below `invalid`; this machine's may be slow, or absent."""
    resolve = connection.socket.getaddrinfo  # type: ignore[attr-defined]

    def resolving(host: str, *arguments: object, **options: object) -> object:
        if host.endswith(".invalid"):
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
        return resolve(host, *arguments, **options)

    monkeypatch.setattr(connection.socket, "getaddrinfo", resolving)  # type: ignore[attr-defined]


@pytest.mark.usefixtures("no_such_name")
@pytest.mark.parametrize("host", ["does-not-exist.invalid", "a..b", "x" * 300 + ".invalid"])
def test_a_name_that_does_not_resolve(config: Config, host: str):
    assert not_sent(calling(config, f"https://{host}/startcall")).code in {
        "name_failed",
        # requests finds fault with the other two before anybody is asked
        "connect_failed",
    }


@pytest.mark.usefixtures("no_such_name")
def test_the_code_for_an_unknown_name(config: Config):
    error = not_sent(calling(config, "http://does-not-exist.invalid/startcall"))
    assert error.code == "name_failed"


@pytest.mark.parametrize("certificate", ["valid", "wrong-host", "expired"])
def test_a_certificate_that_is_not_trusted(config: Config, certificate: str):
    service = ScriptedServer(certificate)
    try:
        error = not_sent(calling(config, service.url("/startcall")))
    finally:
        service.stop()
    assert error.code == "tls_failed"
    assert service.requests == []


def test_a_host_that_does_not_speak_tls(config: Config):
    mail = ScriptedServer(greeting=b"220 mail.example.org ESMTP\r\n")
    try:
        error = not_sent(calling(config, f"https://127.0.0.1:{mail.port}/startcall"))
    finally:
        mail.stop()
    assert error.code == "tls_failed"


@pytest.mark.parametrize("variable", ["REQUESTS_CA_BUNDLE", "SSL_CERT_FILE"])
def test_an_authority_named_in_the_environment_is_trusted(
    config: Config, monkeypatch: pytest.MonkeyPatch, variable: str
):
    monkeypatch.setenv(variable, str(CERTS / "valid.pem"))
    service = ScriptedServer("valid")
    service.plan("/startcall", answer(200))
    try:
        assert (
            start_call(calling(config, service.url("/startcall", "localhost"))).http_status == 200
        )
    finally:
        service.stop()


def test_authorities_that_cannot_be_read(config: Config, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", "/nowhere/authorities.pem")
    assert not_sent(calling(config, "https://127.0.0.1:9/startcall")).sent is False


def test_the_second_address_is_tried_when_the_first_does_not_answer(
    config: Config, server: ScriptedServer, monkeypatch: pytest.MonkeyPatch
):
    dead = ("127.0.0.1", free_port())
    living = ("127.0.0.1", server.port)
    monkeypatch.setattr(
        connection.socket,  # type: ignore[attr-defined]
        "getaddrinfo",
        resolving_to("two.test", [dead, living], connection.socket.getaddrinfo),  # type: ignore[attr-defined]
    )
    url = f"http://two.test:{server.port}/startcall"
    assert start_call(calling(config, url)).http_status == 200


def test_addresses_that_are_dead_cannot_use_up_more_than_the_time_left(
    config: Config, monkeypatch: pytest.MonkeyPatch
):
    asked: list[float] = []

    def hang(_: object, seconds: float, **__: object) -> socket.socket:
        asked.append(seconds)
        pass_time(seconds)
        raise TimeoutError

    api = calling(config, "http://many.test/startcall")
    api.ensure_token()
    monkeypatch.setattr(
        connection.socket,  # type: ignore[attr-defined]
        "getaddrinfo",
        resolving_to("many.test", [("192.0.2.1", 80)] * 50, connection.socket.getaddrinfo),  # type: ignore[attr-defined]
    )
    monkeypatch.setattr(connection, "connected", hang)
    assert not_sent(api, seconds=0.2).code == "deadline_passed"
    assert sum(asked) < 0.3


def test_a_deadline_that_passed_before_anything_was_asked(api: CallApi, server: ScriptedServer):
    with pytest.raises(NotSent) as caught:
        start_call(api, seconds=-0.001)
    assert caught.value.code == "deadline_passed"
    assert server.requests == []


def test_a_name_server_that_answers_after_the_deadline(
    api: CallApi, server: ScriptedServer, monkeypatch: pytest.MonkeyPatch
):
    api.ensure_token()
    resolve = connection.socket.getaddrinfo  # type: ignore[attr-defined]

    def late(*arguments: object, **options: object) -> object:
        pass_time(0.15)
        return resolve(*arguments, **options)

    monkeypatch.setattr(connection.socket, "getaddrinfo", late)  # type: ignore[attr-defined]
    assert not_sent(api, seconds=0.1).code == "deadline_passed"
    assert server.requests_for("/startcall") == []


def test_a_connection_that_stands_after_the_deadline_is_not_used(
    api: CallApi, server: ScriptedServer, monkeypatch: pytest.MonkeyPatch
):
    api.ensure_token()

    def late(address: tuple[object, ...], seconds: float) -> socket.socket:
        sock = connected(address, seconds)
        pass_time(0.6)
        return sock

    monkeypatch.setattr(connection, "connected", late)
    assert not_sent(api, seconds=0.5).code == "deadline_passed"
    server.wait_for_requests(2)
    assert server.requests[1].raw == b""


def test_a_handshake_that_takes_longer_than_the_deadline(config: Config):
    with socket.create_server(("127.0.0.1", 0)) as silent:
        api = calling(config, f"https://127.0.0.1:{silent.getsockname()[1]}/startcall")
        began = time.monotonic()
        assert not_sent(api, seconds=0.2).code == "deadline_passed"
        assert time.monotonic() - began < 2


def test_a_token_endpoint_that_is_away_means_that_nothing_was_sent(
    config: Config, server: ScriptedServer
):
    url = f"http://127.0.0.1:{free_port()}/token"
    api = CallApi(dataclasses.replace(config, token_url=url))
    with pytest.raises(TokenUnavailable) as caught:
        start_call(api)
    assert (caught.value.sent, caught.value.retryable) == (False, True)
    assert server.requests == []


def pass_time(seconds: float) -> None:
    """Takes up time as a call to the system would: there is nothing to be waited for."""
    time.sleep(seconds)


def resolving_to(
    name: str, addresses: list[tuple[str, int]], otherwise: Callable[..., object]
) -> Callable[..., object]:
    """A resolver that knows one name more."""
    family, kind = socket.AF_INET, socket.SOCK_STREAM

    def resolve(host: str, *arguments: object, **options: object) -> object:
        if host == name:
            return [(family, kind, 6, "", address) for address in addresses]
        return otherwise(host, *arguments, **options)

    return resolve
