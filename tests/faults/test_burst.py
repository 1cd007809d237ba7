"""A burst on one widget is paced to the letter, starves no other, and is told its wait."""

import time
from collections import defaultdict
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from statistics import median

import pytest

from callbacks.core import clock
from callbacks.dispatch import call_switch
from callbacks.models import Attempt, CallRequest, Status
from callbacks.scheduling.wait_estimate import expected_wait_of
from tests.support.factories import make_widget
from tests.support.visitor import ask_for_a_call

pytestmark = pytest.mark.minutes

CALLS, SECONDS, WORKERS = 20, 2.0, 8
BURST, OTHERS = 70, 8
# Between a claim, whose time counts, and the arrival of its call lie a commit, a connection and
# the other processes on this machine. The claims themselves are held to the exact figure.
JITTER = 1.0
# Housekeeping, which wakes workers when there is room again, looks only every half second; and on a
# slow machine it is late, and so are they.
SLACK = 1.5


def ask_all(site, widget, first, count):
    page = f"{site.url}/w/{widget.public_id}/"
    numbers = [f"06 {first} 34 {index // 100:02} {index % 100:02}" for index in range(count)]
    with ThreadPoolExecutor(6) as visitors:
        answers = list(visitors.map(lambda number: ask_for_a_call(page, number), numbers))
    assert all("/r/" in answer.url for answer in answers)


def test_a_burst(make_site, sandbox, settings):
    settings.PACE_CALLS, settings.PACE_SECONDS, settings.WORKERS = CALLS, SECONDS, WORKERS
    site = make_site(pace_calls=str(CALLS), pace_seconds=str(SECONDS), workers=str(WORKERS))
    burst, other = make_widget(), make_widget()
    site.start("web", "worker", "worker:2", "housekeeping")
    queued = CallRequest.objects.filter(status=Status.QUEUED)
    told = []

    # Nothing is called until all have asked, or a slow machine would make it no burst.
    call_switch.stop("test")
    ask_all(site, burst, "12", BURST)
    call_switch.resume("test")
    begun = clock.now()
    ask_all(site, other, "13", OTHERS)
    while waiting := list(queued.order_by("queue_position", "id").select_related("widget")):
        for call_request in (waiting[0], waiting[len(waiting) // 2], waiting[-1]):
            now = clock.now()
            told.append((call_request.pk, now, expected_wait_of(call_request, now)))
        time.sleep(0.1)  # as status pages would ask, without pressing
    arrived = [call["time"] for call in sandbox.wait_for_calls(BURST + OTHERS)]

    started = dict(Attempt.objects.values_list("call_request_id", "started_at"))
    _check_pace(sorted(moment.timestamp() for moment in started.values()), SECONDS)
    _check_pace(sorted(arrived), SECONDS - JITTER)
    _check_fairness(started, begun, burst, other)
    _check_forecasts(told, started)


def _check_pace(times, window):
    """No `CALLS + 1` of them within `window`, wherever it begins."""
    too_close = [
        later - earlier
        for earlier, later in zip(times, times[CALLS:], strict=False)
        if later - earlier < window
    ]
    assert too_close == []


def _check_fairness(started, begun, burst, other):
    """Those of the other widget, who asked last, wait for few of the burst's who asked before."""
    waits = defaultdict(list)
    for call_request in CallRequest.objects.all():
        waits[call_request.widget_id].append(
            started[call_request.pk] - max(call_request.created_at, begun)
        )
    assert max(waits[other.pk]) < median(waits[burst.pk])


def _check_forecasts(told, started):
    """Right within a factor of two, whenever it was told."""
    wrong = []
    for pk, now, expected in told:
        came, said = (started[pk] - now) / timedelta(seconds=1), expected / timedelta(seconds=1)
        if came < 0:
            continue  # its turn came between the list and the question
        if not came / 2 - SLACK <= said <= came * 2 + SLACK:
            wrong.append((round(said, 2), round(came, 2)))
    assert len(told) > 30
    assert wrong == []
