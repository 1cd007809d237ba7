"""Each row of the answer table: what came back, and what becomes of the request."""

from datetime import UTC, datetime, timedelta

import pytest

from callbacks import call_api, clock, gate
from callbacks.dispatch import Turn, place_next
from callbacks.models import CircuitState, Outcome, Reason, Status
from tests.dispatch.fake_api import FakeApi
from tests.factories import make_request

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _noon():
    with clock.set_to(NOW):
        yield


def place(answer, **fields):
    request = make_request(**fields)
    api = FakeApi(answer)
    assert place_next(api) is Turn.WORKED
    request.refresh_from_db()
    return request, request.attempts.get(), api


def test_accepted_is_called():
    request, attempt, api = place(call_api.Accepted(202, "fine"), email=" Jo@X.example")
    assert (request.status, request.reason, request.attempts_made) == (Status.CALLED, "", 1)
    assert (attempt.outcome, attempt.http_status, attempt.excerpt) == ("accepted", 202, "fine")
    assert attempt.ended_at == NOW
    [call] = api.calls
    assert call["destination"] == request.number
    assert call["email"] == " Jo@X.example"
    assert call["originate"] == request.widget.originate


@pytest.mark.parametrize(
    ("error", "outcome"),
    [
        (call_api.NotSent(code="connect_failed"), Outcome.NOT_SENT),
        (call_api.TokenUnavailable(), Outcome.NOT_SENT),
        (call_api.CredentialsRefused(http_status=401), Outcome.NOT_SENT),
        (call_api.TryLater(http_status=429), Outcome.TRY_LATER),
    ],
)
def test_nothing_was_placed_and_it_waits_for_another_try(error, outcome):
    request, attempt, _ = place(error)
    assert request.status == Status.QUEUED
    assert attempt.outcome == outcome
    assert attempt.code == error.code
    assert timedelta(seconds=1) <= request.due_at - NOW <= timedelta(seconds=2)
    assert request.put_off_count == 1


def test_not_before_the_time_that_the_service_gave():
    request, _, _ = place(call_api.TryLater(retry_after=90.0, http_status=503))
    assert request.status == Status.QUEUED
    assert timedelta(seconds=90) <= request.due_at - NOW <= timedelta(seconds=92)


def test_a_refusal_is_final_and_keeps_the_words_of_the_service():
    request, attempt, _ = place(call_api.Refused(http_status=422, excerpt="no such scenario"))
    assert (request.status, request.reason) == (Status.FAILED, Reason.REFUSED)
    assert (attempt.http_status, attempt.excerpt) == (422, "no such scenario")


def test_sent_and_not_answered_is_uncertain():
    request, attempt, _ = place(call_api.OutcomeUnknown(code="timeout"))
    assert (request.status, request.reason) == (Status.UNCERTAIN, Reason.NO_ANSWER)
    assert (attempt.outcome, attempt.code) == (Outcome.UNKNOWN, "timeout")


def test_an_error_nobody_thought_of_leaves_the_claim_to_the_sweep():
    request = make_request()
    with pytest.raises(ZeroDivisionError):
        place_next(FakeApi(ZeroDivisionError()))
    request.refresh_from_db()
    assert request.status == Status.CALLING


def test_no_token_means_no_claim_and_a_note_of_it():
    request = make_request()
    api = FakeApi(token=call_api.TokenUnavailable(http_status=502))
    assert place_next(api) is Turn.IDLE
    request.refresh_from_db()
    attempt = request.attempts.get()
    assert api.calls == []
    assert (request.status, request.attempts_made, attempt.number) == (Status.QUEUED, 1, 1)
    assert request.due_at > NOW
    assert (attempt.outcome, attempt.http_status) == (Outcome.NOT_SENT, 502)
    assert gate.current().circuit == CircuitState.OPEN


def test_refused_credentials_pause_calling_but_lose_nobody():
    first, second = make_request(), make_request()
    api = FakeApi(token=call_api.CredentialsRefused(http_status=401))
    place_next(api)
    assert gate.current().opened_reason == "credentials"
    assert place_next(FakeApi()) is Turn.IDLE
    for request in (first, second):
        request.refresh_from_db()
        assert request.status == Status.QUEUED


def test_a_claim_that_took_too_long_is_given_up_unsent(monkeypatch):
    request = make_request()
    monkeypatch.setattr("callbacks.dispatch.claim.OLDEST_CLAIM_SECONDS", -1.0)
    api = FakeApi()
    place_next(api)
    request.refresh_from_db()
    assert api.calls == []
    assert (request.status, request.due_at) == (Status.QUEUED, NOW)
    assert request.attempts.get().code == "claim_too_old"
