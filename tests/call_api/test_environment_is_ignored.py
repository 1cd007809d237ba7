"""What requests would take from the machine, or carry from one request to the next."""

from pathlib import Path

import pytest

from callbacks.call_api import CallApi
from tests.support.call_service.scripted import ScriptedServer, answer, token
from tests.support.call_service.start import TOKEN, start_call
from tests.support.servers import free_port


def test_a_netrc_does_not_replace_the_bearer(
    api: CallApi, server: ScriptedServer, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
):
    netrc = tmp_path / "netrc"
    netrc.write_text(
        "machine 127.0.0.1 login somebody password something\ndefault login a password b"
    )
    netrc.chmod(0o600)
    monkeypatch.setenv("NETRC", str(netrc))
    start_call(api)
    assert "authorization" not in server.requests_for("/token")[0].headers
    assert server.requests_for("/startcall")[0].headers["authorization"] == f"Bearer {TOKEN}"


@pytest.mark.parametrize("variable", ["http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"])
def test_no_proxy_comes_between(
    api: CallApi, server: ScriptedServer, monkeypatch: pytest.MonkeyPatch, variable: str
):
    monkeypatch.setenv(variable, f"http://127.0.0.1:{free_port()}")
    assert start_call(api).http_status == 200


def test_cookies_are_not_kept(api: CallApi, server: ScriptedServer):
    cookie = {"Set-Cookie": "session=1; Path=/"}
    server.plan("/token", answer(200, {"access_token": "a"}, cookie), token("b"))
    server.plan("/startcall", answer(307, headers=cookie | {"Location": "/moved"}), answer(200))
    server.plan("/moved", answer(200, headers=cookie))
    start_call(api)
    api.fetch_new_token()
    start_call(api)
    assert len(server.requests) == 5
    assert not any("cookie" in request.headers for request in server.requests)
