"""SIGTERM lets a worker finish the calls in hand and begin no other; SIGKILL leaves a doubt."""

import signal

import pytest

from callbacks.core import clock
from callbacks.models import Attempt, CallRequest, Outcome, Reason, Status
from callbacks.worker import heartbeat
from tests.support.factories import make_request, make_widget

pytestmark = pytest.mark.slow

WORKERS = 4
BACKLOG = 12


@pytest.fixture
def calling(make_site, sandbox):
    """A worker with a call in each thread, and a backlog behind them."""
    site = make_site(workers=str(WORKERS))
    widget = make_widget()
    for _ in range(BACKLOG):
        make_request(widget=widget)
    sandbox.faults([{"at": "startcall", "fault": "latency", "seconds": 5}])
    site.start("worker")
    # Or the housekeeping process might place the calls.
    site.wait_for(lambda: heartbeat.alive(clock.now()).exists(), "the worker")
    site.start("housekeeping")
    site.wait_for(lambda: sandbox.totals()["startcall_requests"] >= WORKERS, "calls in hand")
    site.stop("housekeeping")
    return site


def test_told_to_end_it_finishes_the_calls_in_hand(calling, sandbox):
    told_at = clock.now()
    assert calling.stop("worker", signal.SIGTERM, patience=40) == 0
    attempts = Attempt.objects.all()
    assert {attempt.outcome for attempt in attempts} == {Outcome.ACCEPTED}
    assert all(attempt.started_at < told_at for attempt in attempts)
    assert len(sandbox.calls()) == len(attempts) >= WORKERS
    assert CallRequest.objects.filter(status=Status.CALLED).count() == len(attempts)
    assert CallRequest.objects.filter(status=Status.QUEUED).count() == BACKLOG - len(attempts)


def test_killed_its_calls_are_in_doubt_and_the_others_are_placed(calling, sandbox, later):
    calling.stop("worker", signal.SIGKILL)
    in_hand = set(CallRequest.objects.filter(status=Status.CALLING).values_list("pk", flat=True))
    assert len(in_hand) == WORKERS
    sandbox.wait_for_calls(WORKERS)
    sandbox.faults([])
    later.comes()
    for call_request in CallRequest.objects.all():
        expected = (
            (Status.UNCERTAIN, Reason.WORKER_DIED) if call_request.pk in in_hand else ("called", "")
        )
        assert (call_request.status, call_request.reason) == expected
    numbers = [call["destination"] for call in sandbox.calls()]
    assert len(numbers) == len(set(numbers)) == BACKLOG
