"""A scripted service, and a client that knows it."""

from collections.abc import Iterator

import pytest

from callbacks.call_api import CallApi, Config
from tests.support.call_service.scripted import ScriptedServer, answer, token
from tests.support.call_service.start import SECRET, TOKEN


@pytest.fixture(autouse=True)
def plain_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever authorities and proxies this machine has, the tests choose their own."""
    for name in ("REQUESTS_CA_BUNDLE", "SSL_CERT_FILE", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)


@pytest.fixture
def server() -> Iterator[ScriptedServer]:
    """A service that gives a token and accepts calls, until its plan is changed."""
    server = ScriptedServer()
    server.plan("/token", token(TOKEN, expires_in=300))
    server.plan("/startcall", answer(200, {"status": "ok"}))
    yield server
    server.stop()


@pytest.fixture
def config(server: ScriptedServer) -> Config:
    return Config(
        token_url=server.url("/token"),
        call_url=server.url("/startcall"),
        client_id="a-client",
        client_secret=SECRET,
        connect_timeout=5.0,
        read_timeout=5.0,
    )


@pytest.fixture
def api(config: Config) -> CallApi:
    return CallApi(config)
