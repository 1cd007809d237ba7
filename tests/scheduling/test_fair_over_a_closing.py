"""What waits through a closing goes through the queue at the opening as any other request does."""

from datetime import datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from callbacks.core import clock
from callbacks.dispatch import place_next
from callbacks.dispatch.place_call import PlaceResult
from callbacks.models import Attempt, CallRequest, Status, Widget
from callbacks.scheduling import call_time, fair_queue, wait_estimate
from callbacks.worker import housekeeping
from tests.support.call_service.fake_api import FakeApi
from tests.support.factories import make_request, make_widget
from tests.support.hours.december import TOWN_HALL, at, widget_with

pytestmark = pytest.mark.django_db

OPENS, CLOSES = at(2, 9), at(1, 18)


@pytest.fixture(autouse=True)
def _unpaced(settings: object) -> None:
    settings.PACE_CALLS = 0  # type: ignore[attr-defined]


@pytest.fixture
def hall() -> Widget:
    """A town hall whose calls wait for the next opening."""
    return widget_with(**TOWN_HALL, waits_for_opening=True, patience_minutes=60 * 6)


@pytest.fixture
def shop() -> Widget:
    """A shop that is always open."""
    return make_widget(patience_minutes=60 * 24)


def asked(widget: Widget, moment: datetime, count: int) -> list[CallRequest]:
    """Create requests for a call now, made at `moment`."""
    with clock.set_to(moment):
        periods = call_time.ahead(widget, "", moment)
        time = call_time.of_now(widget, periods, moment)
        assert time
        return [
            make_request(
                widget=widget,
                due_at=moment,
                created_at=moment,
                patience_until=time.patience_until,
                queue_position=fair_queue.next_position(widget.pk),
            )
            for _ in range(count)
        ]


def asked_for_opening(widget: Widget, count: int) -> list[CallRequest]:
    fields = {"due_at": OPENS, "is_scheduled": True, "queue_position": None}
    return [make_request(widget=widget, patience_until=at(2, 18), **fields) for _ in range(count)]


def served(count: int) -> list[Widget]:
    """Place calls, one after the other, and return their widgets."""
    for _ in range(count):
        assert place_next(FakeApi()) is PlaceResult.WORKED  # type: ignore[arg-type]
    latest = Attempt.objects.order_by("-pk").select_related("call_request__widget")[:count]
    return [attempt.call_request.widget for attempt in reversed(latest)]


def place_all(moment: datetime) -> None:
    """Call all that wait and may be called at `moment`."""
    with clock.set_to(moment):
        while place_next(FakeApi()) is PlaceResult.WORKED:  # type: ignore[arg-type]
            pass


@pytest.fixture
def night(hall: Widget, shop: Widget) -> None:
    """The hall closed with 20 requests waiting; the shop was called 30 times, and 10 wait."""
    asked(hall, CLOSES - timedelta(minutes=1), 20)
    asked(shop, CLOSES, 30)
    place_all(at(2, 3))
    assert CallRequest.objects.filter(widget=shop, status=Status.QUEUED).count() == 0
    asked(shop, OPENS - timedelta(minutes=1), 10)


@pytest.mark.long
@pytest.mark.usefixtures("night")
def test_at_the_opening_two_widgets_are_served_in_turn(hall: Widget, shop: Widget) -> None:
    with clock.set_to(OPENS):
        housekeeping.run_round()
        order = served(30)
    for length in range(1, 20):
        # The widget that opens may be one call ahead.
        assert order[:length].count(hall) - order[:length].count(shop) in {0, 1, 2}


@pytest.mark.long
@pytest.mark.usefixtures("night")
def test_those_of_one_widget_keep_their_order(hall: Widget) -> None:
    before = list(waiting(hall))
    with clock.set_to(OPENS):
        asked(hall, OPENS, 2)
        housekeeping.run_round()
    assert list(waiting(hall))[:20] == before
    assert len(set(CallRequest.objects.filter(widget=hall).values_list("queue_position"))) == 22


def waiting(widget: Widget) -> list[int]:
    """Return the keys of the requests of a widget that wait, in the order of their calls."""
    rows = CallRequest.objects.filter(widget=widget, status=Status.QUEUED)
    return list(rows.order_by("queue_position", "pk").values_list("pk", flat=True))


