"""Housekeeping carries retention out: batch after batch, and again once there is more."""

from datetime import UTC, datetime, timedelta

import pytest
from django.contrib.sessions.models import Session

from callbacks.core import clock
from callbacks.models import CallRequest, Erasure, Status
from callbacks.worker import housekeeping, purge
from tests.support.factories import make_request, make_widget

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)


def housekeeping_at(moment):
    with clock.set_to(moment):
        return housekeeping.run_round().purged


def test_in_batches_until_nothing_is_left(monkeypatch):
    monkeypatch.setattr(purge, "BATCH", 2)
    widget = make_widget(retention_months=1)
    for _ in range(5):
        make_request(widget=widget, status=Status.CALLED, created_at=NOW - timedelta(days=32))
    young = make_request(widget=widget, status=Status.CALLED, created_at=NOW)
    assert [housekeeping_at(NOW + timedelta(seconds=second)) for second in range(1, 5)] == [
        2,
        2,
        1,
        0,
    ]
    assert list(CallRequest.objects.filter(erased_at=None)) == [young]
    assert Erasure.objects.count() == 3


def test_what_is_due_later_goes_later():
    make_request(
        widget=make_widget(address_days=1),
        status=Status.CALLED,
        created_at=NOW,
        address="192.0.2.7",
    )
    assert housekeeping_at(NOW + timedelta(hours=23)) == 0
    assert housekeeping_at(NOW + timedelta(hours=25)) == 1
    assert CallRequest.objects.get().address == ""


def test_sessions_that_are_over_go_too():
    for name, hours in (("over", -1), ("open", 1)):
        Session.objects.create(
            session_key=name, session_data="", expire_date=NOW + timedelta(hours=hours)
        )
    housekeeping_at(NOW)
    assert [session.session_key for session in Session.objects.all()] == ["open"]
