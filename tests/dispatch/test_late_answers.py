"""An answer is written where the attempt is mine; too late, it changes as little as it may."""

import pytest
from django.contrib.auth.models import User
from django.db import OperationalError

from callbacks import call_api
from callbacks.data_protection import erasure
from callbacks.dispatch import PlaceResult, place_next, record
from callbacks.dispatch.circuit_breaker import Decision, Permission
from callbacks.dispatch.claim import claim_next
from callbacks.dispatch.claimed import Claim
from callbacks.lifecycle import retrying, transitions
from callbacks.models import Actor, Attempt, CallRequest, Outcome, Reason, Status
from tests.support.call_service.fake_api import FakeApi
from tests.support.factories import make_request

pytestmark = pytest.mark.django_db


def place_while(happens, answer):
    """Places a call during which `happens(request)` is done by somebody else."""
    call_request = make_request()

    def play():
        happens(CallRequest.objects.get(pk=call_request.pk))
        return answer

    place_next(FakeApi(play))
    call_request.refresh_from_db()
    return call_request


def housekeeping_finds_it(call_request):
    assert transitions.transition(
        call_request, transitions.MARK_UNCERTAIN, Actor.HOUSEKEEPING, reason=Reason.WORKER_DIED
    )
    call_request.attempts.update(outcome=Outcome.UNKNOWN)


def test_a_late_acceptance_makes_uncertain_called():
    call_request = place_while(housekeeping_finds_it, call_api.Accepted(200, ""))
    assert call_request.status == Status.CALLED
    assert call_request.attempts.get().outcome == Outcome.ACCEPTED


@pytest.mark.parametrize(
    "answer",
    [
        call_api.Refused(http_status=400),
        call_api.NotSent(),
        call_api.TryLater(),
        call_api.OutcomeUnknown(),
    ],
)
def test_any_other_late_answer_leaves_it_uncertain(answer):
    call_request = place_while(housekeeping_finds_it, answer)
    assert call_request.status == Status.UNCERTAIN
    assert call_request.attempts.get().code == answer.code


@pytest.mark.parametrize(
    ("second_answer", "status"),
    [(call_api.OutcomeUnknown(), Status.UNCERTAIN), (call_api.NotSent(), Status.QUEUED)],
    ids=["uncertain again", "queued"],
)
def test_a_late_acceptance_of_an_older_attempt_changes_only_that_attempt(second_answer, status):
    anne = User.objects.create(username="anne")

    def ended_retried_and_placed_again(request):
        housekeeping_finds_it(request)
        assert retrying.retry(request, anne, checked=True)
        assert place_next(FakeApi(second_answer)) is PlaceResult.WORKED

    request = place_while(ended_retried_and_placed_again, call_api.Accepted(200, ""))
    assert request.status == status
    older, newer = request.attempts.order_by("number")
    assert older.outcome == Outcome.ACCEPTED
    assert newer.code == second_answer.code
    assert "late_accept" not in request.moves.values_list("name", flat=True)


@pytest.mark.parametrize(
    "answer",
    [
        call_api.Accepted(200, "calls 33612345678"),
        call_api.Refused(http_status=400, excerpt="no 33612345678"),
    ],
    ids=["accepted", "refused"],
)
def test_a_late_answer_writes_no_words_about_somebody_who_was_erased(admin_user, answer):
    def ended_and_erased(request):
        housekeeping_finds_it(request)
        erasure.erase(admin_user, number=request.number)

    request = place_while(ended_and_erased, answer)
    assert (request.status, request.number) == (Status.UNCERTAIN, "")
    attempt = request.attempts.get()
    assert attempt.code in {"accepted", "refused"}
    assert attempt.excerpt == ""


def claimed():
    make_request()
    claim = claim_next(Decision(Permission.GO), 10)
    assert isinstance(claim, Claim)
    return claim


ANSWERS = {
    "accepted": (
        lambda claim: record.accepted(claim, call_api.Accepted(200, "first")),
        Outcome.ACCEPTED,
    ),
    "not sent": (
        lambda claim: record.not_accepted(claim, call_api.NotSent()),
        Outcome.NOT_SENT,
    ),
    "try later": (
        lambda claim: record.not_accepted(claim, call_api.TryLater()),
        Outcome.TRY_LATER,
    ),
    "refused": (
        lambda claim: record.not_accepted(claim, call_api.Refused(http_status=400)),
        Outcome.REFUSED,
    ),
    "held back": (
        lambda claim: record.not_accepted(claim, call_api.HeldBack(code="claim_too_old")),
        Outcome.NOT_SENT,
    ),
}
LATER = {
    "accepted": lambda claim: record.accepted(claim, call_api.Accepted(201, "second")),
    "unknown": lambda claim: record.not_accepted(claim, call_api.OutcomeUnknown()),
    "refused": lambda claim: record.not_accepted(claim, call_api.Refused(http_status=422)),
    "held back": lambda claim: record.not_accepted(claim, call_api.HeldBack(code="claim_too_old")),
}


@pytest.mark.parametrize("later", LATER)
@pytest.mark.parametrize("first", ANSWERS)
def test_an_attempt_that_has_ended_is_never_written_over(first, later):
    claim = claimed()
    answer, outcome = ANSWERS[first]
    answer(claim)
    ended = Attempt.objects.values().get()
    assert ended["outcome"] == outcome
    status = CallRequest.objects.get().status
    LATER[later](claim)
    assert Attempt.objects.values().get() == ended
    assert CallRequest.objects.get().status == status


def test_an_answer_is_recorded_once_the_database_is_back(monkeypatch):
    away = [OperationalError(), OperationalError()]
    really = record.accepted

    def accepted(claim, answer):
        if away:
            raise away.pop()
        really(claim, answer)

    monkeypatch.setattr(record, "accepted", accepted)
    monkeypatch.setattr("callbacks.dispatch.place_call.time.sleep", lambda seconds: None)
    monkeypatch.setattr("callbacks.dispatch.place_call.close_old_connections", lambda: None)
    call_request = make_request()
    place_next(FakeApi())
    call_request.refresh_from_db()
    assert call_request.status == Status.CALLED


def test_recording_the_same_answer_twice_changes_nothing():
    claim = claimed()
    for _ in range(2):
        record.accepted(claim, call_api.Accepted(200, ""))
    call_request = CallRequest.objects.get()
    assert call_request.status == Status.CALLED
    assert [move.name for move in call_request.moves.all()] == ["claim", "accept"]
