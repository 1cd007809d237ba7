"""The metrics: their names, units and labels, by the conventions of Prometheus.

docs/metrics.md explains each; a test compares. Labels come from enums, so their number is limited,
and none contains a number, an email or a name.
"""

import platform
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta

import django
from django.conf import settings
from prometheus_client.core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    Metric,
)

from callback_site.version import VERSION
from callbacks.call_api import AttemptCode, TokenFetch
from callbacks.core import clock
from callbacks.dispatch import circuit_breaker
from callbacks.models import CallControl, CircuitState, Outcome, Reason, RefusalKind, Status
from callbacks.operations import site_state
from callbacks.stats import hourly, totals

PREFIX = "callback"
# If housekeeping was never seen.
_NEVER = timedelta(days=30).total_seconds()


def collect() -> Iterator[Metric]:
    """Yield every metric. It takes the same few queries however many requests there are."""
    now = clock.now()
    yield from _counters(totals.current())
    yield from _queue(now)
    yield from _calling(site_state.call_control(), now)
    yield from _processes(now)
    build = GaugeMetricFamily(
        f"{PREFIX}_build_info",
        "Which version runs. Always 1.",
        labels=["version", "python", "django"],
    )
    build.add_metric([VERSION, platform.python_version(), django.__version__], 1)
    yield build


def _counters(counts: totals.Totals) -> Iterator[Metric]:
    """Yield what has happened since the beginning."""
    yield _counter("requests", "Requests that were accepted.", counts["asked", ""])
    for status, text in (
        (Status.CALLED, "Requests that became called."),
        (Status.FAILED, "Requests that failed, by reason."),
        (Status.UNCERTAIN, "Requests that became uncertain, by reason."),
        (Status.CANCELLED, "Requests that were cancelled or closed, by reason."),
    ):
        if status is Status.CALLED:
            called = sum(n for (name, _label), n in counts.items() if name == status)
            yield _counter("requests_called", text, called)
        else:
            usual = hourly.REASONS.get(status, ())
            labels = _labels(counts, status, usual, {*Reason.values, ""})
            yield _labelled(f"requests_{status}", text, "reason", labels)
    yield _counter("requests_retried", "Requests that staff retried.", counts["retried", ""])
    yield _labelled(
        "requests_rejected",
        "Forms that were refused, by the limit or rule.",
        "kind",
        _labels(counts, "rejected", RefusalKind.values, set(RefusalKind.values)),
    )
    yield _histogram(
        "time_to_call",
        "Time from when a call was due, or asked for again, to the call.",
        _buckets(counts, "wait", [(str(bound), bound) for bound in hourly.BOUNDS]),
        counts["wait_ms", ""] / 1000,
    )
    attempts = CounterMetricFamily(
        f"{PREFIX}_call_attempts",
        "Attempts to place a call that have ended, by outcome and code.",
        labels=["outcome", "code"],
    )
    known = {f"{outcome}:{code}" for outcome in Outcome for code in AttemptCode}
    for label, number in _labels(counts, "attempt", ["accepted:accepted"], known):
        attempts.add_metric(label.split(":") if ":" in label else [label, label], number)
    yield attempts
    yield _counter("call_sends", "How often a call was sent.", counts["sends", ""])
    yield _histogram(
        "call_attempt_duration",
        "How long an attempt took, with the answer of the call service.",
        _buckets(counts, "api", [(str(ms), ms / 1000) for ms in totals.API_BOUNDS_MS]),
        counts["api_ms", ""] / 1000,
    )
    results = [result.value for result in TokenFetch]
    labels = _labels(counts, "token_fetches", results, set(results))
    yield _labelled("token_fetches", "Access tokens that were asked for.", "result", labels)


def _queue(now: datetime) -> Iterator[Metric]:
    """Yield what waits."""
    found = site_state.requests(now)
    yield _gauge("queue_requests", "Requests that wait for a call now.", found.waiting)
    yield _gauge("queue_oldest_seconds", "The longest wait.", _age(found.oldest, now))
    yield _gauge("booked_requests", "Requests for a call later.", found.booked)
    yield _gauge("calling_requests", "Requests whose call is being placed.", found.calling)
    yield _gauge("uncertain_requests", "Requests that staff must decide.", found.uncertain)
    yield from _outbox(now)


