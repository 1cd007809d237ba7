"""How many calls start: the account's pace, each widget's, and fairness between them."""

from datetime import UTC, datetime, timedelta

import pytest

from callbacks import call_api
from callbacks.core import clock
from callbacks.dispatch import PlaceResult, place_next
from callbacks.models import Attempt
from tests.support.call_service.fake_api import FakeApi
from tests.support.concurrency import concurrently
from tests.support.factories import make_request, make_widget

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)


def make_requests(count, **fields):
    return [make_request(due_at=NOW, patience_until=NOW + HOUR, **fields) for _ in range(count)]


def place_all_at(seconds, api):
    with clock.set_to(NOW + timedelta(seconds=seconds)):
        placed = 0
        while place_next(api) is PlaceResult.WORKED:
            placed += 1
        return placed


@pytest.mark.django_db
def test_the_accounts_pace_is_a_rolling_window(settings):
    settings.PACE_CALLS, settings.PACE_SECONDS = 2, 10.0
    make_requests(5)
    api = FakeApi()
    assert place_all_at(0, api) == 2
    assert place_all_at(9.9, api) == 0
    assert place_all_at(10, api) == 2


@pytest.mark.django_db
def test_a_widgets_calls_a_minute(settings):
    settings.PACE_CALLS = 0
    slow = make_widget(calls_per_minute=2)
    make_requests(4, widget=slow)
    make_requests(3)
    api = FakeApi()
    assert place_all_at(0, api) == 5
    assert place_all_at(59, api) == 0
    assert place_all_at(60, api) == 2


@pytest.mark.django_db
def test_a_bot_holds_so_many_calls_at_once(settings):
    settings.PACE_CALLS = 0
    widget = make_widget(simultaneous_calls=2, call_seconds=90)
    make_requests(5, widget=widget)
    api = FakeApi()
    assert place_all_at(0, api) == 2
    assert place_all_at(89, api) == 0
    assert place_all_at(90, api) == 2


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("answer", "holds_a_line"),
    [
        (call_api.NotSent(), False),
        (call_api.Refused(http_status=422), False),
        (call_api.OutcomeUnknown(), True),
    ],
)
def test_only_what_may_have_rung_holds_a_line(settings, answer, holds_a_line):
    settings.PACE_CALLS = 0
    widget = make_widget(simultaneous_calls=1)
    make_requests(2, widget=widget)
    with clock.set_to(NOW):
        place_next(FakeApi(answer))
        assert place_next(FakeApi()) is (PlaceResult.IDLE if holds_a_line else PlaceResult.WORKED)


@pytest.mark.django_db
def test_a_full_widget_does_not_hold_up_another(settings):
    settings.PACE_CALLS = 0
    full, free = make_widget(simultaneous_calls=1), make_widget()
    make_requests(3, widget=full, queue_position=0)
    [other] = make_requests(1, widget=free, queue_position=99)
    api = FakeApi()
    assert place_all_at(0, api) == 2
    assert api.calls[-1]["destination"] == other.number


@pytest.mark.django_db(transaction=True)
def test_a_widgets_pace_is_exact_under_concurrency(settings):
    settings.PACE_CALLS = 0
    widget = make_widget(calls_per_minute=5)
    for _ in range(20):
        make_request(widget=widget)

    def work(_):
        while place_next(FakeApi()) is PlaceResult.WORKED:
            pass

    concurrently(8, work)
    assert Attempt.objects.count() == 5
