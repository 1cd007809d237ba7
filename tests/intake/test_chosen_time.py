"""A visitor chooses now, the next opening or a time slot, and is called then or told why not."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.utils import translation

from callbacks.core import clock, database
from callbacks.core.statements import Statement
from callbacks.dispatch import place_next
from callbacks.intake import accept, write
from callbacks.intake.errors import AlreadyUsed, Closed, Invalid
from callbacks.models import CallRequest, OpenPeriod, Status, Widget
from callbacks.models.widget_hours import WhenClosed
from callbacks.scheduling import slot_places, slots
from callbacks.scheduling.slots import spelled
from tests.support.call_service.fake_api import FakeApi
from tests.support.concurrency import concurrently
from tests.support.factories import make_request, make_submission, make_widget
from tests.support.hours.december import TOWN_HALL, at, widget_with

pytestmark = pytest.mark.django_db

MINUTE = timedelta(minutes=1)


def send(widget: Widget, moment: datetime, when: str = "", **fields: Any) -> CallRequest:
    """Send a form at `moment`, and return the request."""
    with clock.set_to(moment):
        submission = make_submission(widget, when=when, **fields)
        return CallRequest.objects.get(pk=accept.accept(submission).call_request.pk)


def refused(widget: Widget, moment: datetime, when: str = "") -> str:
    """Send a form at `moment` that is refused, and return the sentence at the field `when`."""
    with translation.override("en"), pytest.raises(Invalid) as caught:
        send(widget, moment, when)
    assert set(caught.value.errors) == {"when"}
    assert not CallRequest.objects.exists()
    with translation.override("en"):
        return str(caught.value.errors["when"])


# -- now, and the next opening ----------------------------------------------------------------
@pytest.mark.parametrize("when", ["", "now", "opening"])
def test_while_it_is_open_the_call_comes_now(when: str) -> None:
    call_request = send(widget_with(**TOWN_HALL), at(1, 11, 50), when)
    assert (call_request.due_at, call_request.is_scheduled) == (at(1, 11, 50), False)
    assert call_request.patience_until == at(1, 12)
    assert call_request.queue_position == 0


@pytest.mark.parametrize("when", ["", "now", "opening"])
def test_without_opening_hours_the_call_always_comes_now(when: str) -> None:
    call_request = send(make_widget(patience_minutes=15), at(6, 3), when)
    assert (call_request.due_at, call_request.is_scheduled) == (at(6, 3), False)
    assert call_request.patience_until == at(6, 3, 15)


def test_a_call_at_the_next_opening_is_placed_then_and_not_before():
    call_request = send(widget_with(**TOWN_HALL), at(4, 20), "opening")
    assert (call_request.due_at, call_request.is_scheduled) == (at(7, 9), True)
    assert call_request.queue_position is None
    for moment, status in ((at(5, 10), Status.QUEUED), (at(7, 9), Status.CALLED)):
        with clock.set_to(moment):
            place_next(FakeApi())
        call_request.refresh_from_db()
        assert call_request.status == status


@pytest.mark.parametrize("when", ["", "now"])
def test_now_is_refused_while_it_is_closed(when: str) -> None:
    sentence = refused(widget_with(**TOWN_HALL), at(1, 12), when)
    assert sentence == "We're closed now. Choose when we should call you."


@pytest.mark.parametrize("when_closed", [WhenClosed.MESSAGE, WhenClosed.HIDE])
@pytest.mark.parametrize("when", ["now", "opening"])
def test_a_widget_that_takes_nothing_while_closed_says_when_it_opens(
    when_closed: str, when: str
) -> None:
    with pytest.raises(Closed) as caught:
        send(widget_with(**TOWN_HALL, when_closed=when_closed), at(1, 12), when)
    assert caught.value.opens_at == at(1, 14)


def test_no_call_at_the_next_opening_is_taken_if_there_is_none() -> None:
    widget = widget_with(opening_hours="2026 Nov 30 09:00-12:00")
    with pytest.raises(Closed) as caught:
        send(widget, at(1, 12), "opening")
    assert caught.value.opens_at is None


# -- time slots -------------------------------------------------------------------------------
def test_a_call_in_a_slot_is_placed_in_it():
    widget = widget_with(**TOWN_HALL, slot_minutes=30)
    call_request = send(widget, at(1, 20), spelled(at(3, 9, 30)))
    assert (call_request.due_at, call_request.patience_until) == (at(3, 9, 30), at(3, 10))
    assert (call_request.slot_start, call_request.slot_end) == (at(3, 9, 30), at(3, 10))
    assert (call_request.is_scheduled, call_request.queue_position) == (True, None)
    with clock.set_to(at(3, 9, 29)):
        place_next(FakeApi())
    call_request.refresh_from_db()
    assert call_request.status == Status.QUEUED
    with clock.set_to(at(3, 9, 30)):
        place_next(FakeApi())
    call_request.refresh_from_db()
    assert call_request.status == Status.CALLED


@pytest.mark.parametrize(
    "start",
    [
        at(1, 9),  # past
        at(1, 10),  # within the shortest notice
        at(1, 12),  # closed
        at(1, 17, 45),  # it would end after closing
        at(2, 9, 10),  # between two slots
        at(25, 10),  # a public holiday
        at(30, 9),  # too far ahead
    ],
)
def test_a_slot_that_is_not_offered_is_refused(start: datetime) -> None:
    widget = widget_with(**TOWN_HALL, slot_minutes=30, days_ahead=14)
    sentence = refused(widget, at(1, 9, 45), spelled(start))
    assert sentence == "This time can no longer be chosen. Choose another one."


@pytest.mark.parametrize(
    "when",
    ["tomorrow", "NOW", " now", "2026-12-03T08:30Z", "2026-12-03T09:30:00+01:00", "9" * 5000, "\0"],
)
def test_another_spelling_is_refused(when: str) -> None:
    sentence = refused(widget_with(**TOWN_HALL), at(1, 9, 45), when)
    assert sentence == "Choose when we should call you."


@pytest.mark.parametrize("when_closed", [WhenClosed.NEXT_OPENING, WhenClosed.MESSAGE])
def test_a_widget_that_offers_no_slots_takes_none(when_closed: str) -> None:
    widget = widget_with(**TOWN_HALL, when_closed=when_closed)
    refused(widget, at(1, 9, 45), spelled(at(3, 9, 30)))


def test_the_last_place_goes_to_one_and_the_other_is_told() -> None:
    widget = widget_with(**TOWN_HALL, slot_minutes=30, slot_capacity=2)
    start = spelled(at(3, 9, 30))
    for index in range(2):
        send(widget, at(1, 20), start, nonce=f"n{index}", number=f"061234567{index}")
    with pytest.raises(Invalid) as caught:
        send(widget, at(1, 20), start, nonce="late", number="0612345679")
    with translation.override("en"):
        sentence = str(caught.value.errors["when"])
    assert sentence == "Somebody else has just taken this time. Choose another one."
    assert CallRequest.objects.count() == 2


def test_a_cancelled_booking_gives_its_place_back() -> None:
    widget = widget_with(**TOWN_HALL, slot_minutes=30, slot_capacity=1)
    start = spelled(at(3, 9, 30))
    first = send(widget, at(1, 20), start, nonce="n1", number="0612345671")
    CallRequest.objects.filter(pk=first.pk).update(status=Status.CANCELLED)
    send(widget, at(1, 20), start, nonce="n2", number="0612345672")


@pytest.mark.long
@pytest.mark.django_db(transaction=True)
def test_fifty_visitors_for_three_places_give_three_bookings() -> None:
    widget = widget_with(**TOWN_HALL, slot_minutes=30, slot_capacity=3)
    start = spelled(at(3, 9, 30))

    def book(index: int) -> bool:
        submission = make_submission(
            widget, when=start, nonce=f"n{index}", number=f"06123456{index:02}"
        )
        try:
            accept.accept(submission)
        except Invalid:
            return False
        return True

    with clock.set_to(at(1, 20)):
        booked = concurrently(10, lambda visitor: [book(5 * visitor + turn) for turn in range(5)])
    assert sum(map(sum, booked)) == 3
    assert CallRequest.objects.filter(slot_start=at(3, 9, 30)).count() == 3


# -- the same form again ----------------------------------------------------------------------
@pytest.mark.parametrize(
    ("first", "later"),
    [("opening", at(2, 10)), ("opening", at(1, 21)), (spelled(at(3, 9)), at(5, 10))],
)
def test_the_same_form_is_the_same_request_whatever_the_hour(first: str, later: datetime) -> None:
    widget = widget_with(**TOWN_HALL)
    call_request = send(widget, at(1, 20), first)
    assert send(widget, later, first) == call_request
    assert CallRequest.objects.count() == 1


def test_now_and_a_missing_time_are_the_same() -> None:
    widget = widget_with(**TOWN_HALL)
    assert send(widget, at(1, 10), "") == send(widget, at(1, 20), "now")


@pytest.mark.parametrize("other", ["", "now", spelled(at(3, 9, 30))])
def test_the_same_form_with_another_time_is_other_content(other: str) -> None:
    widget = widget_with(**TOWN_HALL)
    send(widget, at(1, 20), "opening")
    with pytest.raises(AlreadyUsed):
        send(widget, at(2, 10), other)


@pytest.mark.parametrize("capacity", [1, 2, 3])
def test_the_statement_counts_the_places_that_the_models_count(capacity: int) -> None:
    widget = widget_with(**TOWN_HALL, slot_minutes=30, slot_capacity=capacity)
    beside = widget_with(**TOWN_HALL)
    minutes = [(9, 0, 30), (9, 30, 30), (9, 45, 30), (10, 0, 30), (9, 0, 180), (8, 30, 60)]
    for index, (hour, minute, length) in enumerate(minutes):
        for one, status in ((widget, Status.QUEUED), (beside, Status.QUEUED)):
            make_request(
                widget=one,
                status=status,
                slot_start=at(3, hour, minute),
                slot_end=at(3, hour, minute) + length * MINUTE,
                nonce=f"{index}-{one.pk}",
            )
    for status in Status:
        make_request(widget=widget, status=status, slot_start=at(3, 15), slot_end=at(3, 15, 30))
    for start in (at(3, 9), at(3, 9, 30), at(3, 10), at(3, 10, 30), at(3, 14, 30), at(3, 15)):
        slot = slots.slot_of(widget, start)
        taken = slot_places.taken(widget, slot.start, slot.end)
        call_request = make_request(widget=widget, slot_start=slot.start, slot_end=slot.end)
        call_request.delete()
        condition = write._has_place(call_request)
        [(has_place,)] = database.execute(
            Statement(f"SELECT {condition.sql}", condition.parameters)
        ).rows
        assert bool(has_place) is not taken.is_full(slot)


# -- what happens meanwhile -------------------------------------------------------------------
def test_a_form_that_was_sent_while_the_hours_changed_gets_the_new_times() -> None:
    widget = widget_with(**TOWN_HALL)
    with clock.set_to(at(1, 20)):
        Widget.objects.filter(pk=widget.pk).update(hours_changed_at=at(1, 20), has_old_times=False)
    send(widget, at(1, 20), "opening")
    assert Widget.objects.get(pk=widget.pk).has_old_times


def test_the_hours_are_those_of_the_number() -> None:
    widget = widget_with(sales_hours=True, allowed_regions=["FR", "RE"])
    # In Réunion it is three hours later, and noon there is the lunch break.
    call_request = send(widget, at(1, 10, 15), "opening", number="0692 12 34 56")
    assert call_request.due_at == at(1, 11)
    assert send(widget, at(1, 10, 15), nonce="n2").due_at == at(1, 10, 15)


def test_a_slot_of_the_mainland_that_is_closed_for_the_number_is_refused() -> None:
    widget = widget_with(sales_hours=True, allowed_regions=["FR", "RE"], slot_minutes=30)
    with pytest.raises(Invalid):
        send(widget, at(1, 20), spelled(at(3, 18)), number="0692 12 34 56")
    assert send(widget, at(1, 20), spelled(at(3, 18)), nonce="n2").slot_start == at(3, 18)


def test_rows_that_are_missing_close_the_widget() -> None:
    widget = widget_with(**TOWN_HALL)
    OpenPeriod.objects.all().delete()
    with pytest.raises(Closed):
        send(widget, at(1, 10))
