"""A stop of all calls may end by itself: everything that reads it looks at its end."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from django.utils import translation

from callbacks.core import clock
from callbacks.dispatch import call_switch, circuit_breaker, claim, place_next
from callbacks.dispatch.circuit_breaker import Decision, Permission
from callbacks.dispatch.claimed import Claim
from callbacks.dispatch.place_call import PlaceResult
from callbacks.models import CallControl, Status
from callbacks.operations import operator
from callbacks.public.status import messages
from callbacks.scheduling import pauses
from callbacks.staff.site.banner import banner
from callbacks.worker import housekeeping
from tests.support.call_service.fake_api import FakeApi
from tests.support.factories import make_request, make_widget

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
SECOND, HOUR = timedelta(seconds=1), timedelta(hours=1)
UNTIL = NOW + HOUR


@pytest.fixture(autouse=True)
def stopped() -> Iterator[None]:
    with clock.set_to(NOW), translation.override("en"):
        call_switch.stop("anne", "Fire drill", UNTIL)
        yield


def test_no_call_is_placed_until_its_end_and_calls_flow_from_then_on_by_themselves() -> None:
    call_request = make_request(patience_until=UNTIL + HOUR)
    for moment, result, status in (
        (UNTIL - SECOND, PlaceResult.IDLE, Status.QUEUED),
        (UNTIL, PlaceResult.WORKED, Status.CALLED),
    ):
        with clock.set_to(moment):
            assert place_next(FakeApi()) is result  # type: ignore[arg-type]
        call_request.refresh_from_db()
        assert call_request.status == status


@pytest.mark.parametrize(("moment", "is_stopped"), [(UNTIL - SECOND, True), (UNTIL, False)])
def test_each_reader_of_the_stop_looks_at_its_end(moment: datetime, is_stopped: bool) -> None:
    call_request = make_request(patience_until=UNTIL + HOUR)
    with clock.set_to(moment):
        row = call_switch.current()
        assert row.is_stopped_at(moment) is pauses.is_stopped(row) is is_stopped
        assert (claim.ask().failures is None) is is_stopped
        assert circuit_breaker.must_wait(row, moment) is is_stopped
        assert (circuit_breaker.must_wait_until(row, moment) == UNTIL) is is_stopped
        assert (circuit_breaker.request_permission(moment).permission == "wait") is is_stopped
        assert (housekeeping.run_round().ready == 0) is is_stopped
        assert (banner().stopped_at is not None) is is_stopped
        assert ("resume automatically" in " ".join(operator.calling())) is is_stopped
        assert ("running" in " ".join(operator.calling())) is not is_stopped
        assert (messages.of(call_request).title == "Calls are paused") is is_stopped
        # After the decision, the statements of the claim look again.
        claimed = claim.claim_next(Decision(Permission.GO), 10)
        assert isinstance(claimed, Claim) is not is_stopped


def test_a_visitor_whose_maximum_wait_ends_before_is_told_that_no_call_can_come() -> None:
    call_request = make_request(patience_until=UNTIL - SECOND)
    assert "can't call" in messages.of(call_request).text
    call_request.patience_until = UNTIL + HOUR
    assert "We'll keep your request" in messages.of(call_request).text


def test_a_stop_that_has_ended_can_be_made_again_and_not_be_resumed() -> None:
    assert not call_switch.stop("bob")
    with clock.set_to(UNTIL):
        assert not call_switch.resume("bob")
        assert call_switch.stop("bob")
    row = CallControl.objects.get()
    assert (row.stopped_by, row.stopped_at, row.stopped_until) == ("bob", UNTIL, None)


def test_calls_are_resumed_by_hand_before_the_end() -> None:
    assert call_switch.resume("bob")
    row = CallControl.objects.get()
    assert (row.stopped_at, row.stopped_until) == (None, None)
    make_request(widget=make_widget())
    assert place_next(FakeApi()) is PlaceResult.WORKED  # type: ignore[arg-type]