@pytest.mark.long
@pytest.mark.usefixtures("night")
def test_they_join_anew_once(hall: Widget) -> None:
    """Also while calls of the widget go on."""
    with clock.set_to(OPENS):
        housekeeping.run_round()
        served(8)
        before = list(CallRequest.objects.order_by("pk").values_list("pk", "queue_position"))
        housekeeping.run_round()
    assert before == list(CallRequest.objects.order_by("pk").values_list("pk", "queue_position"))


@pytest.mark.long
@pytest.mark.usefixtures("night")
def test_they_are_called_although_housekeeping_is_dead(hall: Widget) -> None:
    place_all(OPENS)
    assert not CallRequest.objects.filter(status=Status.QUEUED).exists()


@pytest.mark.long
def test_a_request_for_the_opening_that_waits_through_the_lunch_break_joins_anew(
    hall: Widget, shop: Widget
) -> None:
    asked_for_opening(hall, 10)
    with clock.set_to(OPENS):
        housekeeping.run_round()
        assert served(2) == [hall] * 2
    asked(shop, at(2, 12), 20)
    place_all(at(2, 13))
    asked(shop, at(2, 13, 59), 8)
    with clock.set_to(at(2, 14)):
        housekeeping.run_round()
        order = served(16)
    assert order[:8].count(shop) >= 3
    assert order.count(shop) == 8


@pytest.mark.long
def test_requests_for_the_opening_share_it_with_those_that_waited_and_with_others(
    hall: Widget, shop: Widget
) -> None:
    asked(hall, CLOSES - timedelta(minutes=1), 5)
    asked(shop, CLOSES, 30)
    place_all(at(2, 3))
    overnight = asked_for_opening(hall, 5)
    asked(shop, OPENS - timedelta(minutes=1), 10)
    with clock.set_to(OPENS):
        housekeeping.run_round()
        assert waiting(hall)[5:] == [one.pk for one in overnight]
        order = served(20)
    assert order[:10].count(shop) >= 4
    assert order.count(hall) == 10


def test_nothing_changes_while_nobody_else_was_served(hall: Widget) -> None:
    asked(hall, CLOSES - timedelta(minutes=1), 3)
    before = list(CallRequest.objects.values_list("pk", "queue_position"))
    with clock.set_to(OPENS), CaptureQueriesContext(connection) as captured:
        fair_queue.join_again()
    assert before == list(CallRequest.objects.values_list("pk", "queue_position"))
    assert not [one for one in captured if "UPDATE" in one["sql"]]


@pytest.mark.long
@pytest.mark.usefixtures("night")
def test_what_they_are_told_is_right_within_a_factor_of_two(hall: Widget, settings: object) -> None:
    settings.PACE_CALLS, settings.PACE_SECONDS = 1, 10.0  # type: ignore[attr-defined]
    assert_told_right(hall)


@pytest.mark.long
def test_those_who_asked_overnight_are_told_right_too(
    hall: Widget, shop: Widget, settings: object
) -> None:
    asked(shop, CLOSES, 30)
    place_all(at(2, 3))
    asked_for_opening(hall, 20)
    asked(shop, OPENS - timedelta(minutes=1), 10)
    settings.PACE_CALLS, settings.PACE_SECONDS = 1, 10.0  # type: ignore[attr-defined]
    assert_told_right(hall)


def assert_told_right(widget: Widget) -> None:
    """Compare what 20 visitors are told at the opening with when each is called.

    Ten calls of another widget take their turns between theirs.
    """
    with clock.set_to(OPENS):
        housekeeping.run_round()
        rows = CallRequest.objects.filter(widget=widget).order_by("queue_position", "pk")
        told = {row.pk: wait_estimate.expected_wait_of(row, OPENS) for row in rows}
    for tick in range(30):
        with clock.set_to(OPENS + timedelta(seconds=10 * tick)):
            assert place_next(FakeApi()) is PlaceResult.WORKED  # type: ignore[arg-type]
    begun = dict(Attempt.objects.filter(widget=widget).values_list("call_request", "started_at"))
    slack = timedelta(seconds=10)
    assert len(told) == 20
    for pk, expected in told.items():
        waited = begun[pk] - OPENS
        assert expected / 2 - slack <= waited <= expected * 2 + slack