def _outbox(now: datetime) -> Iterator[Metric]:
    """Yield what waits in the outbox and what could not be sent, by kind of message."""
    waiting = GaugeMetricFamily(
        f"{PREFIX}_outbox_messages", "Messages that wait to be sent.", labels=["kind"]
    )
    oldest = GaugeMetricFamily(
        f"{PREFIX}_outbox_oldest_seconds", "The age of the oldest.", labels=["kind"]
    )
    failed = GaugeMetricFamily(
        f"{PREFIX}_outbox_failed_messages",
        "Messages of the last seven days that could not be sent.",
        labels=["kind"],
    )
    for kind, found in site_state.outbox(now).items():
        waiting.add_metric([kind.value], found.waiting)
        oldest.add_metric([kind.value], _age(found.oldest, now))
        failed.add_metric([kind.value], found.failed)
    yield from (waiting, oldest, failed)


def _calling(control: CallControl, now: datetime) -> Iterator[Metric]:
    """Yield whether calls may be placed, and how many."""
    circuit = GaugeMetricFamily(
        f"{PREFIX}_circuit_state",
        "The automatic pause: 1 for the state that it has.",
        labels=["state"],
    )
    for state in CircuitState:
        circuit.add_metric([state.value], control.circuit == state)
    yield circuit
    stopped = control.is_stopped_at(now)
    yield _gauge("calls_stopped", "1 while staff have stopped all calls.", stopped)
    quiet = (
        control.quiet_until
        if clock.is_ahead(control.quiet_until, now, circuit_breaker.LONGEST_QUIET)
        else None
    )
    yield _gauge(
        "calls_paused_seconds",
        "How long the call service still asks for no calls.",
        (quiet - now).total_seconds() if quiet else 0,
    )
    started = site_state.calls_started(now)
    yield _gauge("pacing_calls", "Calls started within the window of PACE_SECONDS.", started)
    yield _gauge("pacing_limit_calls", "PACE_CALLS; 0 means no limit.", settings.PACE_CALLS)


def _processes(now: datetime) -> Iterator[Metric]:
    """Yield which processes run."""
    processes, threads = site_state.workers(now)
    yield _gauge("worker_processes", "Call workers that are alive.", processes)
    yield _gauge("worker_threads", "Their threads.", threads)
    seen = site_state.housekeeping_seen()
    yield _gauge(
        "housekeeping_age_seconds",
        "How long ago housekeeping was seen; more than a day if never.",
        _age(seen, now) if seen else _NEVER,
    )


def _counter(name: str, text: str, total: float) -> Metric:
    return CounterMetricFamily(f"{PREFIX}_{name}", text, value=total)


def _gauge(name: str, text: str, value: float) -> Metric:
    return GaugeMetricFamily(f"{PREFIX}_{name}", text, value=value)


def _labelled(name: str, text: str, label: str, values: Iterable[tuple[str, int]]) -> Metric:
    """Return a counter with one label."""
    family = CounterMetricFamily(f"{PREFIX}_{name}", text, labels=[label])
    for value, total in values:
        family.add_metric([value or "none"], total)
    return family


def _histogram(
    name: str, text: str, buckets: Sequence[tuple[str, float]], total_seconds: float
) -> Metric:
    family = HistogramMetricFamily(f"{PREFIX}_{name}_seconds", text)
    family.add_metric([], buckets, total_seconds)
    return family


def _labels(
    counts: totals.Totals, name: str, usual: Iterable[str], known: set[str]
) -> list[tuple[str, int]]:
    """Return each label of `name` with its total; those in `usual` even if they have none.

    A label that is not in `known` is counted as `other`: no stored text can add one.
    """
    found = dict.fromkeys(usual, 0)
    for (key, label), total in sorted(counts.items()):
        if key == name:
            label = label if label in known else "other"
            found[label] = found.get(label, 0) + total
    return sorted(found.items())


def _buckets(
    counts: totals.Totals, name: str, bounds: Sequence[tuple[str, float]]
) -> list[tuple[str, float]]:
    """Return the cumulative buckets: each upper bound in seconds, with all that lies below it."""
    found, below = [], 0
    for label, seconds in bounds:
        below += counts[name, label]
        found.append((str(float(seconds)), below))
    return [*found, ("+Inf", below + counts[name, totals.LONGER])]


def _age(moment: datetime | None, now: datetime) -> float:
    """Return how many seconds ago `moment` was; 0 for None and for a moment ahead."""
    return max((now - moment).total_seconds(), 0.0) if moment else 0.0
