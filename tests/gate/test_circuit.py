"""The circuit opens on failures, lets a probe through, and closes when the service is back."""

from datetime import UTC, datetime, timedelta

import pytest

from callbacks import call_api, clock, gate
from callbacks.dispatch import Turn, place_next
from callbacks.models import CircuitReason, CircuitState, Status
from tests.dispatch.fake_api import CONFIG, FakeApi
from tests.factories import make_request

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)


def make_requests(count):
    with clock.set_to(NOW):
        return [make_request(patience_until=NOW + timedelta(hours=2)) for _ in range(count)]


def place_at(seconds, api):
    with clock.set_to(NOW + timedelta(seconds=seconds)):
        return place_next(api)


def open_circuit():
    make_requests(gate.FAILURES_TO_OPEN)
    for _ in range(gate.FAILURES_TO_OPEN):
        assert place_at(0, FakeApi(call_api.OutcomeUnknown(http_status=500))) is Turn.WORKED
    assert gate.current().circuit == CircuitState.OPEN


def test_failures_in_a_row_open_it_and_nothing_more_is_burned():
    open_circuit()
    [waiting] = make_requests(1)
    api = FakeApi()
    assert place_at(1, api) is Turn.IDLE
    waiting.refresh_from_db()
    assert (api.calls, waiting.status) == ([], Status.QUEUED)
    row = gate.current()
    assert (row.opened_at, row.opened_reason) == (NOW, CircuitReason.OUTAGE)
    assert row.opened_by


def test_a_success_between_failures_keeps_it_closed():
    make_requests(12)
    for _ in range(3):
        for _ in range(gate.FAILURES_TO_OPEN - 2):
            place_at(0, FakeApi(call_api.OutcomeUnknown()))
        place_at(0, FakeApi())
    assert gate.current().circuit == CircuitState.CLOSED


def test_a_refusal_of_one_call_is_no_failure_of_the_service():
    make_requests(12)
    for _ in range(12):
        place_at(0, FakeApi(call_api.Refused(http_status=422)))
    assert gate.current().circuit == CircuitState.CLOSED


def test_it_closes_by_a_fresh_token_and_one_call():
    open_circuit()
    make_requests(2)
    api = FakeApi()
    assert place_at(6, api) is Turn.WORKED
    assert (api.tokens_fetched, len(api.calls)) == (1, 1)
    row = gate.current()
    assert (row.circuit, row.failures, row.opened_reason) == (CircuitState.CLOSED, 0, "")
    assert place_at(6, api) is Turn.WORKED
    assert api.tokens_fetched == 1


def test_only_one_call_is_let_through_to_try():
    open_circuit()
    make_requests(2)
    nested = []

    def answer():
        nested.append(place_at(7, FakeApi()))
        return call_api.Accepted(200, "")

    place_at(6, FakeApi(answer))
    assert nested == [Turn.IDLE]


def test_a_probe_that_fails_waits_longer_each_time():
    open_circuit()
    make_requests(9)
    moment, pauses = 6.0, []
    for _ in range(8):
        place_at(moment, FakeApi(call_api.OutcomeUnknown()))
        row = gate.current()
        assert row.circuit == CircuitState.OPEN
        pause = (row.probe_at - NOW).total_seconds() - moment
        pauses.append(pause)
        moment += pause
    assert pauses == [10, 20, 40, 80, 160, 300, 300, 300]


def test_a_probe_that_found_nothing_to_send_leaves_the_next_one_free(monkeypatch):
    open_circuit()
    make_requests(1)
    monkeypatch.setattr("callbacks.dispatch.place.claim_next", lambda *args: None)
    place_at(6, FakeApi())
    monkeypatch.undo()
    assert place_at(6, FakeApi()) is Turn.WORKED
    assert gate.current().circuit == CircuitState.CLOSED


def test_a_probe_that_died_is_made_again():
    open_circuit()
    make_requests(2)
    with pytest.raises(ZeroDivisionError):
        place_at(6, FakeApi(ZeroDivisionError()))
    took_at_most = 2 * CONFIG.token_seconds + CONFIG.attempt_seconds
    assert place_at(6 + took_at_most, FakeApi()) is Turn.IDLE
    assert place_at(6 + took_at_most + 10, FakeApi()) is Turn.WORKED


def test_no_token_opens_it_at_once_and_a_token_closes_it():
    make_requests(2)
    place_at(0, FakeApi(token=call_api.TokenUnavailable()))
    assert gate.current().opened_reason == CircuitReason.NO_TOKEN
    assert place_at(1, FakeApi()) is Turn.IDLE
    assert place_at(6, FakeApi()) is Turn.WORKED
    assert gate.current().circuit == CircuitState.CLOSED


def test_told_to_come_back_later_everybody_waits():
    make_requests(2)
    place_at(0, FakeApi(call_api.TryLater(http_status=429, retry_after=30)))
    api = FakeApi()
    assert place_at(29, api) is Turn.IDLE
    assert place_at(31, api) is Turn.WORKED


def test_stopping_and_resuming_say_whether_they_did_anything():
    assert gate.stop("anne", "too many")
    assert not gate.stop("bob")
    row = gate.current()
    assert (row.stopped_by, row.stopped_note) == ("anne", "too many")
    assert gate.resume("bob")
    assert not gate.resume("bob")
