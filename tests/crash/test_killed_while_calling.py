"""A worker killed at any step: nobody is called twice, nothing is lost, nothing gets stuck."""

from datetime import timedelta

import pytest

from callbacks.core import clock
from callbacks.models import Attempt, Outcome, Reason, Status
from tests.support.factories import make_request
from tests.support.processes import steps


def outcome_of(call_request):
    """Its status, reason, and the outcomes of its attempts."""
    call_request.refresh_from_db()
    return (
        call_request.status,
        call_request.reason,
        [attempt.outcome for attempt in call_request.attempts.all()],
    )


CALLED = (Status.CALLED, "", [Outcome.ACCEPTED])
IN_DOUBT = (Status.UNCERTAIN, Reason.WORKER_DIED, [Outcome.UNKNOWN])


@pytest.mark.parametrize("step", steps.NOT_YET_CLAIMED, ids=str)
def test_before_the_claim_is_committed_another_worker_calls(nursery, later, sandbox, step):
    call_request = make_request()
    nursery.die(step, "place")
    later.comes()
    assert outcome_of(call_request) == CALLED
    assert len(sandbox.calls()) == 1


@pytest.mark.parametrize("step", steps.NOT_YET_CLAIMED_AT_ONCE, ids=str)
def test_with_a_token_at_hand_the_request_is_free_until_the_claim_is_committed(
    nursery, later, sandbox, step
):
    call_request = make_request()
    nursery.die(step, "place_with_token")
    assert outcome_of(call_request) == (Status.QUEUED, "", [])
    later.comes()
    assert outcome_of(call_request) == CALLED
    assert len(sandbox.calls()) == 1


@pytest.mark.postgresql
@pytest.mark.parametrize("step", steps.CONNECTING_EARLY, ids=str)
@pytest.mark.parametrize("do", ["place", "place_with_token"])
def test_while_the_connection_is_opened_early_it_is_one_or_the_other(
    nursery, later, sandbox, do, step
):
    call_request = make_request()
    nursery.die(step, do)
    assert sandbox.calls() == []
    later.comes()
    assert outcome_of(call_request) in (CALLED, IN_DOUBT)
    assert len(sandbox.calls()) <= 1


@pytest.mark.parametrize("step", steps.CLAIMED_NOT_SENT, ids=str)
def test_claimed_and_not_sent_is_in_doubt_too(nursery, later, sandbox, step):
    """It did not ring, but nobody is left who knows."""
    call_request = make_request()
    nursery.die(step, "place")
    later.comes()
    assert outcome_of(call_request) == IN_DOUBT
    assert sandbox.calls() == []


@pytest.mark.parametrize("step", steps.SENT_NOT_RECORDED, ids=str)
def test_sent_and_not_recorded_is_in_doubt_and_never_sent_again(nursery, later, sandbox, step):
    call_request = make_request()
    nursery.die(step, "place")
    later.comes()
    later.comes()
    assert outcome_of(call_request) == IN_DOUBT
    assert len(sandbox.wait_for_calls(1)) == 1


@pytest.mark.parametrize("step", steps.RECORDED, ids=str)
def test_recorded_is_called(nursery, later, sandbox, step):
    call_request = make_request()
    nursery.die(step, "place")
    later.comes()
    assert outcome_of(call_request) == CALLED
    assert len(sandbox.calls()) == 1


@pytest.mark.parametrize(
    ("do", "step", "may_have_rung"),
    [
        ("place", steps.DURING_CLAIMED, {0}),
        ("place_with_token", steps.DURING_CLAIMED_AT_ONCE, {0}),
        ("place", steps.DURING_RECORDED, {1}),
    ],
    ids=["the claim", "the claim at once", "the acceptance"],
)
def test_while_a_commit_is_under_way_it_is_one_or_the_other(
    nursery, later, sandbox, do, step, may_have_rung
):
    call_request = make_request()
    nursery.die(step, do)
    assert len(sandbox.calls()) in may_have_rung
    later.comes()
    assert outcome_of(call_request) in (CALLED, IN_DOUBT)
    assert len(sandbox.calls()) <= 1


def test_the_others_in_the_queue_are_not_held_up(nursery, later, sandbox):
    first, second, third = (make_request() for _ in range(3))
    nursery.die(steps.BEFORE_CLAIMED, "place")
    nursery.die(steps.SENT_NOT_RECORDED[0], "place")
    # Sent by a process that has not waited for the answer: it may still be on its way.
    sandbox.wait_for_calls(1)
    later.comes()
    assert outcome_of(first) == IN_DOUBT
    assert outcome_of(second) == outcome_of(third) == CALLED
    assert [call["destination"] for call in sandbox.calls()] == [
        call_request.number for call_request in (first, second, third)
    ]


@pytest.mark.parametrize(
    ("step", "status", "calls"),
    [
        (steps.BEFORE_PUT_OFF, (Status.UNCERTAIN,), (0,)),
        (steps.DURING_PUT_OFF, (Status.UNCERTAIN, Status.CALLED), (0, 1)),
        (steps.AFTER_PUT_OFF, (Status.CALLED,), (1,)),
    ],
    ids=str,
)
def test_told_to_come_back_later_and_killed(nursery, later, sandbox, step, status, calls):
    call_request = make_request()
    sandbox.faults([{"at": "startcall", "fault": "429", "retry_after": 1, "times": 1}])
    nursery.die(step, "place")
    later.comes()
    call_request.refresh_from_db()
    assert call_request.status in status
    assert len(sandbox.calls()) in calls


@pytest.mark.parametrize("step", [steps.BEFORE_NO_TOKEN, steps.AFTER_NO_TOKEN], ids=str)
def test_without_a_token_and_killed_the_request_still_waits(nursery, later, sandbox, step):
    call_request = make_request()
    sandbox.faults([{"at": "token", "fault": "503", "times": 1}])
    nursery.die(step, "place")
    later.comes()
    call_request.refresh_from_db()
    assert call_request.status == Status.CALLED
    assert len(sandbox.calls()) == 1


def test_housekeeping_killed_half_way_is_finished_by_the_next(nursery, later, sandbox):
    requests = [make_request() for _ in range(3)]
    for _ in requests:
        nursery.die(steps.AFTER_CLAIMED, "place")
    half_way = steps.Step(
        "", "callbacks.worker.left_behind:transitions.transition", "exit", count=2
    )
    nursery.die(half_way, "housekeeping", at=clock.now() + timedelta(hours=1))
    requests[1].refresh_from_db()
    assert requests[1].status == Status.CALLING
    assert later.comes().uncertain == 2
    assert [outcome_of(call_request) for call_request in requests] == [IN_DOUBT] * 3
    assert not Attempt.objects.filter(outcome=Outcome.PENDING).exists()
    assert sandbox.calls() == []
