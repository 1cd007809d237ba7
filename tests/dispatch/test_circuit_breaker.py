"""The circuit opens on failures, lets a probe through, and closes when the service is back."""

from copy import copy
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
import structlog

from callbacks import call_api
from callbacks.abuse import block_list
from callbacks.core import boot_clock, clock
from callbacks.dispatch import PlaceResult, call_switch, circuit_breaker, place_next
from callbacks.models import Alert, AlertKind, BlockKind, CallControl, CircuitState, Status
from callbacks.worker import housekeeping
from tests.support.call_service.fake_api import CONFIG, FakeApi
from tests.support.concurrency import concurrently
from tests.support.factories import make_request, make_widget

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)


def make_requests(count):
    with clock.set_to(NOW):
        return [make_request(patience_until=NOW + timedelta(hours=2)) for _ in range(count)]


def place_at(seconds, api):
    with clock.set_to(NOW + timedelta(seconds=seconds)):
        return place_next(api)


def open_circuit():
    make_requests(circuit_breaker.FAILURES_TO_OPEN)
    for _ in range(circuit_breaker.FAILURES_TO_OPEN):
        assert place_at(0, FakeApi(call_api.OutcomeUnknown(http_status=500))) is PlaceResult.WORKED
    assert call_switch.current().circuit == CircuitState.OPEN


def test_failures_in_a_row_open_it_and_nothing_more_is_burned():
    open_circuit()
    [waiting] = make_requests(1)
    api = FakeApi()
    assert place_at(1, api) is PlaceResult.IDLE
    waiting.refresh_from_db()
    assert (api.calls, waiting.status) == ([], Status.QUEUED)
    row = call_switch.current()
    assert (row.opened_at, row.opened_reason) == (NOW, AlertKind.OUTAGE)
    assert row.opened_by


@pytest.mark.parametrize(
    "failure",
    [
        *(call_api.OutcomeUnknown(http_status=status) for status in (408, 425, 500, 503)),
        call_api.OutcomeUnknown(code="timeout"),
        call_api.TryLater(http_status=429),
        call_api.TryLater(http_status=503),
    ],
    ids=lambda failure: f"{type(failure).__name__}-{failure.http_status}",
)
@pytest.mark.parametrize("failures", [4, 5])
def test_five_in_a_row_open_it_and_four_do_not(failure, failures):
    make_requests(failures)
    for turn in range(failures):
        assert place_at(10 * turn, FakeApi(copy(failure))) is PlaceResult.WORKED
    is_open = failures == 5
    assert (call_switch.current().circuit == CircuitState.OPEN) is is_open


def test_another_4xx_ends_the_row():
    make_requests(2 * circuit_breaker.FAILURES_TO_OPEN)
    for turn in range(2 * circuit_breaker.FAILURES_TO_OPEN - 1):
        middle = turn == circuit_breaker.FAILURES_TO_OPEN - 1
        failure = call_api.Refused(http_status=422) if middle else call_api.TryLater()
        assert place_at(10 * turn, FakeApi(failure)) is PlaceResult.WORKED
    assert call_switch.current().circuit == CircuitState.CLOSED


def test_a_success_between_failures_keeps_it_closed():
    make_requests(12)
    for _ in range(3):
        for _ in range(circuit_breaker.FAILURES_TO_OPEN - 2):
            place_at(0, FakeApi(call_api.OutcomeUnknown()))
        place_at(0, FakeApi())
    assert call_switch.current().circuit == CircuitState.CLOSED


def test_a_refusal_of_one_call_is_no_failure_of_the_service():
    make_requests(12)
    for _ in range(12):
        place_at(0, FakeApi(call_api.Refused(http_status=422)))
    assert call_switch.current().circuit == CircuitState.CLOSED


def test_the_circuit_closes_by_a_fresh_token_and_one_call():
    open_circuit()
    make_requests(2)
    api = FakeApi()
    assert place_at(6, api) is PlaceResult.WORKED
    assert (api.tokens_fetched, len(api.calls)) == (1, 1)
    row = call_switch.current()
    assert (row.circuit, row.failures, row.opened_reason) == (CircuitState.CLOSED, 0, "")
    assert (row.opened_at, row.opened_by, row.probes, row.probe_at) == (None, "", 0, None)
    assert place_at(6, api) is PlaceResult.WORKED
    assert api.tokens_fetched == 1


