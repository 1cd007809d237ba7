"""What is looked at right before a call is sent, and what happens when the look says no."""

from contextlib import ExitStack
from datetime import UTC, datetime, timedelta

import pytest
import structlog
from django.db import OperationalError

from callbacks.core import availability, boot_clock, clock
from callbacks.dispatch import (
    PlaceResult,
    call_switch,
    circuit_breaker,
    claim,
    last_look,
    place_next,
    record,
)
from callbacks.dispatch.last_look import OLDEST_CLAIM_SECONDS
from callbacks.lifecycle import actions, retrying, transitions, worker_moves
from callbacks.models import Actor, CallControl, CallRequest, CircuitState, Outcome, Reason, Status
from tests.support.call_service.fake_api import FakeApi, FakeExchange
from tests.support.factories import make_request

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)


@pytest.fixture
def sleep():
    """Moves the boot clock on by some seconds, as a machine's sleep does."""
    with boot_clock.movable() as move:
        yield move


def place_after(happens, **fields):
    """Place a call, and let `happens(request)` be while it connects. Nothing may be sent."""
    call_request = make_request(**fields)
    api = FakeApi(before_sending=lambda: happens(CallRequest.objects.get(pk=call_request.pk)))
    assert place_next(api) is PlaceResult.WORKED
    assert api.calls == []
    call_request.refresh_from_db()
    attempt = call_request.attempts.get(number=1)
    assert (attempt.sends, attempt.answers) == (0, "")
    return call_request, attempt


def test_a_machine_that_slept_since_the_claim_sends_nothing(sleep):
    call_request, attempt = place_after(lambda _: sleep(OLDEST_CLAIM_SECONDS + 0.1))
    assert (attempt.outcome, attempt.code) == (Outcome.NOT_SENT, "claim_too_old")
    assert (call_request.status, call_request.put_off_count) == (Status.QUEUED, 0)
    assert place_next(FakeApi()) is PlaceResult.WORKED


def test_a_machine_that_slept_while_it_committed_the_claim_sends_nothing(sleep, monkeypatch):
    really = worker_moves.claim

    def make(*args, **kwargs):
        done = really(*args, **kwargs)
        sleep(OLDEST_CLAIM_SECONDS + 0.1)
        return done

    monkeypatch.setattr(worker_moves, "claim", make)
    _, attempt = place_after(lambda _: None)
    assert attempt.code == "claim_too_old"


def test_a_machine_that_slept_while_it_waited_for_the_claim_sends_nothing(sleep, monkeypatch):
    really = claim.pick

    def pick(*args, **kwargs):
        sleep(OLDEST_CLAIM_SECONDS + 0.1)
        return really(*args, **kwargs)

    monkeypatch.setattr(claim, "pick", pick)
    _, attempt = place_after(lambda _: None)
    assert attempt.code == "claim_too_old"


def test_an_attempt_is_over_before_housekeeping_calls_it_dead(sleep, monkeypatch):
    """By its own clock it began before the claim, by the database's inside it."""
    really = claim.pick

    def pick(*args, **kwargs):
        sleep(3)
        return really(*args, **kwargs)

    monkeypatch.setattr(claim, "pick", pick)
    call_request, api, begun = make_request(), FakeApi(), boot_clock.now()
    place_next(api)
    attempt = call_request.attempts.get()
    assert api.calls[0]["begun"] == pytest.approx(begun, abs=1)
    own = api.calls[0]["deadline"] - begun
    assert own == pytest.approx(api.config.attempt_seconds, abs=1)
    assert (attempt.deadline_at - attempt.started_at).total_seconds() == pytest.approx(
        api.config.attempt_seconds
    )


def test_a_machine_that_slept_while_it_asked_sends_nothing(sleep, monkeypatch):
    really = last_look._ask

    def ask(*args):
        sleep(OLDEST_CLAIM_SECONDS + 0.1)
        return really(*args)

    monkeypatch.setattr(last_look, "_ask", ask)
    _, attempt = place_after(lambda _: None)
    assert attempt.code == "claim_too_old"


