"""A machine whose clock is hours off: times that machines compare are the database's."""

from datetime import datetime, timedelta

import pytest

from callbacks import call_api
from callbacks.core import clock
from callbacks.dispatch import PlaceResult, call_switch, place_next
from callbacks.models import CallRequest, Status
from callbacks.worker import housekeeping
from tests.support.call_service.fake_api import FakeApi
from tests.support.factories import make_request

# SQLite has no clock but its machine's.
pytestmark = [pytest.mark.django_db, pytest.mark.postgresql]

HOUR = timedelta(hours=1)
NEAR = timedelta(minutes=5)


@pytest.fixture(params=[-3 * HOUR, 3 * HOUR], ids=["behind", "ahead"])
def right(request, monkeypatch):
    class Wrong(datetime):
        @classmethod
        def now(cls, tz=None):
            return datetime.now(tz) + request.param

    now = clock.now()
    monkeypatch.setattr(clock, "datetime", Wrong)
    return now


def test_what_is_due_is_called_and_nothing_else(right):
    due = make_request(due_at=right - HOUR, patience_until=right + HOUR)
    make_request(due_at=right + HOUR, patience_until=right + 2 * HOUR)
    make_request(due_at=right - 2 * HOUR, patience_until=right - HOUR)
    api = FakeApi()
    assert [place_next(api), place_next(api)] == [PlaceResult.WORKED, PlaceResult.IDLE]
    assert [call["destination"] for call in api.calls] == [due.number]
    attempt = due.attempts.get()
    for moment in (attempt.started_at, attempt.ended_at, due.moves.first().at):
        assert abs(moment - right) < NEAR


def test_what_is_put_off_waits_its_time(right):
    call_request = make_request(due_at=right, patience_until=right + HOUR)
    place_next(FakeApi(call_api.TryLater(http_status=429)))
    call_request.refresh_from_db()
    assert abs(call_request.backoff_until - right) < NEAR
    assert abs(call_switch.current().quiet_until - right) < NEAR


def test_housekeeping_expires_what_is_too_late_and_nothing_else(right):
    waits = make_request(due_at=right, patience_until=right + HOUR)
    late = make_request(due_at=right - 2 * HOUR, patience_until=right - HOUR)
    housekeeping.run_round()
    assert CallRequest.objects.get(pk=waits.pk).status == Status.QUEUED
    assert CallRequest.objects.get(pk=late.pk).status == Status.FAILED
