"""What is looked at again when a booked call is due, and what counts on the day it was made."""

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from django.contrib.auth.models import User

from callbacks import call_api
from callbacks.abuse import block_list, limits
from callbacks.core import clock
from callbacks.dispatch import call_switch, place_next
from callbacks.dispatch.place_call import PlaceResult
from callbacks.intake import accept
from callbacks.intake.errors import TooMany
from callbacks.lifecycle import actions, blocking
from callbacks.models import BlockKind, CallRequest, LimitHit, Reason, Status, Widget
from callbacks.scheduling.slots import spelled
from callbacks.worker import housekeeping
from tests.support.call_service.fake_api import FakeApi
from tests.support.factories import make_submission
from tests.support.hours.december import TOWN_HALL, at, widget_with

pytestmark = pytest.mark.django_db

EVENING, DUE = at(1, 20), at(3, 14)


@pytest.fixture
def widget() -> Widget:
    return widget_with(**TOWN_HALL, waits_for_opening=True, patience_minutes=60)


@pytest.fixture
def booked(widget: Widget) -> CallRequest:
    with clock.set_to(EVENING):
        return accept.accept(make_submission(widget, when=spelled(DUE))).call_request


def called_at(moment: datetime, *answers: Exception) -> PlaceResult:
    """Let housekeeping and a worker do their work at `moment`."""
    with clock.set_to(moment):
        housekeeping.run_round()
        return place_next(FakeApi(*answers))  # type: ignore[arg-type]


def state(call_request: CallRequest) -> tuple[str, str]:
    call_request.refresh_from_db()
    return call_request.status, call_request.reason


def on_the_block_list(booked: CallRequest) -> None:
    block_list.add(BlockKind.NUMBER, booked.number)


def withdrawn(booked: CallRequest) -> None:
    """The visitor asks never to be called again, from the page of another request."""
    other = accept.accept(make_submission(booked.widget, nonce="other", when=spelled(at(4, 9))))
    blocking.never_again(other.call_request)


def test_a_booked_call_is_placed_when_it_is_due(booked: CallRequest) -> None:
    assert called_at(DUE - timedelta(seconds=1)) is PlaceResult.IDLE
    called_at(DUE)
    assert state(booked) == (Status.CALLED, "")


@pytest.mark.parametrize("what", [on_the_block_list, withdrawn])
def test_who_may_not_be_called_any_more_when_it_is_due_is_not(
    booked: CallRequest, what: Callable[[CallRequest], None]
) -> None:
    LimitHit.objects.all().delete()
    with clock.set_to(EVENING + timedelta(hours=1)):
        what(booked)
    called_at(DUE)
    assert state(booked) == (Status.CANCELLED, Reason.BLOCKED)


def test_a_stop_of_all_calls_holds_a_booked_call_back_and_it_comes_once_it_is_over(
    booked: CallRequest,
) -> None:
    with clock.set_to(EVENING):
        call_switch.stop("anne", until=DUE + timedelta(minutes=10))
    assert called_at(DUE) is PlaceResult.IDLE
    called_at(DUE + timedelta(minutes=10))
    assert state(booked)[0] == Status.CALLED


def test_a_consent_that_was_withdrawn_is_not_overruled_by_staff(
    booked: CallRequest, admin_user: User
) -> None:
    with clock.set_to(EVENING):
        assert actions.cancel_by_visitor(booked)
        assert actions.withdrawn([booked])
    called_at(DUE)
    assert state(booked) == (Status.CANCELLED, Reason.BY_VISITOR)


def test_a_booking_counts_towards_the_limits_on_the_day_it_was_made(
    widget: Widget, booked: CallRequest
) -> None:
    """Not on the day of the call, which may be weeks ahead."""
    hits = LimitHit.objects.values_list("at", flat=True)
    assert set(hits) == {EVENING}
    keys = limits.keys_of(limits.of_request(widget, booked.number), [])
    with clock.set_to(EVENING + timedelta(minutes=1)), pytest.raises(TooMany):
        accept.accept(make_submission(widget, nonce="again", when=spelled(at(4, 9))))
    called_at(DUE)
    assert LimitHit.objects.filter(key__in=keys, at__gte=DUE).count() == 0
    with clock.set_to(DUE + timedelta(minutes=1)):
        accept.accept(make_submission(widget, nonce="later", when=spelled(at(7, 9))))


NIGHT = [at(1, 18), at(1, 23), at(2, 3), at(2, 8, 59)]


def waiting(widget: Widget) -> CallRequest:
    """A request for a call now, shortly before closing, that may wait for the next opening."""
    with clock.set_to(at(1, 17, 58)):
        return accept.accept(make_submission(widget)).call_request


@pytest.mark.long
@pytest.mark.parametrize(
    "answer",
    [
        call_api.NotSent(code="connect_failed"),
        call_api.TryLater(http_status=429),
        call_api.TryLater(http_status=429, retry_after=180),
        call_api.TryLater(http_status=429, retry_after=6 * 3600),
    ],
    ids=["not connected", "backoff", "until after closing", "until the night"],
)
def test_what_is_to_be_tried_again_is_not_tried_at_night_and_then_at_the_opening(
    widget: Widget, answer: Exception
) -> None:
    call_request = waiting(widget)
    called_at(
        at(
            1,
            17,
            59,
        ),
        answer,
    )
    assert state(call_request) == (Status.QUEUED, "")
    for moment in NIGHT:
        assert called_at(moment) is PlaceResult.IDLE
    assert call_request.attempts.count() == 1
    called_at(at(2, 9))
    assert state(call_request) == (Status.CALLED, "")


@pytest.mark.long
def test_a_circuit_that_would_close_at_night_tries_nobody_until_the_opening(widget: Widget) -> None:
    with clock.set_to(at(1, 17, 58)):
        rows = [
            accept.accept(
                make_submission(widget, nonce=f"n{index}", number=f"06123456{index:02}")
            ).call_request
            for index in range(6)
        ]
    for _row in rows:
        called_at(at(1, 17, 59), call_api.NotSent(code="connect_failed"))
    with clock.set_to(at(1, 17, 59)):
        assert call_switch.current().circuit == "open"
    for moment in NIGHT:
        assert called_at(moment) is PlaceResult.IDLE
    assert called_at(at(2, 9)) is PlaceResult.WORKED
    assert CallRequest.objects.filter(status=Status.CALLED).count() == 1
    assert call_switch.current().circuit == "closed"
