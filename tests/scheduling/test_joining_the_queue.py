"""A request for a later time joins the queue when it becomes due, and not before."""

from datetime import UTC, datetime, timedelta

import pytest
from django.db import IntegrityError

from callbacks.core import clock
from callbacks.dispatch import place_next
from callbacks.models import Attempt, CallRequest, OpenPeriod, Status, Widget
from callbacks.scheduling import fair_queue, wait_estimate
from callbacks.scheduling.due import due, to_join
from callbacks.worker import housekeeping
from tests.support.call_service.fake_api import FakeApi
from tests.support.concurrency import concurrently
from tests.support.factories import make_request, make_widget

NOW = datetime(2026, 6, 1, 9, tzinfo=UTC)
SECOND, HOUR = timedelta(seconds=1), timedelta(hours=1)


def later(widget: Widget, due_at: datetime = NOW, **fields: object) -> CallRequest:
    """Create a request that a person made for `due_at`, before that time."""
    return make_request(
        widget=widget,
        due_at=due_at,
        is_scheduled=True,
        queue_position=None,
        patience_until=due_at + HOUR,
        **fields,
    )


def positions(*requests: CallRequest) -> list[int | None]:
    """Return their positions as they are now."""
    found = dict(CallRequest.objects.values_list("pk", "queue_position"))
    return [found[call_request.pk] for call_request in requests]


@pytest.mark.django_db
def test_a_request_joins_when_its_time_has_come() -> None:
    call_request = later(make_widget())
    with clock.set_to(NOW - SECOND):
        fair_queue.join()
        assert positions(call_request) == [None]
        assert not due(NOW - SECOND).exists()
    with clock.set_to(NOW):
        assert not due(NOW).exists()
        fair_queue.join()
        assert positions(call_request) == [0]
        assert due(NOW).get() == call_request


@pytest.mark.django_db
def test_those_of_one_widget_line_up_and_those_of_another_are_served_in_between() -> None:
    busy, quiet = make_widget(), make_widget()
    overnight = [later(busy) for _ in range(4)]
    other = later(quiet)
    with clock.set_to(NOW):
        fair_queue.join()
        assert positions(*overnight, other) == [0, 1, 2, 3, 0]
        fresh = fair_queue.next_position(make_widget().pk)
    assert fresh == 0


@pytest.mark.django_db
def test_they_line_up_behind_those_of_their_widget_that_wait_or_were_served() -> None:
    widget = make_widget()
    make_request(widget=widget, queue_position=4)
    served = make_request(widget=widget, status=Status.CALLED, queue_position=5)
    Attempt.objects.create(
        call_request=served,
        widget=widget,
        number=1,
        queue_position=6,
        started_at=NOW,
        deadline_at=NOW,
    )
    first, second = later(widget), later(widget)
    with clock.set_to(NOW):
        fair_queue.join()
    assert positions(first, second) == [7, 8]


@pytest.mark.django_db
def test_the_earliest_time_joins_first_and_a_place_is_never_changed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(fair_queue, "BATCH", 1)
    widget = make_widget()
    second, first = later(widget, NOW), later(widget, NOW - HOUR / 2)
    with clock.set_to(NOW):
        fair_queue.join()
        assert positions(first, second) == [0, None]
        fair_queue.join()
        fair_queue.join()
    assert positions(first, second) == [0, 1]


@pytest.mark.django_db
def test_nothing_joins_while_its_widget_is_closed() -> None:
    widget = make_widget(has_hours=True, opening_hours="Mo 10:00-12:00")
    call_request = later(widget)
    with clock.set_to(NOW):
        fair_queue.join()
        assert positions(call_request) == [None]
        OpenPeriod.objects.create(widget=widget, starts_at=NOW, ends_at=NOW + HOUR)
        fair_queue.join()
    assert positions(call_request) == [0]


@pytest.mark.django_db
def test_housekeeping_lets_them_join_and_wakes_a_worker() -> None:
    call_request = later(make_widget())
    with clock.set_to(NOW):
        report = housekeeping.run_round()
    assert positions(call_request) == [0]
    assert report.ready == 1


@pytest.mark.django_db
def test_a_worker_calls_it_although_housekeeping_is_dead():
    call_request = later(make_widget())
    make_request(status=Status.CALLED)
    with clock.set_to(NOW):
        place_next(FakeApi())
    call_request.refresh_from_db()
    assert call_request.status == Status.CALLED


@pytest.mark.django_db
def test_what_is_not_due_takes_part_in_no_estimate() -> None:
    widget = make_widget()
    waiting = make_request(queue_position=9)
    with clock.set_to(NOW):
        alone = wait_estimate.expected_wait_of(waiting, NOW)
        ahead = [later(widget, NOW + HOUR) for _ in range(5)]
        assert wait_estimate.expected_wait_of(waiting, NOW) == alone
        assert wait_estimate.expected_wait_of(ahead[0], NOW) == HOUR


@pytest.mark.django_db
def test_a_request_for_now_has_a_place_from_the_beginning() -> None:
    with pytest.raises(IntegrityError):
        make_request(queue_position=None)


@pytest.mark.django_db(transaction=True)
def test_two_processes_give_each_request_one_place() -> None:
    widget = make_widget()
    overnight = [later(widget) for _ in range(40)]
    with clock.set_to(NOW):
        concurrently(4, lambda _index: fair_queue.join())
        assert not to_join(NOW).exists()
    placed = [place for place in positions(*overnight) if place is not None]
    assert len(placed) == 40
