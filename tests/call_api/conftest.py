"""A scripted service, and a client that knows it."""

from collections.abc import Callable, Iterator

import pytest

from callbacks.call_api import Accepted, CallApi, Config
from tests.call_api.scripted import ScriptedServer, answer, token

NUMBER = "+33612345678"
EMAIL = "Ada.Lovelace+test@Example.org"
SECRET = "s3cret/of+the&client"
TOKEN = "eyJhbGciOiJub25lIn0.eyJzdWIiOiJ0ZXN0In0.c2lnbmF0dXJl"


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


def start_call(
    api: CallApi,
    seconds: float = 8.0,
    *,
    begun: float | None = None,
    sends_left: int = 5,
    may_send: Callable[[], str] = lambda: "",
    **changes: str,
) -> Accepted:
    """Starts the call that all tests start; it began now, unless told."""
    now = api.config.clock()
    return api.start_call(
        **{"originate": "a-scenario", "destination": NUMBER, "email": EMAIL} | changes,
        begun=now if begun is None else begun,
        deadline=now + seconds,
        sends_left=sends_left,
        may_send=may_send,
    )
