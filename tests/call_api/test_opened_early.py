"""A connection that is opened before anybody knows whether it will be used."""

import dataclasses
from collections.abc import Iterator
from contextlib import closing

import pytest

from callbacks.call_api import CallApi, Config, Exchange, NotSent, connection
from callbacks.call_api.addresses import tls
from tests.support.call_service.scripted import CERTS, ScriptedServer, answer
from tests.support.call_service.start import start_call
from tests.support.servers import free_port


@pytest.fixture
def exchange(api: CallApi) -> Iterator[Exchange]:
    """It is opened, with a token at hand."""
    api.ensure_token()
    with closing(api.exchange()) as exchange:
        exchange.open_early(api.config.clock() + 8)
        yield exchange


def raw_after_token(server: ScriptedServer, connections: int) -> list[bytes]:
    """What each connection after the token's received."""
    server.wait_for_requests(connections + 1)
    return [request.raw for request in server.requests[1:]]


def test_the_call_is_sent_on_it_and_only_when_it_may_be(
    api: CallApi, server: ScriptedServer, exchange: Exchange
):
    asked = []

    def may_send() -> str:
        asked.append([request for request in server.requests if request.path == "/startcall"])
        return ""

    assert start_call(api, exchange=exchange, may_send=may_send).http_status == 200
    assert asked == [[]]
    assert len(raw_after_token(server, 1)) == 1
    assert server.connections == 2


def test_if_nobody_uses_it_nothing_was_sent(server: ScriptedServer, exchange: Exchange):
    exchange.close()
    assert raw_after_token(server, 1) == [b""]


def test_after_a_while_another_one_is_opened_because_the_service_may_close_it(
    api: CallApi, server: ScriptedServer, exchange: Exchange, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(connection, "LONGEST_UNUSED_SECONDS", -1.0)
    start_call(api, exchange=exchange)
    unused, used = sorted(raw_after_token(server, 2))
    assert unused == b""
    assert used.startswith(b"POST /startcall")


def test_only_the_first_send_is_on_it(api: CallApi, server: ScriptedServer, exchange: Exchange):
    server.plan("/startcall", answer(307, headers={"Location": "/moved"}))
    server.plan("/moved", answer(200))
    start_call(api, exchange=exchange)
    assert [request.path for request in server.requests[1:]] == ["/startcall", "/moved"]


def test_if_it_could_not_be_opened_the_call_says_why(config: Config):
    api = CallApi(dataclasses.replace(config, call_url=f"http://127.0.0.1:{free_port()}/startcall"))
    api.ensure_token()
    with closing(api.exchange()) as exchange:
        exchange.open_early(api.config.clock() + 8)
        with pytest.raises(NotSent) as caught:
            start_call(api, exchange=exchange)
    assert caught.value.code == "connect_failed"
    assert "Connection refused" in str(caught.value)


def test_it_says_how_long_it_took(api: CallApi, monkeypatch: pytest.MonkeyPatch):
    times = iter([5.0, 5.0, 7.5])
    monkeypatch.setattr(connection.time, "monotonic", lambda: next(times, 7.5))  # type: ignore[attr-defined]
    with closing(api.exchange()) as exchange:
        assert exchange.seconds_waited == 0
        exchange.open_early(api.config.clock() + 8)
        assert exchange.seconds_waited == 2.5


def test_it_is_over_at_its_deadline(config: Config, server: ScriptedServer):
    now = [100.0]
    api = CallApi(dataclasses.replace(config, clock=lambda: now[0]))
    api.ensure_token()
    with closing(api.exchange()) as exchange:
        exchange.open_early(108.0)
        now[0] = 108.0
        with pytest.raises(NotSent) as caught:
            start_call(api, exchange=exchange)
    assert caught.value.code == "deadline_passed"
    assert raw_after_token(server, 1) == [b""]


def test_authorities_are_read_again_when_their_file_has_changed(tmp_path, monkeypatch):
    bundle = tmp_path / "authorities.pem"
    bundle.write_bytes((CERTS / "valid.pem").read_bytes())
    monkeypatch.setenv("SSL_CERT_FILE", str(bundle))
    first = tls()
    assert tls() is first
    bundle.touch()
    assert tls() is not first
