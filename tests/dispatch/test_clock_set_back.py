"""The database's clock was ahead for a moment: what machines worked out from it counts as past."""

from datetime import UTC, datetime, timedelta

import pytest
from django.conf import settings
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from callbacks import call_api
from callbacks.core import clock
from callbacks.dispatch import PlaceResult, call_switch, circuit_breaker, place_next
from callbacks.dispatch.claim import claim_next
from callbacks.intake import accept
from callbacks.intake import errors as intake_errors
from callbacks.models import (
    Alert,
    AlertKind,
    CallControl,
    CallRequest,
    CircuitState,
    Outcome,
    PeriodicJob,
    Reason,
    Status,
    Widget,
)
from callbacks.notifications import alerts, outbox
from callbacks.scheduling.due import due
from callbacks.stats import counting, hourly
from callbacks.worker import heartbeat, housekeeping, housekeeping_job, left_behind, purge
from tests.support.call_service.fake_api import FakeApi
from tests.support.factories import make_request, make_submission, make_widget

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
AHEAD = timedelta(days=1)
SECOND, MINUTE, HOUR = timedelta(seconds=1), timedelta(minutes=1), timedelta(hours=1)


def place_at(moment, *answers):
    with clock.set_to(moment):
        return [place_next(FakeApi(answer)) for answer in answers or [call_api.Accepted(200, "")]]


def waiting(**fields):
    with clock.set_to(NOW):
        return make_request(patience_until=NOW + 2 * AHEAD, **fields)


def test_one_429_delays_nobody_for_longer_than_it_may():
    call_request = waiting()
    place_at(NOW + AHEAD, call_api.TryLater(http_status=429, code="throttled"))
    assert place_at(NOW) == [PlaceResult.WORKED]
    call_request.refresh_from_db()
    assert call_request.status == Status.CALLED


def test_a_quiet_time_from_then_gives_way_to_one_of_now():
    with clock.set_to(NOW + AHEAD):
        call_switch.current()
        circuit_breaker.pause_for(60)
    with clock.set_to(NOW):
        circuit_breaker.pause_for(60)
        assert call_switch.current().quiet_until == NOW + MINUTE
        circuit_breaker.pause_for(2)  # a shorter one shortens nothing
        assert call_switch.current().quiet_until == NOW + MINUTE


def test_five_500s_do_not_keep_the_circuit_open_for_a_day():
    for _ in range(circuit_breaker.FAILURES_TO_OPEN):
        waiting()
    lost = call_api.OutcomeUnknown(http_status=500)
    place_at(NOW + AHEAD, *[lost] * circuit_breaker.FAILURES_TO_OPEN)
    assert call_switch.current().circuit == CircuitState.OPEN
    waiting()
    assert place_at(NOW) == [PlaceResult.WORKED]
    assert call_switch.current().circuit == CircuitState.CLOSED


def test_a_probe_that_died_then_does_not_hold_the_next_one():
    for _ in range(circuit_breaker.FAILURES_TO_OPEN):
        waiting()
    place_at(NOW, *[call_api.OutcomeUnknown(http_status=500)] * circuit_breaker.FAILURES_TO_OPEN)
    waiting()
    with clock.set_to(NOW + AHEAD):
        assert (
            circuit_breaker.request_permission(NOW + AHEAD).permission
            is circuit_breaker.Permission.PROBE
        )
    assert place_at(NOW + MINUTE) == [PlaceResult.WORKED]


def test_calls_of_then_take_nothing_from_the_pace(settings):
    settings.PACE_CALLS, settings.PACE_SECONDS = 4, 10.0
    widget = make_widget(calls_per_minute=4, simultaneous_calls=4, call_seconds=60)
    for _ in range(8):
        waiting(widget=widget)
    accepted = call_api.Accepted(200, "")
    assert place_at(NOW + AHEAD, *[accepted] * 4) == [PlaceResult.WORKED] * 4
    assert place_at(NOW, *[accepted] * 5) == [PlaceResult.WORKED] * 4 + [PlaceResult.IDLE]


def test_a_request_for_now_is_called_now_and_not_when_the_clock_was():
    with clock.set_to(NOW + HOUR):
        call_request = accept.accept(make_submission(nonce="ahead")).call_request
    assert place_at(NOW) == [PlaceResult.WORKED]
    call_request.refresh_from_db()
    assert call_request.status == Status.CALLED


def housekeeping_at(*moments):
    for moment in moments:
        with clock.set_to(moment):
            housekeeping.run_round()


