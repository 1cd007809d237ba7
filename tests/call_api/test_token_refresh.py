"""A startcall that is answered with 401."""

import pytest

from callbacks.call_api import (
    CallApi,
    CredentialsRefused,
    OutcomeUnknown,
    Refused,
    TokenUnavailable,
)
from tests.support.call_service.scripted import ScriptedServer, answer, token
from tests.support.call_service.start import start_call

REFUSED = answer(401, "token expired")


@pytest.fixture
def aged(api: CallApi, server: ScriptedServer) -> None:
    """A token is in hand from before the attempt began."""
    server.plan("/token", token("old"), token("new"), token("newer"))
    api.ensure_token()


def bearers(server: ScriptedServer) -> list[str]:
    return [request.headers["authorization"] for request in server.requests_for("/startcall")]


@pytest.mark.usefixtures("aged")
def test_an_older_token_is_replaced_and_the_call_sent_again_once(
    api: CallApi, server: ScriptedServer
):
    server.plan("/startcall", REFUSED, answer(200))
    assert start_call(api).http_status == 200
    assert bearers(server) == ["Bearer old", "Bearer new"]
    assert len(server.requests_for("/token")) == 2
    start_call(api)
    assert bearers(server)[2:] == ["Bearer new"]


@pytest.mark.usefixtures("aged")
def test_a_second_401_is_the_credentials_fault(api: CallApi, server: ScriptedServer):
    server.plan("/startcall", REFUSED)
    with pytest.raises(CredentialsRefused) as caught:
        start_call(api)
    error = caught.value
    assert (error.http_status, error.excerpt) == (401, "token expired")
    assert (error.sent, error.retryable) == (False, True)
    assert len(server.requests_for("/startcall")) == 2
    assert len(server.requests_for("/token")) == 2


@pytest.mark.parametrize("in_hand", [True, False])
def test_a_token_that_was_fetched_for_the_attempt_is_not_tried_again(
    api: CallApi, server: ScriptedServer, in_hand: bool
):
    server.plan("/startcall", REFUSED, answer(200))
    begun = api.config.clock()
    if in_hand:
        api.ensure_token()
    with pytest.raises(CredentialsRefused) as caught:
        start_call(api, begun=begun)
    assert caught.value.answers == (401,)
    assert len(server.requests_for("/startcall")) == 1
    assert len(server.requests_for("/token")) == 1
    # The refused token is gone: the next attempt brings its own.
    start_call(api)
    assert len(server.requests_for("/token")) == 2


@pytest.mark.usefixtures("aged")
@pytest.mark.parametrize(
    ("refresh", "kind"),
    [(answer(503), TokenUnavailable), (answer(401), CredentialsRefused)],
    ids=["away", "refused"],
)
def test_a_refresh_that_fails_means_that_nothing_was_sent(
    api: CallApi, server: ScriptedServer, refresh, kind: type[Exception]
):
    server.plan("/token", refresh)
    server.plan("/startcall", REFUSED)
    with pytest.raises(kind) as caught:
        start_call(api)
    assert type(caught.value) is kind
    assert caught.value.sent is False  # type: ignore[attr-defined]
    assert caught.value.answers == (401,)  # type: ignore[attr-defined]
    assert len(server.requests_for("/startcall")) == 1


@pytest.mark.usefixtures("aged")
def test_a_token_that_another_thread_replaced_is_not_fetched_again(
    api: CallApi, server: ScriptedServer
):
    def meanwhile_renewed(connection) -> None:
        api.fetch_new_token()
        REFUSED(connection)

    server.plan("/startcall", meanwhile_renewed, answer(200))
    start_call(api)
    assert bearers(server) == ["Bearer old", "Bearer new"]


@pytest.mark.usefixtures("aged")
def test_what_follows_the_refresh_keeps_its_meaning(api: CallApi, server: ScriptedServer):
    server.plan("/startcall", REFUSED, answer(502))
    with pytest.raises(OutcomeUnknown) as caught:
        start_call(api)
    assert caught.value.answers == (401, 502)
    assert len(server.requests_for("/startcall")) == 2


def test_a_token_of_the_moment_before_the_attempt_is_an_older_one(
    api: CallApi, server: ScriptedServer
):
    server.plan("/startcall", REFUSED, answer(200))
    api.ensure_token()
    assert start_call(api).answers == (401, 200)


@pytest.mark.usefixtures("aged")
def test_the_last_send_is_not_made_a_second_time(api: CallApi, server: ScriptedServer):
    server.plan("/startcall", REFUSED, answer(200))
    with pytest.raises(Refused) as caught:
        start_call(api, sends_left=1)
    error = caught.value
    assert (error.code, error.http_status, error.answers) == ("sends_used_up", 401, (401,))
    assert error.excerpt == "token expired"
    assert len(server.requests_for("/startcall")) == 1


@pytest.mark.usefixtures("aged")
def test_without_a_send_left_nothing_is_sent(api: CallApi, server: ScriptedServer):
    with pytest.raises(Refused) as caught:
        start_call(api, sends_left=0)
    assert (caught.value.code, caught.value.answers) == ("sends_used_up", ())
    assert server.requests_for("/startcall") == []