def test_only_one_call_is_let_through_to_try():
    open_circuit()
    make_requests(2)
    nested = []

    def answer():
        nested.append(place_at(7, FakeApi()))
        return call_api.Accepted(200, "")

    place_at(6, FakeApi(answer))
    assert nested == [PlaceResult.IDLE]


def test_a_probe_that_fails_waits_longer_each_time():
    open_circuit()
    make_requests(9)
    moment, pauses = 6.0, []
    for _ in range(8):
        place_at(moment, FakeApi(call_api.OutcomeUnknown()))
        row = call_switch.current()
        assert row.circuit == CircuitState.OPEN
        pause = (row.probe_at - NOW).total_seconds() - moment
        pauses.append(pause)
        moment += pause
    assert pauses == [10, 20, 40, 80, 160, 300, 300, 300]


def test_a_probe_that_fails_in_another_way_changes_the_reason_that_is_shown():
    open_circuit()
    make_requests(1)
    place_at(6, FakeApi(token=call_api.TokenUnavailable()))
    row = call_switch.current()
    assert (row.circuit, row.opened_reason) == (CircuitState.OPEN, AlertKind.NO_TOKEN)


def test_a_probe_that_fails_after_another_has_closed_the_circuit_does_not_open_it():
    open_circuit()
    first = circuit_breaker.request_permission(NOW + timedelta(seconds=6))
    second = circuit_breaker.request_permission(
        NOW + timedelta(seconds=7) + circuit_breaker.PROBE_TIME
    )
    assert circuit_breaker.record_success(second)
    assert not circuit_breaker.record_failure(first, AlertKind.OUTAGE, "a worker")
    assert call_switch.current().circuit == CircuitState.CLOSED
    circuit_breaker.release_probe(first)
    assert call_switch.current().circuit == CircuitState.CLOSED
    assert not circuit_breaker.record_success(first)


def test_a_probe_that_found_nothing_to_send_leaves_the_next_one_free(monkeypatch):
    open_circuit()
    make_requests(1)
    monkeypatch.setattr("callbacks.dispatch.place_call.claim_next", lambda *args: None)
    place_at(6, FakeApi())
    monkeypatch.undo()
    assert place_at(6, FakeApi()) is PlaceResult.WORKED
    assert call_switch.current().circuit == CircuitState.CLOSED


def test_a_probe_that_found_somebody_on_the_block_list_leaves_the_next_one_free():
    open_circuit()
    blocked, _ = make_requests(2)
    block_list.add(BlockKind.NUMBER, blocked.number)
    assert place_at(6, FakeApi()) is PlaceResult.WORKED
    blocked.refresh_from_db()
    assert (blocked.status, call_switch.current().probes) == (Status.CANCELLED, 0)
    assert place_at(6, FakeApi()) is PlaceResult.WORKED
    assert call_switch.current().circuit == CircuitState.CLOSED


def test_a_probe_that_died_is_made_again():
    open_circuit()
    make_requests(2)
    config = replace(CONFIG, connect_timeout=10)
    with pytest.raises(ZeroDivisionError):
        place_at(6, FakeApi(ZeroDivisionError(), config=config))
    took_at_most = 2 * config.token_seconds + config.attempt_seconds
    assert place_at(6 + took_at_most, FakeApi()) is PlaceResult.IDLE
    assert place_at(6 + took_at_most + 10, FakeApi()) is PlaceResult.WORKED


def test_no_token_opens_it_at_once_and_a_token_closes_it():
    make_requests(2)
    place_at(0, FakeApi(token=call_api.TokenUnavailable()))
    assert call_switch.current().opened_reason == AlertKind.NO_TOKEN
    assert place_at(1, FakeApi()) is PlaceResult.IDLE
    assert place_at(6, FakeApi()) is PlaceResult.WORKED
    assert call_switch.current().circuit == CircuitState.CLOSED


@pytest.mark.parametrize(("retry_after", "seconds"), [(30, 30), (0, 2), (None, 2), (86_400, 600)])
def test_told_to_come_back_later_everybody_waits(retry_after, seconds):
    make_requests(2)
    place_at(0, FakeApi(call_api.TryLater(http_status=429, retry_after=retry_after)))
    assert call_switch.current().circuit == CircuitState.CLOSED
    api = FakeApi()
    assert place_at(seconds - 0.5, api) is PlaceResult.IDLE
    assert place_at(seconds + 0.5, api) is PlaceResult.WORKED
    assert len(api.calls) == 1


