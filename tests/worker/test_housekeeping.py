"""Housekeeping finds what fell through."""

from datetime import UTC, datetime, timedelta

import pytest

from callbacks.core import clock
from callbacks.dispatch import call_switch, circuit_breaker, place_next
from callbacks.lifecycle import retrying, transitions
from callbacks.models import Actor, CallRequest, Outcome, Reason, Status, WorkerProcess
from callbacks.models.attempt import GRACE
from callbacks.worker import housekeeping, tasks
from tests.support.call_service.fake_api import FakeApi
from tests.support.concurrency import once_after
from tests.support.factories import make_request

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)


@pytest.fixture
def messages(monkeypatch):
    """How many messages each wake-up sent; none wait."""
    sent = []
    monkeypatch.setattr(tasks, "notify_workers", lambda count=1: sent.append(count) or True)
    monkeypatch.setattr(tasks, "waiting", lambda: 0)
    return sent


def housekeeping_at(seconds):
    with clock.set_to(NOW + timedelta(seconds=seconds)):
        return housekeeping.run_round()


def die_while_calling():
    with clock.set_to(NOW):
        call_request = make_request(patience_until=NOW + timedelta(hours=1))
        with pytest.raises(ZeroDivisionError):
            place_next(FakeApi(ZeroDivisionError()))
    return call_request, call_request.attempts.get().deadline_at


def test_what_died_while_calling_is_uncertain_once_its_time_is_over(messages):
    call_request, deadline = die_while_calling()
    late = (deadline - NOW + GRACE).total_seconds()
    assert housekeeping_at(late - 1).uncertain == 0
    call_request.refresh_from_db()
    assert call_request.status == Status.CALLING
    assert housekeeping_at(late).uncertain == 1
    call_request.refresh_from_db()
    assert (call_request.status, call_request.reason) == (Status.UNCERTAIN, Reason.WORKER_DIED)
    assert call_request.attempts.get().outcome == Outcome.UNKNOWN
    assert call_request.moves.last().actor == "housekeeping"


def test_a_calling_row_without_an_attempt_does_not_stay_for_ever(messages):
    call_request = make_request(status=Status.CALLING, attempts_made=1)
    assert housekeeping_at(0).uncertain == 1
    call_request.refresh_from_db()
    assert call_request.status == Status.UNCERTAIN


def test_housekeeping_sends_a_message_for_each_thread_there_is(messages, settings):
    settings.WORKERS, settings.PACE_CALLS = 2, 0
    for _ in range(9):
        make_request(due_at=NOW, patience_until=NOW + timedelta(hours=1))
    housekeeping_at(0)  # nobody is known to be alive: as for one process
    for number in range(3):
        WorkerProcess.objects.create(
            host="worker", pid=number, threads=2, started_at=NOW, seen_at=NOW
        )
    housekeeping_at(1)
    assert messages == [2, 6]


def test_nobody_is_called_after_their_patience(messages):
    with clock.set_to(NOW):
        call_request = make_request(patience_until=NOW + timedelta(minutes=15))
    assert housekeeping_at(15 * 60 - 1).too_late == 0
    assert housekeeping_at(15 * 60).too_late == 1
    call_request.refresh_from_db()
    assert (call_request.status, call_request.reason) == (Status.FAILED, Reason.TOO_LATE)


# What a round of housekeeping looks for first, in its own words.
LATE = '"callbacks_callrequest"."patience_until" <= '
DEAD = "WHERE (NOT EXISTS(SELECT "


def expired_while(happens):
    """A request that is too late when housekeeping looks for such, and then `happens`."""
    with clock.set_to(NOW):
        call_request = make_request(patience_until=NOW + timedelta(minutes=15))
    with once_after(LATE, lambda: happens(CallRequest.objects.get(pk=call_request.pk))):
        assert housekeeping_at(15 * 60).too_late == 0
    call_request.refresh_from_db()
    return call_request


def test_a_request_that_staff_retried_meanwhile_is_not_expired(messages, admin_user):
    """Failed, and queued again with a new patience: the same status, as many attempts."""

    def fail_and_retry(request):
        transitions.transition(
            request, transitions.EXPIRE, Actor.HOUSEKEEPING, reason=Reason.TOO_LATE
        )
        assert retrying.retry(CallRequest.objects.get(pk=request.pk), admin_user)

    request = expired_while(fail_and_retry)
    assert (request.status, request.reason) == (Status.QUEUED, "")
    assert [move.name for move in request.moves.all()] == ["expire", "retry"]


def test_a_request_that_was_cancelled_meanwhile_is_not_expired(messages):
    request = expired_while(
        lambda request: transitions.transition(
            request, transitions.CANCEL, Actor.VISITOR, reason=Reason.BY_VISITOR
        )
    )
    assert (request.status, request.reason) == (Status.CANCELLED, Reason.BY_VISITOR)
    assert [move.name for move in request.moves.all()] == ["cancel"]


def test_a_call_that_somebody_is_at_again_is_not_doubted(messages):
    call_request, deadline = die_while_calling()
    late = (deadline - NOW + GRACE).total_seconds()

    def another_is_at_it():
        call_request.attempts.update(deadline_at=deadline + timedelta(minutes=1))

    with once_after(DEAD, another_is_at_it):
        assert housekeeping_at(late).uncertain == 0
    call_request.refresh_from_db()
    assert call_request.status == Status.CALLING
    assert call_request.attempts.get().outcome == Outcome.PENDING


def test_due_rows_that_got_no_message_get_one(messages):
    with clock.set_to(NOW):
        for _ in range(3):
            make_request()
        make_request(due_at=NOW + timedelta(minutes=1))
    housekeeping_at(0)
    assert messages == [3]


def test_messages_that_wait_already_are_not_sent_again(messages, monkeypatch):
    monkeypatch.setattr(tasks, "waiting", lambda: 2)
    with clock.set_to(NOW):
        for _ in range(3):
            make_request()
    housekeeping_at(0)
    assert messages == [1]


@pytest.mark.slow
def test_no_more_messages_than_the_pace_allows(messages, settings):
    settings.PACE_CALLS = 2
    with clock.set_to(NOW):
        for _ in range(5):
            make_request()
    housekeeping_at(0)
    assert messages == [2]


@pytest.mark.parametrize("shut", ["stop", "circuit"])
def test_nobody_is_woken_while_the_call_control_is_shut(messages, shut):
    with clock.set_to(NOW):
        make_request()
        if shut == "stop":
            call_switch.stop("anne")
        else:
            circuit_breaker.record_failure(
                circuit_breaker.request_permission(NOW), "credentials", "w"
            )
    housekeeping_at(1)
    assert messages == []


def test_the_queue_storage_may_be_away(monkeypatch):
    def away(*args):
        raise ConnectionError

    monkeypatch.setattr(tasks, "waiting", away)
    monkeypatch.setattr(tasks, "notify_workers", lambda count=1: False)
    with clock.set_to(NOW):
        make_request()
    assert housekeeping_at(0).woken == 0
