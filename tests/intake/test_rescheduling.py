"""A visitor moves a call that comes later; places and promises stay exact."""

from datetime import datetime, timedelta

import pytest
from django.contrib.auth.models import User

from callbacks.core import clock
from callbacks.dispatch import place_next
from callbacks.intake import accept, correction, idempotency, rescheduling
from callbacks.intake.errors import Closed, Invalid
from callbacks.intake.rescheduling import MOST_RESCHEDULES, RescheduledTooOften, reschedule
from callbacks.lifecycle import actions
from callbacks.models import (
    Actor,
    ApiKey,
    AuditEntry,
    CallRequest,
    ConsentProof,
    Move,
    Status,
    Widget,
)
from callbacks.scheduling.slots import spelled
from tests.support.call_service.fake_api import FakeApi
from tests.support.concurrency import concurrently
from tests.support.factories import make_request, make_submission
from tests.support.hours.december import TOWN_HALL, at, widget_with

pytestmark = pytest.mark.django_db


def booked(widget: Widget, start: datetime, index: int = 0) -> CallRequest:
    """Book a slot on the evening before."""
    with clock.set_to(at(1, 20)):
        submission = make_submission(
            widget, when=spelled(start), nonce=f"n{index}", number=f"06123456{index:02}"
        )
        return CallRequest.objects.get(pk=accept.accept(submission).call_request.pk)


EVENING = at(1, 21)


def move(call_request: CallRequest, when: str, moment: datetime = EVENING) -> bool:
    with clock.set_to(moment):
        return reschedule(call_request, when)


def test_a_booking_moves_to_another_slot_and_is_called_then():
    widget = widget_with(**TOWN_HALL, slot_minutes=30)
    call_request = booked(widget, at(2, 9))
    proofs = ConsentProof.objects.count()
    assert move(call_request, spelled(at(3, 14)))
    call_request.refresh_from_db()
    assert (call_request.due_at, call_request.patience_until) == (at(3, 14), at(3, 14, 30))
    assert (call_request.slot_start, call_request.slot_end) == (at(3, 14), at(3, 14, 30))
    row = Move.objects.get(call_request=call_request)
    assert (row.name, row.actor) == ("reschedule", Actor.VISITOR)
    assert ConsentProof.objects.count() == proofs
    for moment, status in ((at(2, 9), Status.QUEUED), (at(3, 14), Status.CALLED)):
        with clock.set_to(moment):
            place_next(FakeApi())
        call_request.refresh_from_db()
        assert call_request.status == status


def test_it_moves_to_now_or_to_the_next_opening() -> None:
    widget = widget_with(**TOWN_HALL, patience_minutes=15)
    call_request = booked(widget, at(3, 9))
    assert move(call_request, "opening")
    call_request.refresh_from_db()
    assert (call_request.due_at, call_request.slot_start) == (at(2, 9), None)
    assert move(call_request, "now", at(2, 8, 59) + timedelta(minutes=2))
    call_request.refresh_from_db()
    assert (call_request.due_at, call_request.patience_until) == (at(2, 9, 1), at(2, 9, 16))


def test_the_old_place_is_free_and_the_new_one_taken() -> None:
    widget = widget_with(**TOWN_HALL, slot_minutes=30, slot_capacity=1)
    first, second = booked(widget, at(2, 9), 1), booked(widget, at(2, 10), 2)
    with pytest.raises(Invalid):
        move(second, spelled(at(2, 9)))
    assert move(first, spelled(at(2, 11)))
    assert move(second, spelled(at(2, 9)))


def test_its_own_place_counts_as_free() -> None:
    widget = widget_with(**TOWN_HALL, slot_minutes=30, slot_capacity=1)
    call_request = booked(widget, at(2, 9))
    assert move(call_request, spelled(at(2, 9)))


@pytest.mark.parametrize("when", ["", "now", "x", spelled(at(2, 12)), spelled(at(1, 9))])
def test_what_a_form_refuses_changes_nothing(when: str) -> None:
    call_request = booked(widget_with(**TOWN_HALL), at(2, 9))
    with pytest.raises(Invalid):
        move(call_request, when)
    call_request.refresh_from_db()
    assert call_request.slot_start == at(2, 9)
    assert not Move.objects.exists()


def test_a_request_is_moved_a_few_times_only(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rescheduling, "MOST_RESCHEDULES", 2)
    call_request = booked(widget_with(**TOWN_HALL, slot_minutes=30), at(2, 9))
    for start in (at(2, 9, 30), at(2, 10)):
        assert move(call_request, spelled(start))
    with pytest.raises(RescheduledTooOften):
        move(call_request, spelled(at(2, 11)))
    assert MOST_RESCHEDULES == 5


def test_what_staff_and_machines_did_is_no_move_of_the_visitor(
    admin_user: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rescheduling, "MOST_RESCHEDULES", 1)
    call_request = booked(widget_with(**TOWN_HALL, slot_minutes=30), at(2, 9))
    with clock.set_to(EVENING):
        assert reschedule(call_request, spelled(at(2, 10)), person=admin_user)
    Move.objects.create(
        call_request=call_request,
        at=EVENING,
        name="another",
        from_status=Status.QUEUED,
        to_status=Status.QUEUED,
        actor=Actor.VISITOR,
    )
    call_request.refresh_from_db()
    assert move(call_request, spelled(at(2, 11)))