def test_a_probe_that_is_told_to_come_back_later_leaves_it_open():
    open_circuit()
    make_requests(1)
    place_at(6, FakeApi(call_api.TryLater(http_status=429)))
    assert call_switch.current().circuit == CircuitState.OPEN


@pytest.mark.django_db(transaction=True)
def test_of_many_who_ask_at_once_one_probes():
    open_circuit()
    later = NOW + timedelta(seconds=6)
    decisions = concurrently(6, lambda _: circuit_breaker.request_permission(later).permission)
    assert sorted(decisions) == ["probe", *["wait"] * 5]


def test_a_probe_that_somebody_else_took_meanwhile_is_not_made_again(monkeypatch):
    open_circuit()
    later = NOW + timedelta(seconds=6)
    seen = call_switch.current()
    assert circuit_breaker.request_permission(later).permission is circuit_breaker.Permission.PROBE
    monkeypatch.setattr(circuit_breaker, "current", lambda: seen)
    assert circuit_breaker.request_permission(later).permission is circuit_breaker.Permission.WAIT


def test_of_two_who_find_a_probe_that_died_one_makes_the_next(monkeypatch):
    open_circuit()
    assert (
        circuit_breaker.request_permission(NOW + timedelta(seconds=6)).permission
        is circuit_breaker.Permission.PROBE
    )
    later = NOW + timedelta(seconds=7) + circuit_breaker.PROBE_TIME
    seen = call_switch.current()
    assert circuit_breaker.request_permission(later).permission is circuit_breaker.Permission.PROBE
    monkeypatch.setattr(circuit_breaker, "current", lambda: seen)
    assert circuit_breaker.request_permission(later).permission is circuit_breaker.Permission.WAIT


class TokenMeanwhile(FakeApi):
    """While it gets a token, `before_sending` happens."""

    def has_token(self):
        return False

    def ensure_token(self):
        super().ensure_token()
        self.before_sending()
        self.before_sending = lambda: None


def opened_by_another():
    for _ in range(circuit_breaker.FAILURES_TO_OPEN):
        circuit_breaker.record_failure(
            circuit_breaker.Decision(circuit_breaker.Permission.GO), AlertKind.OUTAGE, "another"
        )


@pytest.mark.parametrize("shuts", [lambda: call_switch.stop("anne"), opened_by_another])
def test_what_shuts_between_the_question_and_the_claim_holds(shuts):
    [call_request] = make_requests(1)
    call_switch.current()
    api = TokenMeanwhile(before_sending=shuts)
    assert place_at(0, api) is PlaceResult.IDLE
    call_request.refresh_from_db()
    assert (api.calls, call_request.status) == ([], Status.QUEUED)
    assert not call_request.attempts.exists()


def test_a_stop_between_a_probes_token_and_its_claim_holds():
    open_circuit()
    [call_request] = make_requests(1)
    api = TokenMeanwhile(before_sending=lambda: call_switch.stop("anne"))
    assert place_at(6, api) is PlaceResult.IDLE
    call_request.refresh_from_db()
    assert (api.calls, call_request.status) == ([], Status.QUEUED)
    call_switch.resume("anne")
    assert place_at(6, FakeApi()) is PlaceResult.WORKED


def test_a_probe_whose_call_was_held_back_leaves_the_next_one_free():
    open_circuit()
    make_requests(2)
    with boot_clock.movable() as move:
        place_at(6, FakeApi(before_sending=lambda: move(60)))
    row = call_switch.current()
    assert (row.circuit, row.probes) == (CircuitState.OPEN, 0)
    assert place_at(6, FakeApi()) is PlaceResult.WORKED
    assert call_switch.current().circuit == CircuitState.CLOSED


def test_stopping_and_resuming_say_whether_they_did_anything():
    assert call_switch.stop("anne", "too many")
    assert not call_switch.stop("bob")
    row = call_switch.current()
    assert (row.stopped_by, row.stopped_note) == ("anne", "too many")
    assert call_switch.resume("bob")
    assert not call_switch.resume("bob")
    row = call_switch.current()
    assert (row.stopped_at, row.stopped_by, row.stopped_note) == (None, "", "")


