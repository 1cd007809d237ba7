"""The service starts the call, and then something says that it did not: one ring, and no machine
tries again. Where that is an assumption (429, 401, 307), the rings are counted and bounded.
"""

from datetime import timedelta

import pytest

from callbacks import call_api
from callbacks.core import clock
from callbacks.dispatch import place_next
from callbacks.models import CallControl, CallRequest, Outcome, Reason, Status
from tests.support import programs
from tests.support.factories import make_request
from tests.support.processes import nginx, varnish

pytestmark = pytest.mark.django_db

STARTCALL = "/sandbox/api/startcall"


def client_of(sandbox, port: int) -> call_api.CallApi:
    return call_api.CallApi(
        call_api.Config(
            token_url=sandbox.token_url,
            call_url=f"http://127.0.0.1:{port}{STARTCALL}",
            client_id=sandbox.client_id,
            client_secret=sandbox.client_secret,
            connect_timeout=5,
            read_timeout=5,
        )
    )


def try_until_over(call_request, api, turns: int = 12) -> None:
    """Let machines try as often as they may, with time passing between their turns."""
    moment = clock.now()
    for _ in range(turns):
        with clock.set_to(moment):
            place_next(api)
        moment += timedelta(seconds=20)
    call_request.refresh_from_db()


@pytest.mark.skipif(not programs.varnish(), reason="varnishd not found")
def test_behind_varnish_whose_connection_breaks_a_phone_rings_once(sandbox):
    sandbox.faults([{"at": "startcall", "fault": "reset_after"}])
    call_request = make_request()
    with varnish.in_front_of(sandbox.port) as port:
        try_until_over(call_request, client_of(sandbox, port))
    assert len(sandbox.calls()) == 1
    assert (call_request.status, call_request.reason) == (Status.UNCERTAIN, Reason.NO_ANSWER)
    attempt = call_request.attempts.get()
    assert (attempt.outcome, attempt.http_status) == (Outcome.UNKNOWN, 503)
    assert (attempt.sends, attempt.answers) == (1, "503")


@pytest.mark.skipif(not programs.nginx(), reason="nginx not found")
def test_behind_nginx_whose_connection_breaks_a_phone_rings_once(sandbox):
    sandbox.faults([{"at": "startcall", "fault": "reset_after"}])
    call_request = make_request()
    with nginx.in_front_of(sandbox.port) as port:
        try_until_over(call_request, client_of(sandbox, port))
    assert len(sandbox.calls()) == 1
    assert call_request.status == Status.UNCERTAIN
    assert call_request.attempts.get().http_status == 502


@pytest.mark.parametrize("retry_after", [None, 0, 5])
@pytest.mark.parametrize("status", [408, 425, 500, 502, 503, 504])
def test_rings_then_an_error_is_one_ring(sandbox, status, retry_after):
    fault = {"at": "startcall", "fault": f"{status}_after", "retry_after": retry_after}
    sandbox.faults([fault])
    call_request = make_request()
    try_until_over(call_request, client_of(sandbox, sandbox.port))
    assert len(sandbox.calls()) == 1
    assert (call_request.status, call_request.reason) == (Status.UNCERTAIN, Reason.NO_ANSWER)


@pytest.mark.parametrize("status", [301, 302, 303])
def test_rings_then_a_redirect_to_a_page_is_one_ring(sandbox, status):
    fault = {"at": "startcall", "fault": f"{status}_after", "location": STARTCALL}
    sandbox.faults([fault])
    call_request = make_request()
    try_until_over(call_request, client_of(sandbox, sandbox.port))
    assert len(sandbox.calls()) == 1
    assert call_request.status == Status.UNCERTAIN


@pytest.mark.parametrize(
    ("fault", "rings"),
    [
        ({"fault": "429_after"}, 5),
        ({"fault": "429_after", "retry_after": 0}, 5),
        ({"fault": "307_after", "location": STARTCALL}, 4),
        ({"fault": "401_after"}, 5),
    ],
    ids=["429", "429 at once", "307", "401"],
)
def test_what_is_taken_to_mean_that_nothing_rang_is_sent_five_times_at_most(sandbox, fault, rings):
    """The price of that assumption, if it is wrong."""
    sandbox.faults([{"at": "startcall", **fault}])
    call_request = make_request(patience_until=clock.now() + timedelta(hours=2))
    api = client_of(sandbox, sandbox.port)
    for _ in range(7):
        CallControl.objects.update(circuit="closed", quiet_until=None, failures=0)
        try_until_over(call_request, api, turns=1)
        CallRequest.objects.filter(pk=call_request.pk).update(backoff_until=None)
    assert len(sandbox.calls()) == rings
    assert (call_request.status, call_request.reason) == (Status.FAILED, Reason.REFUSED)
    assert sum(attempt.sends for attempt in call_request.attempts.all()) == rings