def test_a_claim_that_is_old_by_the_databases_clock_is_not_sent():
    with clock.set_to(NOW), ExitStack() as later:

        def failed(_):
            later.enter_context(clock.set_to(NOW + timedelta(seconds=OLDEST_CLAIM_SECONDS + 1)))

        _, attempt = place_after(failed)
    assert attempt.code == "claim_too_old"


def test_time_spent_waiting_for_the_service_does_not_make_a_claim_old(sleep, monkeypatch):
    """Slow connections are the service's, and the attempt has a deadline for them."""
    awake = [0.0]
    monkeypatch.setattr(last_look.time, "monotonic", lambda: awake[0])

    def connect():
        awake[0] += 20
        sleep(20)

    call_request = make_request()
    api = FakeApi(before_sending=connect)
    place_next(api)
    call_request.refresh_from_db()
    assert (len(api.calls), call_request.status) == (1, Status.CALLED)


@pytest.mark.postgresql
@pytest.mark.parametrize(("waited", "code"), [(20, ""), (0, "claim_too_old")])
def test_time_in_which_the_connection_was_opened_early_does_not_either(
    sleep, monkeypatch, waited, code
):
    def open_early(exchange, deadline):
        sleep(20)
        exchange.seconds_waited = waited

    monkeypatch.setattr(FakeExchange, "open_early", open_early)
    call_request = make_request()
    api = FakeApi()
    place_next(api)
    assert len(api.calls) == (not code)
    assert call_request.attempts.get().code == (code or "accepted")


def test_what_housekeeping_gave_up_is_not_sent_and_stays_uncertain():
    def report(request):
        assert transitions.transition(
            request, transitions.MARK_UNCERTAIN, Actor.HOUSEKEEPING, reason=Reason.WORKER_DIED
        )
        request.attempts.update(outcome=Outcome.UNKNOWN, code="worker_died")

    request, attempt = place_after(report)
    assert (request.status, request.reason) == (Status.UNCERTAIN, Reason.WORKER_DIED)
    assert (attempt.outcome, attempt.code) == (Outcome.NOT_SENT, "taken_over")


def test_each_of_status_number_and_outcome_takes_the_claim_away():
    changes = [
        lambda request: CallRequest.objects.filter(pk=request.pk).update(status=Status.UNCERTAIN),
        lambda request: CallRequest.objects.filter(pk=request.pk).update(attempts_made=2),
        lambda request: request.attempts.update(outcome=Outcome.UNKNOWN),
    ]
    for change in changes:
        _, attempt = place_after(change)
        assert attempt.code == "taken_over"


def test_what_was_ended_and_retried_and_claimed_anew_is_sent_by_its_own_worker_only(admin_user):
    other = FakeApi()

    def taken_over(request):
        assert transitions.transition(
            request, transitions.MARK_UNCERTAIN, Actor.HOUSEKEEPING, reason=Reason.WORKER_DIED
        )
        request.attempts.update(outcome=Outcome.UNKNOWN, code="worker_died")
        assert retrying.retry(request, admin_user, checked=True)
        assert (
            place_next(FakeApi(before_sending=lambda: other.calls.append(1))) is PlaceResult.WORKED
        )

    request, attempt = place_after(taken_over)
    assert len(other.calls) == 1
    assert (request.status, request.attempts_made) == (Status.CALLED, 2)
    assert (attempt.outcome, attempt.code) == (Outcome.NOT_SENT, "taken_over")


def test_what_an_operator_holds_is_not_sent():
    request, _ = place_after(lambda request: actions.hold(request, reason=Reason.RESTORED))
    assert (request.status, request.reason) == (Status.UNCERTAIN, Reason.RESTORED)


def test_what_was_deleted_is_not_sent():
    call_request = make_request()
    api = FakeApi(before_sending=lambda: CallRequest.objects.all().delete())
    assert place_next(api) is PlaceResult.WORKED
    assert api.calls == []
    assert not CallRequest.objects.filter(pk=call_request.pk).exists()


