"""Nothing that is logged, shown or raised holds a secret, a token, a number or an email."""

import copy
import dataclasses
import logging
import pickle
import traceback

import pytest

from callbacks.call_api import CallApi, CallApiError, Config
from tests.support.call_service.scripted import (
    Script,
    ScriptedServer,
    answer,
    sends,
    sends_and_drips,
    sends_and_resets,
)
from tests.support.call_service.start import EMAIL, NUMBER, SECRET, TOKEN, start_call
from tests.support.servers import free_port

EVERYTHING = f"{NUMBER} 06 12 34 56 78 {EMAIL} {TOKEN} {SECRET} Bearer {TOKEN}"
HIDDEN = [NUMBER, NUMBER[1:], NUMBER[3:], EMAIL, TOKEN, SECRET]

FAILURES = {
    "refused": answer(400, EVERYTHING),
    "unauthorised": answer(401, EVERYTHING),
    "later": answer(429, EVERYTHING, {"Retry-After": EVERYTHING}),
    "unknown": answer(500, EVERYTHING),
    "redirected": answer(307, EVERYTHING, {"Location": f"http://{EMAIL}/{NUMBER}"}),
    "echoed in the status line": sends(f"HTTP/1.1 {EVERYTHING}\r\n".encode()),
    "echoed instead of one": sends(EVERYTHING.encode() + b"\r\n"),
    "echoed in the headers": sends(f"HTTP/1.1 500 No\r\n{EVERYTHING}\r\n\r\n".encode()),
    "echoed as a folded header": sends(f"HTTP/1.1 500 No\r\n {EVERYTHING}\r\n\r\n".encode()),
    "closed": sends(b""),
    "reset": sends_and_resets(),
    "dripping": sends_and_drips(b"", b"H"),
}


def shown(error: BaseException) -> str:
    """All that a traceback, a repr or an error report could show of it, causes included."""
    parts = ["".join(traceback.format_exception(error))]
    seen: BaseException | None = error
    while seen is not None:
        parts += [str(seen), repr(seen), repr(vars(seen)), repr(seen.args)]
        seen = seen.__cause__ or seen.__context__
    return "\n".join(parts)


def assert_clean(text: str) -> None:
    assert [secret for secret in HIDDEN if secret.lower() in text.lower()] == []


@pytest.fixture(autouse=True)
def log_everything(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)


@pytest.mark.parametrize("script", FAILURES.values(), ids=FAILURES)
def test_a_startcall_that_fails(
    api: CallApi, server: ScriptedServer, caplog: pytest.LogCaptureFixture, script: Script
):
    api.ensure_token()
    server.plan("/startcall", script)
    with pytest.raises(CallApiError) as caught:
        start_call(api, seconds=0.4)
    assert_clean(shown(caught.value))
    assert_clean(caplog.text)
    # Nothing of requests' or urllib3's, which know the request, hangs on to ours.
    assert caught.value.__cause__ is None
    assert caught.value.__context__ is None


@pytest.mark.parametrize("script", FAILURES.values(), ids=FAILURES)
def test_a_token_request_that_fails(
    config: Config, server: ScriptedServer, caplog: pytest.LogCaptureFixture, script: Script
):
    server.plan("/token", script)
    with pytest.raises(CallApiError) as caught:
        CallApi(dataclasses.replace(config, connect_timeout=0.3, read_timeout=0.3)).ensure_token()
    found = shown(caught.value)
    # Of these two the token endpoint has been told neither.
    assert_clean(found.replace(NUMBER, "").replace("06 12 34 56 78", "").replace(EMAIL, ""))
    assert_clean(caplog.text)
    assert caught.value.__cause__ is None
    assert caught.value.__context__ is None


def test_a_startcall_that_finds_nobody(config: Config, caplog: pytest.LogCaptureFixture):
    for url in (f"http://127.0.0.1:{free_port()}/startcall", "https://does-not-exist.invalid/"):
        api = CallApi(dataclasses.replace(config, call_url=url))
        with pytest.raises(CallApiError) as caught:
            start_call(api)
        assert_clean(shown(caught.value))
        assert caught.value.__context__ is None
    assert_clean(caplog.text)


def test_a_startcall_that_is_accepted(
    api: CallApi, server: ScriptedServer, caplog: pytest.LogCaptureFixture
):
    server.plan("/startcall", answer(200, f"calling {EVERYTHING}"))
    accepted = start_call(api)
    assert accepted.excerpt.startswith("calling •••")
    assert_clean(repr(accepted))
    assert_clean(caplog.text)


def test_the_client_itself(api: CallApi, config: Config):
    api.ensure_token()
    assert_clean(repr(api) + repr(config) + repr(api._tokens) + repr(api._tokens.get()))


@pytest.mark.parametrize("duplicate", [copy.copy, lambda error: pickle.loads(pickle.dumps(error))])
def test_an_error_survives_being_copied(api: CallApi, server: ScriptedServer, duplicate):
    server.plan("/startcall", answer(429, "busy", {"Retry-After": "7"}))
    with pytest.raises(CallApiError) as caught:
        start_call(api)
    error = duplicate(caught.value)
    assert type(error) is type(caught.value)
    assert vars(error) == vars(caught.value)
    assert str(error) == str(caught.value) == "startcall was answered with status 429"
