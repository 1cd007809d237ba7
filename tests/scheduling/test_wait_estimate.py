"""What a waiting visitor is told comes true within a factor of two, and hopeless ones are told."""

from datetime import UTC, datetime, timedelta

import pytest
from pytest_django import Settings

from callbacks.core import clock
from callbacks.dispatch import PlaceResult, place_next
from callbacks.intake import accept
from callbacks.intake import errors as intake_errors
from callbacks.models import Attempt, CallRequest, Outcome, Status, Widget
from callbacks.scheduling.wait_estimate import Queue, expected_wait, expected_wait_of
from tests.support.call_service.fake_api import FakeApi
from tests.support.factories import make_request, make_submission, make_widget

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)


def ask_for(widget, count, first=0):
    requests = []
    for index in range(first, first + count):
        asked = make_submission(widget, nonce=f"n{widget.pk}-{index}", number=f"06123{index:05}")
        requests.append(accept.accept(asked).call_request)
    return requests


def drain(until, step=1.0):
    """Places what may be placed, second by second; returns when each number was called."""
    placed = {}
    seconds = 0.0
    while seconds <= until:
        api = FakeApi()
        with clock.set_to(NOW + timedelta(seconds=seconds)):
            while place_next(api) is PlaceResult.WORKED:
                pass
        placed |= {call["destination"]: seconds for call in api.calls}
        seconds += step
    return placed


@pytest.mark.long
@pytest.mark.parametrize(
    ("account", "limits"),
    [
        ((4, 10.0), {}),
        ((0, 10.0), {"calls_per_minute": 6}),
        ((0, 10.0), {"simultaneous_calls": 3, "call_seconds": 30}),
        ((40, 10.0), {"calls_per_minute": 30, "simultaneous_calls": 10, "call_seconds": 45}),
    ],
)
def test_a_burst_is_called_when_it_was_told(settings, account, limits):
    settings.PACE_CALLS, settings.PACE_SECONDS = account
    widget = make_widget(patience_minutes=600, **limits)
    with clock.set_to(NOW):
        requests = ask_for(widget, 30)
        told = {r.number: expected_wait_of(r, NOW).total_seconds() for r in requests}
    placed = drain(400)
    assert len(placed) == 30
    for number, seconds in placed.items():
        assert told[number] / 2 - 2 <= seconds <= told[number] * 2 + 2


def wait_of(asked: Widget, *ages: float, ahead: int, **counted: int) -> float:
    """The seconds that a request waits with `ahead` before it, after calls of these ages."""
    Attempt.objects.all().delete()
    for number, age in enumerate(ages, 1):
        Attempt.objects.create(
            call_request=make_request(widget=asked, status=Status.CALLED),
            widget=asked,
            number=number,
            started_at=NOW - timedelta(seconds=age),
            deadline_at=NOW,
            outcome=Outcome.ACCEPTED,
        )
    counts = dict.fromkeys(("account", "widget", "ongoing"), 0) | counted
    queue = Queue(ahead=ahead, ahead_of_widget=ahead, attempt_ms=1, **counts)
    return expected_wait(asked, queue, NOW).total_seconds()


def test_the_wait_ends_when_the_calls_before_have_left_the_window_one_by_one(
    settings: Settings,
) -> None:
    settings.PACE_CALLS, settings.WORKERS = 0, 1000
    widget = make_widget(calls_per_minute=2)
    waits = [round(wait_of(widget, 50, 20, ahead=ahead, widget=2)) for ahead in range(4)]
    assert waits == [10, 40, 70, 100]
    widget = make_widget(calls_per_minute=3)
    waits = [round(wait_of(widget, 20, ahead=ahead, widget=1)) for ahead in range(5)]
    assert waits == [0, 0, 40, 60, 60]
    lines = make_widget(simultaneous_calls=1, call_seconds=30)
    assert round(wait_of(lines, 10, ahead=0, ongoing=1)) == 20
    assert round(wait_of(lines, 10, ahead=0, widget=1)) == 0


@pytest.mark.long
def test_what_would_come_too_late_is_told_at_once(settings):
    settings.PACE_CALLS = 0
    widget = make_widget(calls_per_minute=1, patience_minutes=3)
    with clock.set_to(NOW):
        ask_for(widget, 3)
        with pytest.raises(intake_errors.TooMany) as refused:
            ask_for(widget, 1, first=3)
    assert refused.value.retry_after == timedelta(minutes=1)
    assert CallRequest.objects.count() == 3
    assert len(drain(179)) == 3


def test_without_a_pace_the_workers_are_what_is_waited_for(settings):
    """Twenty in front, two seconds each, by four workers."""
    settings.PACE_CALLS, settings.WORKERS = 0, 4
    widget = make_widget()
    with clock.set_to(NOW):
        [first] = ask_for(widget, 1)
        place_next(FakeApi())
        first.attempts.update(duration_ms=2000)
        *_, last = ask_for(widget, 21, first=1)
        assert expected_wait_of(last, NOW) == timedelta(seconds=10)


def test_alone_there_is_no_wait():
    with clock.set_to(NOW):
        [call_request] = ask_for(make_widget(), 1)
        assert expected_wait_of(call_request, NOW) == timedelta()


def test_without_a_pace_the_wait_is_what_the_workers_need_for_those_in_front(settings):
    settings.PACE_CALLS, settings.WORKERS = 0, 4
    widget = make_widget(patience_minutes=600)
    with clock.set_to(NOW):
        [called] = ask_for(widget, 1)
        assert place_next(FakeApi()) is PlaceResult.WORKED
        called.attempts.update(duration_ms=3000)
        waits = [
            expected_wait_of(call_request, NOW) for call_request in ask_for(widget, 9, first=1)
        ]
    assert waits == [timedelta(seconds=3 * ahead / 4) for ahead in range(9)]


def test_a_call_takes_a_second_as_long_as_none_was_measured(settings):
    settings.PACE_CALLS, settings.WORKERS = 0, 4
    with clock.set_to(NOW):
        *_, last = ask_for(make_widget(), 4)
        assert expected_wait_of(last, NOW) == timedelta(seconds=0.75)


def test_how_long_a_call_takes_is_the_mean_of_the_last_twenty_that_are_over(settings):
    settings.PACE_CALLS, settings.WORKERS = 0, 1
    durations = [9000, *[3000] * 10, *[4000] * 10, *[None] * 20]
    with clock.set_to(NOW):
        for duration in durations:
            Attempt.objects.create(
                call_request=make_request(status=Status.CALLING),
                widget=make_widget(),
                number=1,
                started_at=NOW,
                deadline_at=NOW,
                duration_ms=duration,
                outcome=Outcome.ACCEPTED if duration else Outcome.PENDING,
            )
        *_, last = ask_for(make_widget(), 2)
        assert expected_wait_of(last, NOW) == timedelta(seconds=3.5)


def test_a_form_is_told_to_come_back_when_the_workers_cannot_get_to_it_in_time(settings):
    settings.PACE_CALLS, settings.WORKERS = 0, 1
    widget = make_widget(patience_minutes=1)
    with clock.set_to(NOW):
        ask_for(widget, 60)
        with pytest.raises(intake_errors.TooMany):
            ask_for(widget, 1, first=60)