def test_a_request_whose_patience_ended_is_not_sent_and_too_late():
    def ends(request):
        CallRequest.objects.filter(pk=request.pk).update(patience_until=clock.now())

    with clock.set_to(NOW):  # it has just ended
        request, attempt = place_after(ends)
    assert (request.status, request.reason) == (Status.FAILED, Reason.TOO_LATE)
    assert (attempt.outcome, attempt.code) == (Outcome.NOT_SENT, "patience_over")
    assert [move.name for move in request.moves.all()] == ["claim", "requeue", "expire"]


def test_a_claim_that_was_too_old_is_too_late_when_its_patience_ended_after_the_look(
    sleep, monkeypatch
):
    really = record.not_accepted

    def not_accepted(claim, error):
        claim.call_request.patience_until = clock.now()
        CallRequest.objects.update(patience_until=claim.call_request.patience_until)
        really(claim, error)

    monkeypatch.setattr(record, "not_accepted", not_accepted)
    call_request, attempt = place_after(lambda _: sleep(OLDEST_CLAIM_SECONDS + 0.1))
    assert (call_request.status, call_request.reason) == (Status.FAILED, Reason.TOO_LATE)
    assert attempt.code == "claim_too_old"


def test_a_request_without_a_number_is_not_sent_and_cancelled():
    def blanked(request):
        CallRequest.objects.filter(pk=request.pk).update(number="")

    request, attempt = place_after(blanked)
    assert (request.status, request.reason) == (Status.CANCELLED, Reason.ERASED)
    assert (attempt.outcome, attempt.code) == (Outcome.NOT_SENT, "no_number")


def test_an_erased_request_is_not_sent_and_left_alone():
    def erased(request):
        CallRequest.objects.filter(pk=request.pk).update(erased_at=NOW)

    request, attempt = place_after(erased)
    assert (request.status, request.erased_at) == (Status.CALLING, NOW)
    assert (attempt.outcome, attempt.code) == (Outcome.NOT_SENT, "no_number")


@pytest.mark.parametrize("blank", [{"number": ""}, {"erased_at": NOW}])
def test_an_erased_request_is_not_claimed(blank):
    make_request(**blank)
    api = FakeApi()
    assert place_next(api) is PlaceResult.IDLE
    assert api.calls == []


def test_while_the_database_is_away_nothing_is_sent(monkeypatch):
    really, away = last_look._ask, [1]

    def ask(*args):
        if away:
            away.pop()
            raise OperationalError
        return really(*args)

    monkeypatch.setattr(last_look, "_ask", ask)
    availability.database.forget()
    with structlog.testing.capture_logs() as logged:
        call_request, attempt = place_after(lambda _: None)
    told = [one["event"] for one in logged if one["event"].startswith("database")]
    assert told == ["database_away", "database_back"]
    assert (call_request.status, call_request.put_off_count) == (Status.QUEUED, 0)
    assert (attempt.outcome, attempt.code) == (Outcome.NOT_SENT, "database_away")
    assert place_next(FakeApi()) is PlaceResult.WORKED


def test_a_look_that_says_no_is_no_failure_of_the_service(sleep):
    CallControl.objects.update_or_create(
        pk=1,
        defaults={"circuit": CircuitState.CLOSED, "failures": circuit_breaker.FAILURES_TO_OPEN - 1},
    )
    place_after(lambda _: sleep(OLDEST_CLAIM_SECONDS + 0.1))
    row = call_switch.current()
    assert (row.circuit, row.failures) == (
        CircuitState.CLOSED,
        circuit_breaker.FAILURES_TO_OPEN - 1,
    )


def test_the_last_look_is_one_statement(django_assert_num_queries):
    class Api(FakeApi):
        def start_call(self, **fields):
            with django_assert_num_queries(1):
                assert fields["may_send"]() == ""
            return super().start_call(**fields)

    make_request()
    api = Api()
    place_next(api)
    assert len(api.calls) == 1