@pytest.mark.long
@pytest.mark.parametrize(
    "failing",
    [
        FakeApi(call_api.OutcomeUnknown(http_status=503)),
        FakeApi(token=call_api.TokenUnavailable(code="token_unavailable")),
    ],
    ids=["call", "token"],
)
def test_who_asks_once_the_service_is_back_is_called_within_the_shortest_patience(failing):
    widget = make_widget(patience_minutes=1)
    asked_when_back = []
    for seconds in range(0, 800, 5):
        is_back = seconds >= 620
        with clock.set_to(NOW + timedelta(seconds=seconds)):
            if seconds % 20 == 0 and seconds < 700:
                call_request = make_request(widget=widget)
                if is_back:
                    asked_when_back.append(call_request)
            housekeeping.run_round()
            while place_next(FakeApi() if is_back else failing) is PlaceResult.WORKED:
                pass
    for call_request in asked_when_back:
        call_request.refresh_from_db()
    assert len(asked_when_back) == 4
    assert {call_request.status for call_request in asked_when_back} == {Status.CALLED}
    assert call_switch.current().circuit == CircuitState.CLOSED


@pytest.mark.parametrize(
    ("shortest_minutes", "seconds"), [(1, 30), (4, 120), (10, 300), (60, 300), (None, 300)]
)
def test_no_pause_is_longer_than_half_the_shortest_patience(shortest_minutes, seconds):
    call_switch.current()
    CallControl.objects.update(circuit=CircuitState.HALF_OPEN, probes=20)
    if shortest_minutes is not None:
        make_widget(patience_minutes=shortest_minutes)
        make_widget(patience_minutes=500)
    with clock.set_to(NOW):
        circuit_breaker.record_failure(
            circuit_breaker.Decision(circuit_breaker.Permission.PROBE), AlertKind.OUTAGE, "w"
        )
    assert call_switch.current().probe_at == NOW + timedelta(seconds=seconds)


def test_a_failure_after_the_circuit_opened_neither_alerts_again_nor_puts_off_the_probe():
    open_circuit()
    before = call_switch.current()
    late = circuit_breaker.Decision(circuit_breaker.Permission.GO, failures=4)
    with clock.set_to(NOW + timedelta(seconds=3)):
        assert not circuit_breaker.record_failure(late, AlertKind.NO_TOKEN, "late")
    after = call_switch.current()
    for column in ("circuit", "opened_at", "opened_by", "opened_reason", "probe_at", "probes"):
        assert getattr(after, column) == getattr(before, column), column
    assert Alert.objects.count() == 1


def test_a_longer_pause_that_the_service_asks_for_replaces_a_shorter_one_and_never_the_reverse():
    with clock.set_to(NOW):
        call_switch.current()
        for asked, until in ((30, 30), (300, 300), (10, 300)):
            circuit_breaker.pause_for(asked)
            assert call_switch.current().quiet_until == NOW + timedelta(seconds=until)


def test_a_success_closes_the_circuit_only_after_a_probe():
    open_circuit()
    go, probe = circuit_breaker.Permission.GO, circuit_breaker.Permission.PROBE
    assert circuit_breaker.record_success(circuit_breaker.Decision(go, failures=3)) is False
    assert call_switch.current().circuit == CircuitState.OPEN
    CallControl.objects.update(circuit=CircuitState.HALF_OPEN)
    assert circuit_breaker.record_success(circuit_breaker.Decision(probe)) is True


def test_what_stops_and_resumes_calls_is_logged_once():
    def logged(do):
        with structlog.testing.capture_logs() as events:
            do()
        return [(event["event"], event["by_staff"]) for event in events]

    assert logged(lambda: call_switch.stop("Jo", "maintenance")) == [("calls_stopped", True)]
    assert logged(lambda: call_switch.stop("Jo", "maintenance")) == []
    assert logged(lambda: call_switch.resume("")) == [("calls_resumed", False)]
    assert logged(lambda: call_switch.resume("")) == []


def test_the_opening_of_the_circuit_is_logged_once():
    with structlog.testing.capture_logs() as logged:
        open_circuit()
    opened = [event for event in logged if event["event"] == "circuit_opened"]
    assert [event["reason"] for event in opened] == [AlertKind.OUTAGE]
