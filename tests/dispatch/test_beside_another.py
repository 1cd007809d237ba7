"""A claim or an answer changes its own request, and nothing of another that is called or waits."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from callbacks import call_api
from callbacks.abuse import block_list
from callbacks.core import boot_clock, clock
from callbacks.dispatch import PlaceResult, place_next, record
from callbacks.dispatch.circuit_breaker import Decision, Permission
from callbacks.dispatch.claim import claim_next
from callbacks.dispatch.claimed import Claim
from callbacks.models import Attempt, BlockKind, CallRequest, Outcome, Status
from tests.support.call_service.fake_api import FakeApi
from tests.support.factories import make_request

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)


def claimed() -> Claim:
    """Claim the next due request."""
    claim = claim_next(Decision(Permission.GO), 10)
    assert isinstance(claim, Claim)
    return claim


def others(mine: CallRequest) -> list[Any]:
    """Return all that is stored of the other requests."""
    return [
        list(CallRequest.objects.exclude(pk=mine.pk).order_by("pk").values()),
        list(Attempt.objects.exclude(call_request=mine).order_by("pk").values()),
        [move for one in CallRequest.objects.exclude(pk=mine.pk) for move in one.moves.values()],
    ]


def make_others() -> None:
    """One that is called, one whose answer never came, and one that was erased."""
    for _ in range(3):
        make_request()
        claimed()
    _called, unanswered, erased = CallRequest.objects.order_by("pk")
    unanswered.attempts.update(outcome=Outcome.UNKNOWN)
    CallRequest.objects.filter(pk=erased.pk).update(erased_at=NOW)


def not_accepted(kind: type[call_api.CallApiError]) -> Callable[[Claim], None]:
    return lambda claim: record.not_accepted(claim, kind(excerpt="words"))


ANSWERS: dict[str, Callable[[Claim], None]] = {
    "accepted": lambda claim: record.accepted(claim, call_api.Accepted(200, "words")),
    "not sent": not_accepted(call_api.NotSent),
    "held back": not_accepted(call_api.HeldBack),
    "try later": not_accepted(call_api.TryLater),
    "refused": not_accepted(call_api.Refused),
    "unknown": not_accepted(call_api.OutcomeUnknown),
}


@pytest.mark.parametrize("answer", ANSWERS)
def test_an_answer_changes_nothing_of_another(answer: str) -> None:
    make_others()
    mine = make_request()
    claim = claimed()
    assert claim.call_request == mine
    make_request()
    before = others(mine)
    ANSWERS[answer](claim)
    assert others(mine) == before
    attempt = mine.attempts.get()
    assert attempt.outcome != Outcome.PENDING
    assert attempt.excerpt == "words"
    mine.refresh_from_db()
    assert mine.status != Status.CALLING


def test_a_late_acceptance_changes_nothing_of_another() -> None:
    make_others()
    mine = make_request()
    claim = claimed()
    before = others(mine)
    CallRequest.objects.filter(pk=mine.pk).update(status=Status.UNCERTAIN)
    mine.attempts.update(outcome=Outcome.UNKNOWN)
    ANSWERS["accepted"](claim)
    assert others(mine) == before
    mine.refresh_from_db()
    assert mine.status == Status.CALLED


def test_a_claim_changes_nothing_of_another() -> None:
    make_others()
    mine = make_request()
    make_request()
    before = others(mine)
    assert claimed().call_request == mine
    assert others(mine) == before
    assert [move.name for move in mine.moves.all()] == ["claim"]


def test_a_missing_token_changes_nothing_of_another() -> None:
    make_others()
    mine = make_request()
    make_request()
    before = others(mine)
    record.no_token(mine, call_api.TokenUnavailable(), "worker", "service")
    assert others(mine) == before
    mine.refresh_from_db()
    assert (mine.status, mine.attempts_made) == (Status.QUEUED, 1)


def test_a_block_of_another_number_keeps_nobody_from_being_called():
    block_list.add(BlockKind.NUMBER, "+33687654321")
    make_request(number="+33612345678")
    api = FakeApi()
    assert place_next(api) is PlaceResult.WORKED
    assert [call["destination"] for call in api.calls] == ["+33612345678"]


def test_a_missing_token_is_noted_with_all_that_staff_are_told(admin_user: Any) -> None:
    error = call_api.TokenUnavailable(http_status=502, excerpt="Bad gateway")
    mine = make_request(retried_by=admin_user, queue_position=7)
    with clock.set_to(NOW):
        record.no_token(mine, error, "worker-1", "calls.example")
    noted = Attempt.objects.get()
    assert (noted.call_request, noted.widget, noted.number) == (mine, mine.widget, 1)
    assert (noted.worker, noted.service) == ("worker-1", "calls.example")
    assert (noted.person, noted.queue_position) == (admin_user, 7)
    assert (noted.outcome, noted.code) == (Outcome.NOT_SENT, "token_unavailable")
    assert (noted.http_status, noted.excerpt) == (502, "Bad gateway")
    assert noted.started_at == noted.deadline_at == noted.ended_at == NOW


def test_an_attempt_lasted_from_its_claim_to_its_answer():
    make_request()
    with boot_clock.movable() as move:
        place_next(FakeApi(before_sending=lambda: move(3)))
    lasted = Attempt.objects.get().duration_ms
    assert lasted is not None
    assert 3000 <= lasted < 3000 + 2 * 60_000  # it may take long itself