def test_the_patience_of_such_a_request_begins_when_that_is_seen():
    widget = make_widget(patience_minutes=15)
    with clock.set_to(NOW + AHEAD):
        call_request = accept.accept(make_submission(widget, nonce="ahead")).call_request
    housekeeping_at(NOW, NOW + 14 * MINUTE)
    call_request.refresh_from_db()
    assert call_request.ends_at(NOW) == NOW + 15 * MINUTE
    assert call_request.status == Status.QUEUED
    housekeeping_at(NOW + 15 * MINUTE)
    call_request.refresh_from_db()
    assert (call_request.status, call_request.reason) == (Status.FAILED, Reason.TOO_LATE)


@pytest.mark.long
def test_a_clock_that_is_behind_for_some_rounds_of_housekeeping_ends_nobodys_patience():
    with clock.set_to(NOW):
        call_request = make_request(widget=make_widget(patience_minutes=15))
    housekeeping_at(NOW + SECOND, NOW - HOUR, NOW - HOUR + 5 * MINUTE, NOW + 14 * MINUTE)
    call_request.refresh_from_db()
    assert (call_request.status, call_request.ends_at(NOW)) == (Status.QUEUED, NOW + 15 * MINUTE)
    # Behind a second time: that counts from then on.
    housekeeping_at(NOW - HOUR, NOW - HOUR + 14 * MINUTE, NOW + 14 * MINUTE)
    call_request.refresh_from_db()
    assert call_request.status == Status.QUEUED
    assert place_at(NOW + 14 * MINUTE) == [PlaceResult.WORKED]


def test_a_call_that_is_under_way_is_not_taken_for_dead_by_a_clock_that_is_behind():
    call_request = waiting()
    with clock.set_to(NOW):
        assert claim_next(circuit_breaker.Decision(circuit_breaker.Permission.GO), 60)
    housekeeping_at(NOW - HOUR, NOW - HOUR + MINUTE, NOW + MINUTE)
    call_request.refresh_from_db()
    assert call_request.status == Status.CALLING


def test_what_lies_ahead_is_counted_from_the_latest_time_that_the_clock_was_set_back():
    widget = make_widget(patience_minutes=15)
    with clock.set_to(NOW + AHEAD):
        call_request = accept.accept(make_submission(widget, nonce="ahead")).call_request
    housekeeping_at(NOW + HOUR, NOW, NOW + 14 * MINUTE)
    call_request.refresh_from_db()
    assert call_request.status == Status.QUEUED
    housekeeping_at(NOW + 15 * MINUTE, NOW + 15 * MINUTE + SECOND)
    call_request.refresh_from_db()
    assert call_request.status == Status.FAILED
    assert not PeriodicJob.objects.filter(name=left_behind.AHEAD).exists()


def test_a_time_that_a_person_chose_is_never_doubted():
    with clock.set_to(NOW):
        call_request = make_request(due_at=NOW + AHEAD, patience_until=NOW + AHEAD + HOUR)
        assert call_request.is_scheduled
        housekeeping.run_round()
    assert place_at(NOW) == [PlaceResult.IDLE]
    call_request.refresh_from_db()
    assert (call_request.due_at, call_request.status) == (NOW + AHEAD, Status.QUEUED)


def test_limits_do_not_count_what_was_asked_then():
    for index in range(3):
        with clock.set_to(NOW + AHEAD + index * 10 * MINUTE):
            accept.accept(make_submission(nonce=f"ahead-{index}"))
    with clock.set_to(NOW):
        accept.accept(make_submission(nonce="now"))
        with pytest.raises(intake_errors.TooMany) as refused:
            accept.accept(make_submission(nonce="again"))
    assert refused.value.retry_after == 5 * MINUTE


def test_a_worker_that_died_then_is_found_once_it_can_no_longer_be_at_it():
    call_request = waiting()
    with clock.set_to(NOW + AHEAD):
        assert claim_next(circuit_breaker.Decision(circuit_breaker.Permission.GO), 10)
    turn = timedelta(seconds=settings.LONGEST_PLACING_SECONDS)
    housekeeping_at(NOW, NOW + turn - SECOND)
    call_request.refresh_from_db()
    assert call_request.status == Status.CALLING
    housekeeping_at(NOW + turn)
    call_request.refresh_from_db()
    assert (call_request.status, call_request.reason) == (Status.UNCERTAIN, Reason.WORKER_DIED)
    assert call_request.attempts.get().outcome == Outcome.UNKNOWN


