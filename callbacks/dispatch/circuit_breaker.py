"""The circuit breaker: may a call be placed now?

The words are those of electricity: calls flow while the circuit is *closed*, and stop while it is
*open*. Two things hold calls back. Staff do, with the *stop all calls* switch (`call_switch`).
Failures do: the circuit opens when the service refuses our credentials, gives no token, or fails
several times in a row. Without it, an outage would make every waiting request *uncertain*.

While the circuit is open, nothing is sent except a probe now and then: a token fetch, then one
call. The state is one row that all workers share; it is changed by compare-and-set.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from django.db import transaction
from django.db.models import F, Min, Q

from callbacks.core import clock
from callbacks.dispatch.call_switch import current, log
from callbacks.models import AlertKind, CallControl, CircuitState, Widget
from callbacks.notifications import alerts

# After this number of failures in a row, an outage is more likely than bad luck.
FAILURES_TO_OPEN = 5
FIRST_PAUSE = timedelta(seconds=5)
LONGEST_PAUSE = timedelta(minutes=5)
# A probe that has not reported by then has died with its worker. This is the default:
# `request_permission` is told how long a probe takes with the current time-outs.
PROBE_TIME = timedelta(minutes=4)
# The longest pause that the service can ask for. After it, a call is tried again.
LONGEST_QUIET = timedelta(minutes=10)
# Longer than a probe takes with any settings.
LONGEST_PROBE = timedelta(minutes=15)


class Permission(StrEnum):
    """What a worker may do now."""

    GO = "go"
    # Go, as the only caller: the result will tell whether the service is back.
    PROBE = "probe"
    WAIT = "wait"


@dataclass(frozen=True)
class Decision:
    """The answer to "may a call be placed?", to be passed on when the result is reported."""

    permission: Permission
    # Failures in a row when the decision was made.
    failures: int = 0


def must_wait(control: CallControl, now: datetime) -> bool:
    """Return whether all workers must wait: nothing may be sent at `now`, not even a probe."""
    if control.is_stopped_at(now) or clock.is_ahead(control.quiet_until, now, LONGEST_QUIET):
        return True
    if control.circuit == CircuitState.OPEN:
        return clock.is_ahead(control.probe_at, now, LONGEST_PAUSE)
    # While a probe is under way, `probe_at` is the time by which it must have reported.
    is_probed = control.circuit == CircuitState.HALF_OPEN
    return is_probed and clock.is_ahead(control.probe_at, now, LONGEST_PROBE)


def must_wait_until(control: CallControl, now: datetime) -> datetime | None:
    """Return the time before which nothing is sent, or None if the row names no such time.

    When staff have stopped calls without an end, there is no such time, because they may resume at
    any moment.
    """
    times = []
    if control.stopped_until and control.is_stopped_at(now):
        times.append(control.stopped_until)
    if control.quiet_until and clock.is_ahead(control.quiet_until, now, LONGEST_QUIET):
        times.append(control.quiet_until)
    is_open = control.circuit == CircuitState.OPEN
    if is_open and control.probe_at and clock.is_ahead(control.probe_at, now, LONGEST_PAUSE):
        times.append(control.probe_at)
    return max(times, default=None)


def request_permission(now: datetime, probe_time: timedelta = PROBE_TIME) -> Decision:
    """Decide whether this worker may place a call at `now`.

    While the circuit is open, one worker at a time may `PROBE`. It must report with
    `record_success`, `record_failure` or `release_probe` within `probe_time`. After that time,
    another worker may probe.
    """
    control = current()
    if must_wait(control, now):
        return Decision(Permission.WAIT, control.failures)
    if control.circuit == CircuitState.CLOSED:
        return Decision(Permission.GO, control.failures)
    taken = CallControl.objects.filter(
        pk=1, circuit=control.circuit, probe_at=control.probe_at
    ).update(circuit=CircuitState.HALF_OPEN, probe_at=now + probe_time, probes=F("probes") + 1)
    return Decision(Permission.PROBE if taken else Permission.WAIT, control.failures)


def record_success(decision: Decision) -> bool:
    """Note that the service answered properly. After a probe, close the circuit.

    Return True if this call closed the circuit.
    """
    if decision.permission is Permission.PROBE:
        closed = CallControl.objects.filter(pk=1, circuit=CircuitState.HALF_OPEN).update(
            circuit=CircuitState.CLOSED,
            failures=0,
            probes=0,
            opened_at=None,
            opened_by="",
            opened_reason="",
            probe_at=None,
        )
        if closed:
            alerts.end()
            log.info("circuit_closed")
        return bool(closed)
    if decision.failures:
        CallControl.objects.filter(pk=1, circuit=CircuitState.CLOSED).update(failures=0)
    return False


def record_failure(decision: Decision, reason: AlertKind, by: str) -> bool:
    """Note that the service failed, and open the circuit if it must open.

    If no call can be placed at all (no token, credentials refused), the circuit opens at once.
    Otherwise it opens after `FAILURES_TO_OPEN` failures in a row. After a failed probe it opens
    again, and the next probe waits twice as long.

    `by` names the worker thread. Return True if this call opened a closed circuit; staff are then
    alerted.
    """
    now = clock.now()
    if decision.permission is Permission.PROBE:
        control = current()
        pause = min(FIRST_PAUSE * 2 ** min(control.probes, 10), _longest_pause())
        CallControl.objects.filter(pk=1, circuit=CircuitState.HALF_OPEN).update(
            circuit=CircuitState.OPEN, opened_reason=reason, probe_at=now + pause
        )
        return False
    with transaction.atomic():
        CallControl.objects.filter(pk=1).update(failures=F("failures") + 1)
        enough = Q() if reason != AlertKind.OUTAGE else Q(failures__gte=FAILURES_TO_OPEN)
        opened = (
            CallControl.objects.filter(pk=1, circuit=CircuitState.CLOSED)
            .filter(enough)
            .update(
                circuit=CircuitState.OPEN,
                opened_at=now,
                opened_by=by[:300],
                opened_reason=reason,
                probe_at=now + FIRST_PAUSE,
                probes=0,
            )
        )
        if opened:
            alerts.raise_alert(reason)
    if opened:
        log.error("circuit_opened", reason=str(reason))
    return bool(opened)


def _longest_pause() -> timedelta:
    """Return the longest wait before the next probe: half the shortest patience of any widget.

    A request that comes in just as the service is back then still sees a probe in time. The wait
    is never longer than `LONGEST_PAUSE`.
    """
    shortest = Widget.objects.aggregate(least=Min("patience_minutes"))["least"]
    if shortest is None:
        return LONGEST_PAUSE
    return min(timedelta(minutes=shortest) / 2, LONGEST_PAUSE)


def release_probe(decision: Decision) -> None:
    """Give the probe back, because there was nothing to send. Another may be made at once."""
    if decision.permission is Permission.PROBE:
        CallControl.objects.filter(pk=1, circuit=CircuitState.HALF_OPEN).update(
            circuit=CircuitState.OPEN, probe_at=clock.now(), probes=F("probes") - 1
        )


def pause_for(seconds: float) -> None:
    """Send nothing for `seconds`, because the service asked for it; at most `LONGEST_QUIET`."""
    now = clock.now()
    until = now + min(timedelta(seconds=seconds), LONGEST_QUIET)
    later = Q(quiet_until__gte=until) & clock.ahead("quiet_until", now, LONGEST_QUIET)
    CallControl.objects.filter(Q(quiet_until=None) | ~later, pk=1).update(quiet_until=until)
