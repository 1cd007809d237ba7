"""The time before which nothing is sent, as visitors are told of it."""

from datetime import UTC, datetime, timedelta

from callbacks.dispatch import circuit_breaker
from callbacks.models import CallControl, CircuitState

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
SOON, LATER = NOW + timedelta(seconds=30), NOW + timedelta(seconds=90)


def must_wait_until(**fields: object) -> datetime | None:
    return circuit_breaker.must_wait_until(CallControl(**fields), NOW)


def test_nothing_holds_calls_back_while_all_is_well() -> None:
    assert must_wait_until() is None


def test_a_pause_that_the_service_asked_for_is_told_while_it_lasts() -> None:
    assert must_wait_until(quiet_until=SOON) == SOON
    assert must_wait_until(quiet_until=NOW - timedelta(seconds=1)) is None


def test_a_pause_longer_than_any_that_is_kept_is_not_believed() -> None:
    far = NOW + circuit_breaker.LONGEST_QUIET + timedelta(hours=1)
    assert must_wait_until(quiet_until=far) is None


def test_the_next_probe_of_an_open_circuit_is_told_and_of_a_closed_one_is_not() -> None:
    assert must_wait_until(circuit=CircuitState.OPEN, probe_at=LATER) == LATER
    assert must_wait_until(circuit=CircuitState.CLOSED, probe_at=LATER) is None


def test_of_a_pause_and_a_probe_the_later_one_is_told() -> None:
    both = must_wait_until(circuit=CircuitState.OPEN, probe_at=SOON, quiet_until=LATER)
    assert both == LATER
