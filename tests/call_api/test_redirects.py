"""Which redirects a startcall follows, and where a token never goes."""

from collections.abc import Iterator

import pytest

from callbacks.call_api import CallApi, NotSent, OutcomeUnknown, Refused
from callbacks.call_api.diagnosis.origin import Origin
from tests.support.call_service.scripted import ScriptedServer, answer, sends_and_drips
from tests.support.call_service.start import TOKEN, start_call
from tests.support.servers import free_port


@pytest.fixture
def stranger() -> Iterator[ScriptedServer]:
    """Another origin, that would accept whatever comes."""
    server = ScriptedServer()
    server.plan("/startcall", answer(200))
    yield server
    server.stop()


def redirect(status: int, location: str | None):
    return answer(status, "moved", {} if location is None else {"Location": location})


@pytest.mark.parametrize("status", [307, 308])
@pytest.mark.parametrize(
    "location",
    ["/moved?to=here", "moved?to=here", "{origin}/moved?to=here#there", "//{host}/moved?to=here"],
)
def test_the_same_request_goes_where_it_is_sent_on_the_same_origin(
    api: CallApi, server: ScriptedServer, status: int, location: str
):
    host = f"127.0.0.1:{server.port}"
    location = location.format(origin=f"HTTP://{host}", host=host)
    server.plan("/startcall", redirect(status, location))
    server.plan("/moved?to=here", answer(202))
    assert start_call(api).http_status == 202
    [first] = server.requests_for("/startcall")
    [second] = server.requests_for("/moved?to=here")
    assert second.line == "POST /moved?to=here HTTP/1.1"
    assert (second.headers, second.body) == (first.headers, first.body)


def test_three_redirects_are_followed(api: CallApi, server: ScriptedServer):
    server.plan("/startcall", redirect(307, "/1"))
    server.plan("/1", redirect(308, "/2"))
    server.plan("/2", redirect(307, "/3"))
    server.plan("/3", answer(200))
    assert start_call(api).answers == (307, 308, 307, 200)


def test_one_for_which_no_send_is_left_is_not_followed(api: CallApi, server: ScriptedServer):
    server.plan("/startcall", redirect(307, "/1"))
    server.plan("/1", redirect(307, "/2"))
    with pytest.raises(Refused) as caught:
        start_call(api, sends_left=2)
    error = caught.value
    assert (error.code, error.http_status, error.answers) == ("sends_used_up", 307, (307, 307))
    assert error.excerpt == "moved"
    assert server.requests_for("/2") == []


def test_a_fourth_is_not(api: CallApi, server: ScriptedServer):
    server.plan("/startcall", redirect(307, "/startcall"))
    with pytest.raises(Refused) as caught:
        start_call(api)
    assert (caught.value.code, caught.value.http_status) == ("redirect_refused", 307)
    assert caught.value.excerpt == "moved"
    assert len(server.requests_for("/startcall")) == 4


@pytest.mark.parametrize("status", [307, 308])
@pytest.mark.parametrize(
    "location",
    [
        None,
        "",
        "https://127.0.0.1:{own}/startcall",
        "http://127.0.0.1:{other}/startcall",
        "http://localhost:{own}/startcall",
        "//127.0.0.1:{other}/startcall",
        "http://user:password@127.0.0.1:{own}/startcall",
        "http://127.0.0.1:{own}@127.0.0.1:{other}/startcall",
        "http://127.0.0.1:{other}\\@127.0.0.1:{own}/startcall",
        "http://127.0.0.1:{own}:{other}/startcall",
        "http://127.0.0.1:99999/startcall",
        "http://[::1/startcall",
        "ftp://127.0.0.1:{own}/startcall",
        "javascript:alert(1)",
    ],
)
def test_no_other_redirect_is_followed(
    api: CallApi,
    server: ScriptedServer,
    stranger: ScriptedServer,
    status: int,
    location: str | None,
):
    if location is not None:
        location = location.format(own=server.port, other=stranger.port)
    server.plan("/startcall", redirect(status, location))
    with pytest.raises(Refused) as caught:
        start_call(api)
    assert (caught.value.code, caught.value.http_status) == ("redirect_refused", status)
    assert len(server.requests_for("/startcall")) == 1
    assert stranger.requests == []


@pytest.mark.parametrize(
    "location", ["/\\127.0.0.1:{other}/startcall", "/{tab}/127.0.0.1:{other}/"]
)
def test_an_address_that_parsers_disagree_about_stays_on_our_origin(
    api: CallApi, server: ScriptedServer, stranger: ScriptedServer, location: str
):
    server.plan("/startcall", redirect(307, location.format(other=stranger.port, tab="\t")))
    with pytest.raises((Refused, OutcomeUnknown)):
        start_call(api)
    assert stranger.requests == []


@pytest.mark.parametrize("status", [301, 302, 303])
def test_what_may_have_been_carried_out_is_not_sent_again(
    api: CallApi, server: ScriptedServer, stranger: ScriptedServer, status: int
):
    server.plan("/startcall", redirect(status, stranger.url("/startcall")))
    with pytest.raises(OutcomeUnknown):
        start_call(api)
    assert len(server.requests) == 2
    assert stranger.requests == []


def test_a_redirect_whose_body_drips_is_followed_only_within_the_deadline(
    api: CallApi, server: ScriptedServer
):
    api.ensure_token()
    head = b"HTTP/1.1 307 Moved\r\nLocation: /moved\r\nContent-Length: 5000\r\n\r\n"
    server.plan("/startcall", sends_and_drips(head, b"x"))
    with pytest.raises(NotSent) as caught:
        start_call(api, seconds=0.3)
    assert caught.value.code == "deadline_passed"
    assert caught.value.answers == (307,)
    assert server.requests_for("/moved") == []


def test_the_default_port_may_be_written_out_or_not():
    assert Origin.of("https://Call.UH.live/a") == Origin.of("HTTPS://call.uh.live:443/b?c#d")
    assert Origin.of("http://call.uh.live/") == Origin.of("http://call.uh.live:80/")
    assert Origin.of("https://call.uh.live/") != Origin.of("https://call.uh.live:80/")
    assert Origin.of("https://call.uh.live/") != Origin.of("http://call.uh.live:443/")


def test_the_token_endpoint_is_not_followed_anywhere(
    api: CallApi, server: ScriptedServer, stranger: ScriptedServer
):
    for location in ["/elsewhere", stranger.url("/token")]:
        server.plan("/token", redirect(307, location))
        with pytest.raises(NotSent):
            api.fetch_new_token()
    assert {request.path for request in server.requests} == {"/token"}
    assert stranger.requests == []


def test_a_bearer_goes_to_the_call_address_alone(api: CallApi, server: ScriptedServer):
    server.plan("/startcall", redirect(307, f"http://127.0.0.1:{free_port()}/startcall"))
    with pytest.raises(Refused):
        start_call(api)
    bearers = [request.path for request in server.requests if TOKEN.encode() in request.raw]
    assert bearers == ["/startcall"]
