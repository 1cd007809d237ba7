"""The figures of the dashboard: added up from the requests, kept up by housekeeping."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext

from callbacks.core import clock
from callbacks.lifecycle import actions, retrying
from callbacks.models import (
    CallRequest,
    HourlyFigures,
    HourlyTotal,
    PeriodicJob,
    Reason,
    Status,
)
from callbacks.stats import counting, hourly
from tests.support.factories import accept_attempt, make_called, make_request, make_widget

pytestmark = pytest.mark.django_db

NOON = datetime(2026, 3, 3, 12, tzinfo=UTC)


def total(**query: Any) -> hourly.Figures:
    found = hourly.by_hour(NOON - timedelta(days=60), NOON + timedelta(days=60), **query)
    return hourly.Figures.of(found.values())


def test_each_request_is_in_its_hour_its_widget_and_its_state() -> None:
    one, two = make_widget(), make_widget()
    at = NOON + timedelta(minutes=59, seconds=59)
    make_called(7, widget=one, created_at=at)
    make_request(widget=one, created_at=at, status=Status.FAILED, reason=Reason.TOO_LATE)
    make_request(widget=one, created_at=at, status=Status.UNCERTAIN, reason=Reason.NO_ANSWER)
    make_request(widget=two, created_at=NOON + timedelta(hours=1), status=Status.CANCELLED)
    make_request(widget=two, created_at=NOON + timedelta(hours=1))
    counting.recompute(NOON, NOON + timedelta(hours=2))
    hours = hourly.by_hour(NOON, NOON + timedelta(hours=2))
    first, second = hours[NOON], hours[NOON + timedelta(hours=1)]
    names = ("asked", "called", "failed", "uncertain", "cancelled", "too_late", "no_answer")
    assert [first[name] for name in names] == [3, 1, 1, 1, 0, 1, 1]
    assert [second[name] for name in names] == [2, 0, 0, 0, 1, 0, 0]
    assert (first.waiting, second.waiting) == (0, 1)
    assert first.failure_share == pytest.approx(2 / 3)
    assert total(widget=two.pk)["asked"] == 2
    assert {pk: row["asked"] for pk, row in hourly.by_widget(NOON, NOON + hourly.HOUR).items()} == {
        one.pk: 3
    }


def test_waits_are_told_to_their_bucket() -> None:
    for seconds in (1, 3, 4, 8, 100):
        make_called(seconds, created_at=NOON)
    counting.recompute(NOON, NOON + hourly.HOUR)
    found = total()
    assert 2 < (found.wait(0.5) or 0) <= 5
    assert 60 < (found.wait(0.95) or 0) <= 120
    assert hourly.Figures().wait(0.5) is None
    make_called(2 * 3600, created_at=NOON)
    counting.recompute(NOON, NOON + hourly.HOUR)
    assert total().wait(1) == float("inf")


def test_the_first_call_counts_when_a_person_asked_for_a_second() -> None:
    call_request = make_called(4, created_at=NOON)
    accept_attempt(call_request, NOON + timedelta(minutes=40), 2)
    counting.recompute(NOON, NOON + hourly.HOUR)
    assert (total()["within_5"], total()["within_3600"]) == (1, 0)


def test_a_call_that_staff_retried_tells_nothing_about_how_fast_calls_are(admin_user: Any) -> None:
    """Ten calls within five seconds, and one that a colleague looked at after a night."""
    for _ in range(10):
        make_called(4, created_at=NOON)
    with clock.set_to(NOON):
        call_request = make_request(status=Status.FAILED, reason=Reason.TOO_LATE, attempts_made=1)
    with clock.set_to(NOON + timedelta(hours=20)):
        assert retrying.retry(call_request, admin_user)
    for status in (Status.CALLING, Status.CALLED):
        CallRequest.objects.filter(pk=call_request.pk).update(status=status)
    accept_attempt(call_request, NOON + timedelta(hours=20, seconds=3), 2)
    admin_user.delete()  # what was an account's is then nobody's
    counting.recompute(NOON, NOON + hourly.HOUR)
    assert total()["called"] == 11
    assert total().wait(0.95) == pytest.approx(5, abs=0.5)
    assert total().wait(1) == 5


def test_computing_again_changes_nothing() -> None:
    make_called(7, created_at=NOON)
    counting.recompute(NOON, NOON + hourly.HOUR)
    before = list(HourlyFigures.objects.values()), list(HourlyTotal.objects.values())
    counting.recompute(NOON - hourly.HOUR, NOON + 3 * hourly.HOUR)
    assert (list(HourlyFigures.objects.values()), list(HourlyTotal.objects.values())) == before


def test_housekeeping_keeps_them_up_once_a_minute() -> None:
    with clock.set_to(NOON):
        make_request()
        assert counting.keep_up(NOON) == 2
        assert hourly.as_of() == NOON
        make_request()
        assert counting.keep_up(NOON + timedelta(seconds=30)) == 0
    later = NOON + timedelta(seconds=61)
    assert counting.keep_up(later) == 2
    assert total()["asked"] == 2


def test_a_request_that_moves_days_later_is_counted_anew(admin_user: Any) -> None:
    with clock.set_to(NOON):
        call_request = make_request(status=Status.FAILED, reason=Reason.TOO_LATE)
        counting.keep_up(NOON)
    later = NOON + timedelta(days=3)
    counting.keep_up(later)
    assert total()["failed"] == 1
    with clock.set_to(later):
        actions.close(call_request, admin_user)
    counting.keep_up(later + timedelta(minutes=2))
    assert (total()["failed"], total()["cancelled"]) == (0, 1)


def test_a_long_absence_is_made_up_for_a_week_at_a_time() -> None:
    make_request(created_at=NOON - timedelta(days=20))
    make_request(created_at=NOON - timedelta(days=1))
    rounds = 0
    while (as_of := hourly.as_of()) is None or as_of < NOON:
        assert counting.keep_up(NOON) <= 7 * 24
        rounds += 1
        assert rounds < 6
    assert total()["asked"] == 2
    assert rounds == 3


def test_the_command_counts_everything() -> None:
    make_request(created_at=NOON - timedelta(days=20))
    with clock.set_to(NOON):
        call_command("count_figures")
    assert total()["asked"] == 1
    assert PeriodicJob.objects.get(name=hourly.JOB).last_run_at == NOON


def test_reading_takes_one_query_however_much_there_is() -> None:
    for hour in range(5):
        make_request(created_at=NOON + timedelta(hours=hour))
    counting.recompute(NOON, NOON + timedelta(hours=6))
    with CaptureQueriesContext(connection) as queries:
        hourly.by_hour(NOON, NOON + timedelta(hours=6))
    assert len(queries) == 1
    assert "callbacks_callrequest" not in queries[0]["sql"]
