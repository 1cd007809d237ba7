"""Each row of the answer table: what came back, and what becomes of the request."""

from datetime import UTC, datetime, timedelta

import pytest

from callbacks import call_api
from callbacks.core import clock
from callbacks.dispatch import PlaceResult, call_switch, place_next, record
from callbacks.lifecycle import actions, retrying
from callbacks.models import Alert, CallControl, CallRequest, CircuitState, Outcome, Reason, Status
from callbacks.notifications import alerts
from tests.support.call_service.fake_api import FakeApi
from tests.support.factories import make_request

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _noon():
    with clock.set_to(NOW):
        yield


def place(answer, **fields):
    call_request = make_request(**fields)
    api = FakeApi(answer)
    assert place_next(api) is PlaceResult.WORKED
    call_request.refresh_from_db()
    return call_request, call_request.attempts.get(), api


def test_accepted_is_called():
    call_request, attempt, api = place(call_api.Accepted(202, "fine"), email=" Jo@X.example")
    assert (call_request.status, call_request.reason, call_request.attempts_made) == (
        Status.CALLED,
        "",
        1,
    )
    assert (attempt.outcome, attempt.http_status, attempt.excerpt) == ("accepted", 202, "fine")
    assert attempt.ended_at == NOW
    [call] = api.calls
    assert call["destination"] == call_request.number
    assert call["email"] == " Jo@X.example"
    assert call["originate"] == call_request.widget.originate


def test_acceptances_that_are_web_pages_count_and_are_told_once():
    for _ in range(3):
        call_request, _, _ = place(call_api.Accepted(200, "Maintenance", is_web_page=True))
        assert call_request.status == Status.CALLED
    alert = Alert.objects.get()
    assert (alert.kind, alert.over_at) == ("web_page", None)
    assert alerts.what_to_do(alert.kind)
    # Dealt with by a person, it comes back if it happens again, but not within half an hour.
    alerts.end(["web_page"])
    place(call_api.Accepted(200, "Maintenance", is_web_page=True))
    assert Alert.objects.count() == 1
    with clock.set_to(NOW + alerts.QUIET):
        place(call_api.Accepted(200, "Maintenance", is_web_page=True))
    assert Alert.objects.count() == 2


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
    call_request, attempt, _ = place(error)
    assert call_request.status == Status.QUEUED
    assert attempt.outcome == outcome
    assert attempt.code == error.code
    assert timedelta(seconds=1) <= call_request.backoff_until - NOW <= timedelta(seconds=2)
    assert call_request.put_off_count == 1


@pytest.mark.parametrize(("retry_after", "least"), [(90.0, 90), (0.0, 1), (None, 1)])
def test_not_before_the_time_that_the_service_gave(retry_after, least):
    call_request, _, _ = place(call_api.TryLater(retry_after=retry_after, http_status=429))
    assert call_request.status == Status.QUEUED
    assert (
        timedelta(seconds=least) <= call_request.backoff_until - NOW <= timedelta(seconds=least + 1)
    )


def test_each_429_waits_longer_until_the_fifth_send_which_is_final(monkeypatch):
    monkeypatch.setattr("callbacks.dispatch.backoff._random.uniform", lambda low, high: high)
    call_request, api, moment, waits = make_request(), FakeApi(throttled), NOW, []
    for _ in range(5):
        with clock.set_to(moment):
            call_switch.current()
            CallControl.objects.update(circuit=CircuitState.CLOSED, failures=0, quiet_until=None)
            assert place_next(api) is PlaceResult.WORKED
        call_request.refresh_from_db()
        waits.append((call_request.backoff_until - moment).total_seconds())
        moment = call_request.backoff_until
    assert waits[:4] == [2, 4, 8, 16]
    assert (call_request.status, call_request.reason) == (Status.FAILED, Reason.REFUSED)
    last = call_request.attempts.last()
    assert (last.outcome, last.code, last.http_status) == ("refused", "sends_used_up", 429)
    assert last.excerpt == "slow down"
    assert len(api.calls) == 5
    assert [call["sends_left"] for call in api.calls] == [5, 4, 3, 2, 1]


def throttled():
    return call_api.TryLater(http_status=429, excerpt="slow down")


@pytest.mark.parametrize(
    ("answers", "status"),
    [((307, 307, 429), Status.QUEUED), ((307, 307, 307, 307, 429), Status.FAILED)],
)
def test_every_send_of_an_attempt_counts(answers, status):
    error = call_api.TryLater(http_status=429)
    error.answers = answers
    call_request, attempt, _ = place(error)
    assert call_request.status == status
    assert call_request.sends_since_asked == len(answers)
    assert (attempt.sends, attempt.answers) == (len(answers), ",".join(map(str, answers)))


@pytest.mark.parametrize(
    "error",
    [
        call_api.CredentialsRefused(http_status=401),
        call_api.NotSent(code="connect_failed"),
        call_api.HeldBack(code="claim_too_old"),
    ],
)
def test_after_the_fifth_send_nothing_waits_for_another(error):
    error.answers = (307,)
    call_request, attempt, _ = place(error, sends_since_asked=4)
    assert (call_request.status, call_request.reason) == (Status.FAILED, Reason.REFUSED)
    assert attempt.code == "sends_used_up"


def test_what_was_not_sent_is_no_send():
    call_request, attempt, api = place(call_api.NotSent(code="connect_failed"), sends_since_asked=4)
    assert (call_request.status, call_request.sends_since_asked) == (Status.QUEUED, 4)
    assert (attempt.sends, attempt.answers) == (0, "")
    assert api.calls[0]["sends_left"] == 1


