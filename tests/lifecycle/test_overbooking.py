"""A booking that goes back into its slot finds it full by now: staff are asked first."""

from collections.abc import Iterator
from functools import partial

import pytest
from django.contrib.auth.models import User
from django.db import transaction

from callbacks.core import clock
from callbacks.lifecycle import errors, overbooking, retrying
from callbacks.models import CallRequest, Move, OpenPeriod, Reason, Status, Widget
from callbacks.scheduling import slot_places
from callbacks.scheduling.slot_places import Slot
from tests.support.bookings import booked
from tests.support.concurrency import begin, concurrently
from tests.support.factories import make_request
from tests.support.hours.december import NOW, TOWN_HALL, at, widget_with

pytestmark = pytest.mark.django_db

SLOT = Slot(at(3, 14), at(3, 14, 30))


@pytest.fixture(autouse=True)
def december() -> Iterator[None]:
    with clock.set_to(NOW):
        yield


@pytest.fixture
def widget() -> Widget:
    return widget_with(**TOWN_HALL, slot_capacity=1)


def failed(widget: Widget, hour: int = 14, minute: int = 0) -> CallRequest:
    fields = {"status": Status.FAILED, "reason": Reason.CLOSED}
    return booked(widget, at(3, hour, minute), **fields)


def taken(widget: Widget) -> int:
    return slot_places.taken(widget, *SLOT).in_slot(SLOT)


def full(*rows: CallRequest) -> list[tuple[int, int, int]]:
    found = overbooking.full_slots(overbooking.back_in_slot(rows, NOW))
    return [(one.call_request.pk, one.taken, one.places) for one in found]


def test_a_free_slot_takes_the_booking_back(widget: Widget, admin_user: User) -> None:
    row = failed(widget)
    assert full(row) == []
    assert retrying.retry(row, admin_user)
    assert (row.status, row.due_at) == (Status.QUEUED, at(3, 14))


def test_a_full_slot_is_taken_only_by_a_person_who_knows(widget: Widget, admin_user: User) -> None:
    row = failed(widget)
    booked(widget, at(3, 14))
    assert full(row) == [(row.pk, 1, 1)]
    with pytest.raises(overbooking.SlotFull):
        retrying.retry(row, admin_user)
    row.refresh_from_db()
    assert (row.status, taken(widget)) == (Status.FAILED, 1)
    assert not Move.objects.exists()
    assert retrying.retry(row, admin_user, overbook=True)
    assert (row.due_at, row.slot_start, taken(widget)) == (at(3, 14), at(3, 14), 2)


@pytest.mark.parametrize("status", [Status.UNCERTAIN, Status.CALLED])
def test_a_booking_that_still_holds_its_place_needs_no_other(
    widget: Widget, admin_user: User, status: Status
) -> None:
    booked(widget, at(3, 14))
    row = booked(widget, at(3, 14), status=status)
    assert full(row) == []
    assert retrying.retry(row, admin_user, checked=True)
    assert taken(widget) == 2


def test_a_slot_that_overlaps_counts_too(widget: Widget, admin_user: User) -> None:
    row = failed(widget)
    booked(widget, at(3, 14, 15))
    with pytest.raises(overbooking.SlotFull):
        retrying.retry(row, admin_user)


def test_a_widget_without_a_capacity_is_never_full(admin_user: User) -> None:
    widget = widget_with(**TOWN_HALL, slot_capacity=None)
    row = failed(widget)
    booked(widget, at(3, 14))
    assert full(row) == []
    assert retrying.retry(row, admin_user)


def test_a_booking_that_does_not_go_back_into_its_slot_takes_no_place(
    widget: Widget, admin_user: User
) -> None:
    """Its slot has begun, or lies outside the changed hours."""
    begun = booked(widget, at(1, 9), status=Status.FAILED)
    outside = failed(widget)
    for start in (at(1, 9), at(3, 14)):
        booked(widget, start)
    OpenPeriod.objects.filter(widget=widget, starts_at=at(3, 14)).delete()
    for row in (begun, outside):
        assert full(row) == []
        assert retrying.retry(row, admin_user)
        assert row.slot_start is None


def test_of_several_the_first_takes_the_last_place_and_the_others_are_told(widget: Widget) -> None:
    first, second, third = failed(widget), failed(widget), failed(widget)
    elsewhere = failed(widget, 15)
    overlapping = failed(widget, 14, 15)
    other = failed(widget_with(**TOWN_HALL, slot_capacity=1))
    assert full(third, elsewhere, second, first, overlapping, other) == [
        (second.pk, 1, 1),
        (third.pk, 2, 1),
        (overlapping.pk, 3, 1),
    ]


def test_bookings_one_after_the_other_take_no_place_from_each_other(widget: Widget) -> None:
    assert full(failed(widget, 14, 30), failed(widget, 14), failed(widget, 15)) == []


def retry_now(row: CallRequest, person: User) -> bool:
    """Retry with the row as it is now; return False if the slot is full."""
    with clock.set_to(NOW):
        try:
            return retrying.retry(
                CallRequest.objects.select_related("widget").get(pk=row.pk), person
            )
        except overbooking.SlotFull:
            return False


@pytest.mark.django_db(transaction=True)
def test_two_who_retry_at_once_give_the_last_place_once(widget: Widget, admin_user: User) -> None:
    rows = [failed(widget) for _ in range(6)]
    found = concurrently(6, lambda index: retry_now(rows[index], admin_user))
    assert sorted(found) == [False] * 5 + [True]
    assert taken(widget) == 1


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True)
def test_who_retries_waits_for_the_lock_of_the_slot(widget: Widget, admin_user: User) -> None:
    row = failed(widget)
    with transaction.atomic():
        slot_places.lock(widget, SLOT)
        booked(widget, at(3, 14))
        retried = begin(partial(retry_now, row, admin_user))
        assert not retried.done()
    assert not retried.result()


@pytest.mark.django_db(transaction=True)
def test_two_who_retry_into_one_free_slot_at_once_give_its_place_once(
    widget: Widget, admin_user: User
) -> None:
    rows = [make_request(widget=widget, status=Status.FAILED) for _ in range(6)]

    def choose(index: int) -> bool:
        with clock.set_to(NOW):
            row = CallRequest.objects.select_related("widget").get(pk=rows[index].pk)
            try:
                return retrying.retry_in_chosen_slot(row, admin_user, slot_start=SLOT.start)
            except errors.SlotGone:
                return False

    assert sorted(concurrently(6, choose)) == [False] * 5 + [True]
    assert taken(widget) == 1
