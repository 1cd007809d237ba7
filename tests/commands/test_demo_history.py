"""The history of the demo: a month that looks like one, the same for the same seed."""

from collections.abc import Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta

import pytest
from django.db import transaction
from django.utils import timezone

from callbacks.consent import chain, verification
from callbacks.core import clock
from callbacks.models import Attempt, CallRequest, Outcome, Status, Widget
from callbacks.operations import demo_history
from callbacks.stats import hourly
from tests.support.factories import make_request, make_widget

pytestmark = [pytest.mark.django_db, pytest.mark.minutes]

NOW = datetime(2026, 3, 3, 14, 30, tzinfo=UTC)


def filled(seed: int) -> tuple[Widget, list[str]]:
    said: list[str] = []
    widget = make_widget()
    with clock.set_to(NOW):
        assert demo_history.fill(widget, seed, said.append) == CallRequest.objects.count()
    return widget, said


class Undone(Exception):
    pass


def month(seed: int) -> Sequence[tuple[object, ...]]:
    """Return what the seed makes, and leave nothing of it."""
    with suppress(Undone), transaction.atomic():
        filled(seed)
        rows = CallRequest.objects.order_by("pk")
        found = list(rows.values_list("created_at", "number", "status", "page_url"))
        raise Undone
    return found


def test_a_month_of_requests_of_every_kind() -> None:
    _widget, said = filled(1)
    requests = CallRequest.objects.all()
    assert 300 < len(requests) < 700
    assert {one.status for one in requests} >= set(Status) - {Status.QUEUED, Status.CALLING}
    called = [one for one in requests if one.status == Status.CALLED]
    assert len(called) > 0.8 * len(requests)
    assert said[0] == f"  100 of {len(requests)} requests …"
    weekend = [one for one in requests if timezone.localtime(one.created_at).weekday() >= 5]
    assert 0 < len(weekend) < len(requests) / 4
    assert all(NOW - timedelta(days=31) < one.created_at < NOW for one in requests)
    # Nobody is called twice, not even in a history.
    accepted = Attempt.objects.filter(outcome=Outcome.ACCEPTED)
    assert accepted.count() == accepted.values("call_request").distinct().count()


def test_the_overview_and_the_proofs_agree_with_it() -> None:
    widget, _said = filled(1)
    asked = hourly.total(NOW - timedelta(days=32), NOW, widget.pk)["asked"]
    assert asked == CallRequest.objects.count()
    chain.chain_up()
    assert list(verification.verify()) == []


def test_the_same_seed_makes_the_same_month_and_another_one_another() -> None:
    first = month(7)
    assert month(7) == first
    assert month(8) != first


def test_a_demo_that_was_used_is_left_alone() -> None:
    make_request()
    with clock.set_to(NOW):
        assert demo_history.fill(make_widget(), 1, print) == 0
    assert CallRequest.objects.count() == 1