def test_what_has_changed_since_it_was_read_is_not_moved() -> None:
    widget = widget_with(**TOWN_HALL, slot_minutes=30)
    call_request = booked(widget, at(2, 9))
    seen = CallRequest.objects.get(pk=call_request.pk)
    assert move(call_request, spelled(at(2, 10)))
    assert not move(seen, spelled(at(2, 11)))
    seen.refresh_from_db()
    assert seen.slot_start == at(2, 10)
    before = CallRequest.objects.get(pk=seen.pk)
    with clock.set_to(at(1, 22)):
        actions.cancel_by_visitor(seen)
    assert not move(before, spelled(at(2, 11)))


def test_a_request_whose_number_was_corrected_since_it_was_read_is_not_moved() -> None:
    call_request = booked(widget_with(**TOWN_HALL, slot_minutes=30), at(2, 9))
    seen = CallRequest.objects.get(pk=call_request.pk)
    with clock.set_to(EVENING):
        assert correction.correct_number(call_request, "0612345699")
    assert not move(seen, spelled(at(2, 10)))


def test_nothing_of_the_old_time_is_left() -> None:
    widget = widget_with(**TOWN_HALL, slot_minutes=30)
    call_request = make_request(
        widget=widget,
        due_at=EVENING,
        confirmed_for=EVENING,
        queue_position=7,
        backoff_until=at(1, 22),
        backoff_since=EVENING,
        is_scheduled=False,
    )
    assert move(call_request, spelled(at(2, 9)))
    call_request.refresh_from_db()
    assert call_request.is_scheduled
    assert (call_request.confirmed_for, call_request.queue_position) == (None, None)
    assert (call_request.backoff_until, call_request.backoff_since) == (None, None)


def test_what_a_person_or_a_system_moved_is_on_record(admin_user: User) -> None:
    call_request = booked(widget_with(**TOWN_HALL, slot_minutes=30), at(2, 9))
    assert move(call_request, spelled(at(2, 10)))
    assert not AuditEntry.objects.exists()
    seen = CallRequest.objects.get(pk=call_request.pk)
    key = ApiKey.objects.create(name="Shop", created_at=EVENING)
    with clock.set_to(EVENING):
        assert reschedule(call_request, spelled(at(2, 11)), person=admin_user)
        assert not reschedule(seen, spelled(at(2, 11, 30)), person=admin_user)
        assert reschedule(call_request, spelled(at(3, 9)), key=key)
    assert [entry.person for entry in AuditEntry.objects.order_by("id")] == [admin_user, None]


def test_a_system_that_sends_a_move_again_is_told_that_it_was_made() -> None:
    call_request = booked(widget_with(**TOWN_HALL, slot_minutes=30), at(2, 9))
    key = ApiKey.objects.create(name="Shop", created_at=EVENING)
    once = idempotency.once(key, "POST", "k", {})
    for _ in range(2):
        with clock.set_to(EVENING):
            assert reschedule(call_request, spelled(at(2, 10)), key=key, once=once)
        call_request.refresh_from_db()
    assert Move.objects.filter(name="reschedule").count() == 1


def test_a_widget_that_closed_for_good_moves_nothing() -> None:
    call_request = booked(widget_with(**TOWN_HALL), at(2, 9))
    call_request.widget.open_periods.all().delete()
    with pytest.raises(Closed):
        move(call_request, "opening")


@pytest.mark.django_db(transaction=True)
def test_two_moves_that_cross_do_not_wait_for_each_other() -> None:
    widget = widget_with(**TOWN_HALL, slot_minutes=30, slot_capacity=2)
    two = [booked(widget, at(2, 9), 1), booked(widget, at(2, 10), 2)]
    targets = [spelled(at(2, 10)), spelled(at(2, 9))]
    for _ in range(3):
        with clock.set_to(at(1, 21)):
            done = concurrently(2, lambda index: reschedule(two[index], targets[index]))
        assert done == [True, True]
        for call_request in two:
            call_request.refresh_from_db()
        targets.reverse()


@pytest.mark.django_db(transaction=True)
def test_ten_that_move_to_two_places_take_two() -> None:
    widget = widget_with(**TOWN_HALL, slot_minutes=30, slot_capacity=2)
    starts = [at(3, 9, 30), at(3, 10), at(3, 10, 30), at(3, 11), at(3, 11, 30)]
    requests = [booked(widget, start, 2 * i + j) for i, start in enumerate(starts) for j in (0, 1)]

    def to_the_same(index: int) -> bool:
        try:
            return reschedule(requests[index], spelled(at(2, 9)))
        except Invalid:
            return False

    with clock.set_to(at(1, 21)):
        moved = concurrently(10, to_the_same)
    assert moved.count(True) == 2
    assert CallRequest.objects.filter(slot_start=at(2, 9)).count() == 2


def test_a_call_for_now_is_not_offered_another_time() -> None:
    widget = widget_with(**TOWN_HALL)
    assert not rescheduling.is_offered(make_request(widget=widget))
    assert rescheduling.is_offered(booked(widget, at(2, 9)))
