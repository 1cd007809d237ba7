"""Outside the opening hours of its widget, no request is due, and none is sent."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pytest
from django.db.models import F

from callbacks.call_api.codes import AttemptCode
from callbacks.core import clock, database
from callbacks.dispatch import claim, last_look
from callbacks.dispatch.circuit_breaker import Decision, Permission
from callbacks.dispatch.claimed import Claim
from callbacks.models import CallRequest, OpenPeriod, Widget
from callbacks.scheduling import fair_queue, wait_estimate
from callbacks.scheduling.due import due, to_join
from tests.support.factories import make_request, make_widget

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
SECOND, HOUR = timedelta(seconds=1), timedelta(hours=1)
PARIS, REUNION = "Europe/Paris", "Indian/Reunion"
GO = Decision(Permission.GO)

pytestmark = pytest.mark.django_db


def open_from(widget: Widget, start: timedelta, end: timedelta, zone: str = "") -> None:
    """Open the widget between these moments, counted from `NOW`."""
    OpenPeriod.objects.create(widget=widget, zone=zone, starts_at=NOW + start, ends_at=NOW + end)


def hours(periods: Sequence[tuple[timedelta, timedelta, str]]) -> dict[str, object]:
    """Return the columns of a widget that has hours; with a zone, also those of sales calls."""
    # Which hours they are does not matter: the rows of open periods decide.
    return {
        "has_hours": True,
        "opening_hours": "Mo 10:00-12:00",
        "sales_hours": any(period[2] for period in periods),
    }


def request_of(*periods: tuple[timedelta, timedelta, str], zone: str = PARIS) -> CallRequest:
    """Create a request to a person in `zone`, of a widget that is open in these periods only."""
    widget = make_widget(**hours(periods))
    for start, end, period_zone in periods:
        open_from(widget, start, end, period_zone)
    return make_request(widget=widget, consumer_zone=zone)


def all_due() -> list[int]:
    """Return what is due by the QuerySet, once it is checked that the statements agree."""
    by_rule = list(due(NOW).values_list("pk", flat=True))
    found = claim.read(database.execute(claim.next_due()))
    assert (found.pk if found else None) == (by_rule[0] if by_rule else None)
    assert claim.ask()[0] is bool(by_rule)
    return by_rule


OPEN = [
    [(-HOUR, HOUR, "")],
    [(timedelta(), HOUR, "")],  # it opens at this moment
    [(-HOUR, -SECOND, ""), (-SECOND, SECOND, "")],
    [(-HOUR, HOUR, PARIS), (HOUR, 2 * HOUR, REUNION)],
]
CLOSED: list[list[tuple[timedelta, timedelta, str]]] = [
    [],
    [(-HOUR, timedelta(), "")],  # it closes at this moment
    [(SECOND, HOUR, "")],
    [(-HOUR, -SECOND, ""), (SECOND, HOUR, "")],
    [(-HOUR, HOUR, REUNION), (HOUR, 2 * HOUR, PARIS)],
]


@pytest.mark.parametrize("periods", OPEN)
def test_a_request_is_due_while_its_widget_is_open(
    periods: list[tuple[timedelta, timedelta, str]],
) -> None:
    with clock.set_to(NOW):
        call_request = request_of(*periods)
        assert all_due() == [call_request.pk]
        assert isinstance(claim.claim_next(GO, 10), Claim)


@pytest.mark.parametrize("periods", CLOSED)
def test_no_request_is_due_while_its_widget_is_closed(
    periods: list[tuple[timedelta, timedelta, str]],
) -> None:
    with clock.set_to(NOW):
        request_of(*periods)
        assert all_due() == []
        assert claim.claim_next(GO, 10) is None


@pytest.mark.parametrize("periods", CLOSED)
def test_a_confirmed_time_is_due_although_its_widget_is_closed(
    periods: list[tuple[timedelta, timedelta, str]],
) -> None:
    with clock.set_to(NOW):
        other, call_request = request_of(*periods), request_of(*periods)
        CallRequest.objects.filter(pk=call_request.pk).update(confirmed_for=F("due_at"))
        CallRequest.objects.filter(pk=other.pk).update(confirmed_for=F("due_at") + SECOND)
        assert all_due() == [call_request.pk]
        behind = make_request(queue_position=5)
        call_request.widget.calls_per_minute = 5
        others = wait_estimate.SQL["ask"](
            **wait_estimate.parameters(call_request.widget), queue_position=5
        )
        assert database.execute(others).rows[0][:2] == (1, 1)
        CallRequest.objects.filter(pk=behind.pk).delete()
        claimed = claim.claim_next(GO, 10)
        assert isinstance(claimed, Claim)
        assert last_look.at(claimed)() == ""
        CallRequest.objects.update(due_at=NOW - HOUR)
        assert last_look.at(claimed)() == AttemptCode.CLOSED


def test_a_confirmed_time_joins_the_queue_although_its_widget_is_closed() -> None:
    with clock.set_to(NOW):
        other, call_request = request_of(), request_of()
        CallRequest.objects.update(is_scheduled=True, queue_position=None)
        CallRequest.objects.filter(pk=call_request.pk).update(confirmed_for=F("due_at"))
        assert list(to_join(NOW)) == [call_request]
        assert claim.ask().may_join
        fair_queue.join()
        other.refresh_from_db()
        call_request.refresh_from_db()
        assert (other.queue_position, call_request.queue_position) == (None, 0)


def test_the_zone_of_the_person_decides_and_not_the_widget_s() -> None:
    with clock.set_to(NOW):
        periods = ((-HOUR, HOUR, REUNION), (HOUR, 2 * HOUR, PARIS))
        call_request = request_of(*periods, zone=REUNION)
        request_of(*periods, zone=PARIS)
        assert all_due() == [call_request.pk]


def test_a_closed_widget_does_not_keep_the_others_waiting() -> None:
    with clock.set_to(NOW):
        request_of()
        call_request = make_request()
        assert all_due() == [call_request.pk]
        claimed = claim.claim_next(GO, 10)
        assert isinstance(claimed, Claim)
        assert claimed.call_request.pk == call_request.pk


def test_requests_of_a_closed_widget_take_no_part_in_the_estimate_of_others() -> None:
    with clock.set_to(NOW):
        for _ in range(3):
            request_of()
        behind = make_request(queue_position=5)
        alone = wait_estimate.expected_wait_of(behind, NOW)
        CallRequest.objects.exclude(pk=behind.pk).update(widget=make_widget())
        assert wait_estimate.expected_wait_of(behind, NOW) > alone


@pytest.mark.parametrize("periods", OPEN)
def test_the_last_look_lets_a_call_go_while_open(
    periods: list[tuple[timedelta, timedelta, str]],
) -> None:
    with clock.set_to(NOW):
        request_of(*periods)
        claimed = claim.claim_next(GO, 10)
        assert isinstance(claimed, Claim)
        assert last_look.at(claimed)() == ""


@pytest.mark.parametrize("periods", CLOSED)
def test_the_last_look_stops_a_call_when_it_closed_after_the_claim(
    periods: list[tuple[timedelta, timedelta, str]],
) -> None:
    with clock.set_to(NOW):
        call_request = make_request(consumer_zone=PARIS)
        claimed = claim.claim_next(GO, 10)
        assert isinstance(claimed, Claim)
        request_of((-HOUR, HOUR, ""))  # another widget is open
        Widget.objects.filter(pk=call_request.widget_id).update(**hours(periods))
        for start, end, zone in periods:
            open_from(call_request.widget, start, end, zone)
        assert last_look.at(claimed)() == AttemptCode.CLOSED
