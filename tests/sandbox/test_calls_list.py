"""The list of calls: counts, clearing, waiting, and speed with many calls."""

import time

import pytest

from tests.support.call_service.sandbox_client import CALL


def test_counts_include_refused_requests(client):
    client.ask_token({"scope": "x"})
    client.token()
    client.call()
    client.call(b"{")
    client.call(Authorization=None)
    totals = {"calls": 1, "token_requests": 2, "startcall_requests": 3}
    assert client.sandbox.totals() == totals


def test_token_requests_have_their_times(client):
    before = time.time()
    client.ask_token()
    client.ask_token({"scope": "x"})
    first, second = client.sandbox.token_request_times()
    assert before <= first <= second <= time.time()


def test_clearing_forgets_calls_and_counts_but_never_repeats_an_index(client):
    client.call()
    last = client.sandbox.calls()[-1]["index"]
    assert client.send("DELETE", "/sandbox/calls").status == 200
    assert client.sandbox.calls() == []
    assert client.sandbox.totals() == {"calls": 0, "token_requests": 0, "startcall_requests": 0}
    assert client.sandbox.token_request_times() == []
    client.call()
    assert client.sandbox.calls()[0]["index"] == last + 1


def test_limit_gives_the_newest(client):
    for number in range(3):
        client.call({**CALL, "originate": f"bot-{number}"})
    reply = client.send("GET", "/sandbox/calls?limit=2").json()
    assert [call["originate"] for call in reply["calls"]] == ["bot-1", "bot-2"]
    assert reply["totals"]["calls"] == 3
    assert client.send("GET", "/sandbox/calls?limit=0").json()["calls"] == []


def test_waiting_ends_with_the_call(client):
    client.sandbox.faults([{"at": "startcall", "fault": "latency", "seconds": 2}])
    client.raw(client.raw_call())
    assert client.sandbox.calls() == []
    started = time.monotonic()
    assert len(client.sandbox.wait_for_calls(1, timeout=20)) == 1
    assert time.monotonic() - started < 10


def test_waiting_ends_with_the_time(client):
    with pytest.raises(TimeoutError, match=r"0 calls in 0\.2 s instead of 1"):
        client.sandbox.wait_for_calls(1, timeout=0.2)


@pytest.mark.parametrize("query", ["limit=x", "limit=-1", "at_least=nan", "page=1", "wait=1e10"])
def test_unknown_query_is_refused(client, query):
    assert client.send("GET", f"/sandbox/calls?{query}").status == 400