def test_whose_process_ran_then_does_not_run_for_a_day():
    with clock.set_to(NOW + AHEAD):
        assert housekeeping_job.take_job("gone")
    with clock.set_to(NOW):
        assert housekeeping_job.take_job("here")
        assert not housekeeping_job.take_job("third")
        assert (
            PeriodicJob.objects.get(name=housekeeping_job.NAME).until
            == NOW + housekeeping_job.LOCKED_FOR
        )


def test_periodic_jobs_go_on():
    with clock.set_to(NOW + AHEAD):
        housekeeping.run_round()
    with clock.set_to(NOW):
        housekeeping.run_round()
    until = dict(PeriodicJob.objects.values_list("name", "until"))
    assert until[purge.JOB] == NOW + purge.EVERY
    assert until[hourly.JOB] <= NOW + counting.EVERY


def test_a_heartbeat_of_then_is_no_sign_of_life():
    with clock.set_to(NOW + AHEAD):
        heartbeat.beat()
    assert not heartbeat.alive(NOW)
    assert heartbeat.alive(NOW + AHEAD)


def test_a_message_that_was_put_off_then_is_sent_now(settings):
    settings.ALERT_EMAILS = ["staff@example.fr"]
    with clock.set_to(NOW + AHEAD):
        alert = alerts.raise_alert(AlertKind.OUTAGE)
    assert [message.alert for message in outbox.due(NOW)] == [alert]


def test_an_alert_that_was_raised_then_keeps_no_other_from_being_raised_now():
    for moment in (NOW + AHEAD, NOW):
        with clock.set_to(moment):
            alerts.raise_once(AlertKind.UNREADABLE)
            alerts.end([AlertKind.UNREADABLE])
    assert Alert.objects.filter(raised_at=NOW).exists()


def test_a_circuit_that_opened_then_pauses_for_no_longer_than_the_longest_pause():
    call_switch.current()
    CallControl.objects.update(
        circuit=CircuitState.OPEN, probe_at=NOW + circuit_breaker.LONGEST_PAUSE
    )
    assert circuit_breaker.must_wait(call_switch.current(), NOW)
    CallControl.objects.update(probe_at=NOW + circuit_breaker.LONGEST_PAUSE + 2 * MINUTE)
    assert not circuit_breaker.must_wait(call_switch.current(), NOW)
    assert circuit_breaker.must_wait_until(call_switch.current(), NOW) is None


def test_a_clock_that_is_behind_for_a_moment_costs_nobody_the_call():
    call_request = waiting()
    place_at(NOW - HOUR, call_api.TryLater(http_status=429, code="throttled"))
    assert place_at(NOW) == [PlaceResult.WORKED]
    call_request.refresh_from_db()
    assert call_request.status == Status.CALLED


MOMENTS = st.sampled_from(
    [-AHEAD, -HOUR, -MINUTE, -SECOND, timedelta(), SECOND, MINUTE, MINUTE + SECOND, HOUR, AHEAD]
)
ROWS = st.fixed_dictionaries(
    {
        "due_at": MOMENTS,
        "patience_until": MOMENTS,
        "backoff": st.none() | st.tuples(MOMENTS, MOMENTS),
        "is_scheduled": st.booleans(),
        "status": st.sampled_from([Status.QUEUED, Status.CALLED]),
    }
)


@pytest.mark.slow
@given(ROWS)
@hypothesis_settings(max_examples=200)
def test_what_is_due_means_the_same_as_a_queryset_and_in_python(row):
    until, since = row.pop("backoff") or (None, None)
    row |= {"backoff_until": until, "backoff_since": since}
    CallRequest.objects.all().delete()
    call_request = make_request(widget=Widget.objects.first() or make_widget())
    times = {name: NOW + value for name, value in row.items() if isinstance(value, timedelta)}
    CallRequest.objects.filter(pk=call_request.pk).update(**row | times)
    call_request.refresh_from_db()
    found = due(NOW).exists()
    if call_request.status == Status.QUEUED and call_request.patience_until > NOW:
        assert found == (call_request.waits_until(NOW) is None)


@pytest.mark.long
@given(MOMENTS, MOMENTS)
def test_ahead_means_the_same_as_a_condition_and_in_python(until, longest):
    longest = abs(longest)
    PeriodicJob.objects.update_or_create(name="any", defaults={"until": NOW + until})
    with clock.set_to(NOW):
        in_python = clock.is_ahead(NOW + until, NOW, longest)
        as_condition = PeriodicJob.objects.filter(
            clock.ahead("until", NOW, longest), name="any"
        ).exists()
    assert in_python == as_condition