def test_a_send_without_an_answer_is_a_send():
    call_request, attempt, _ = place(call_api.OutcomeUnknown(code="timeout"))
    assert (call_request.status, call_request.sends_since_asked) == (Status.UNCERTAIN, 1)
    assert (attempt.sends, attempt.answers) == (1, "-")


def test_a_persons_retry_may_be_sent_five_times_again(admin_user):
    call_request, _, _ = place(throttled(), sends_since_asked=4)
    assert call_request.status == Status.FAILED
    assert retrying.retry(call_request, admin_user)
    call_request.refresh_from_db()
    assert (call_request.status, call_request.sends_since_asked) == (Status.QUEUED, 0)


@pytest.mark.parametrize("retry_after", [900.0, 3600.0, 86_400.0])
def test_told_to_come_back_after_its_patience_it_is_too_late_at_once(retry_after):
    call_request, attempt, _ = place(call_api.TryLater(http_status=429, retry_after=retry_after))
    assert (call_request.status, call_request.reason) == (Status.FAILED, Reason.TOO_LATE)
    assert attempt.outcome == Outcome.TRY_LATER
    assert [move.name for move in call_request.moves.all()] == ["claim", "requeue", "expire"]


def test_without_a_token_and_without_patience_for_another_try_it_is_too_late_at_once():
    call_request = make_request(patience_until=NOW + timedelta(seconds=0.5))
    place_next(FakeApi(token=call_api.TokenUnavailable(http_status=502)))
    call_request.refresh_from_db()
    assert (call_request.status, call_request.reason) == (Status.FAILED, Reason.TOO_LATE)
    assert call_request.attempts.get().code == "token_unavailable"


def test_a_refusal_is_final_and_keeps_the_words_of_the_service():
    call_request, attempt, _ = place(call_api.Refused(http_status=422, excerpt="no such scenario"))
    assert (call_request.status, call_request.reason) == (Status.FAILED, Reason.REFUSED)
    assert (attempt.http_status, attempt.excerpt) == (422, "no such scenario")


def test_sent_and_not_answered_is_uncertain():
    call_request, attempt, _ = place(call_api.OutcomeUnknown(code="timeout"))
    assert (call_request.status, call_request.reason) == (Status.UNCERTAIN, Reason.NO_ANSWER)
    assert (attempt.outcome, attempt.code) == (Outcome.UNKNOWN, "timeout")


def test_an_error_nobody_thought_of_leaves_the_claim_to_housekeeping():
    call_request = make_request()
    with pytest.raises(ZeroDivisionError):
        place_next(FakeApi(ZeroDivisionError()))
    call_request.refresh_from_db()
    assert call_request.status == Status.CALLING


def test_no_token_means_no_claim_and_a_note_of_it():
    call_request = make_request()
    api = FakeApi(token=call_api.TokenUnavailable(http_status=502))
    assert place_next(api) is PlaceResult.IDLE
    call_request.refresh_from_db()
    attempt = call_request.attempts.get()
    assert api.calls == []
    assert (call_request.status, call_request.attempts_made, attempt.number) == (
        Status.QUEUED,
        1,
        1,
    )
    assert (call_request.due_at, call_request.backoff_until > NOW) == (NOW, True)
    assert (attempt.outcome, attempt.http_status) == (Outcome.NOT_SENT, 502)
    assert call_switch.current().circuit == CircuitState.OPEN


def test_refused_credentials_pause_calling_but_lose_nobody():
    first, second = make_request(), make_request()
    api = FakeApi(token=call_api.CredentialsRefused(http_status=401))
    place_next(api)
    assert call_switch.current().opened_reason == "credentials"
    assert place_next(FakeApi()) is PlaceResult.IDLE
    for call_request in (first, second):
        call_request.refresh_from_db()
        assert call_request.status == Status.QUEUED


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (call_api.CredentialsRefused(http_status=401), "credentials"),
        (call_api.TokenUnavailable(http_status=502), "no_token"),
    ],
)
def test_a_token_that_was_lost_during_a_call_pauses_calling_at_once(error, reason):
    call_request, _, _ = place(error)
    row = call_switch.current()
    assert (row.circuit, row.opened_reason) == (CircuitState.OPEN, reason)
    assert call_request.status == Status.QUEUED


def test_a_request_that_was_cancelled_while_there_was_no_token_stays_cancelled():
    call_request = make_request()

    def meanwhile(seen):
        assert actions.cancel_by_visitor(CallRequest.objects.get(pk=seen.pk))
        return seen

    api = FakeApi(token=call_api.TokenUnavailable())
    with pytest.MonkeyPatch.context() as patch:
        really = record.no_token
        patch.setattr(record, "no_token", lambda seen, *rest: really(meanwhile(seen), *rest))
        place_next(api)
    call_request.refresh_from_db()
    assert (call_request.status, call_request.attempts_made) == (Status.CANCELLED, 0)
    assert call_request.backoff_until is None
    assert not call_request.attempts.exists()


def test_a_request_that_was_claimed_while_there_was_no_token_stays_claimed():
    call_request = make_request()
    stale = CallRequest.objects.get(pk=call_request.pk)
    place_next(FakeApi(call_api.OutcomeUnknown(code="timeout")))
    call_request.refresh_from_db()
    CallRequest.objects.filter(pk=call_request.pk).update(status=Status.QUEUED)
    record.no_token(stale, call_api.TokenUnavailable(), "worker", "service")
    assert call_request.attempts.count() == 1
    assert CallRequest.objects.get(pk=call_request.pk).attempts_made == 1
