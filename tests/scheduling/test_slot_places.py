"""The places of a time slot are counted from the requests, and the last one is given once."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from django.db import IntegrityError, connection, transaction
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from callbacks.data_protection import erasure
from callbacks.models import CallRequest, Status, Widget
from callbacks.scheduling import slot_places
from callbacks.scheduling.slot_places import Slot, Taken
from callbacks.scheduling.slots import check_slot, free_slots, slot_of
from tests.support.concurrency import begin, concurrently
from tests.support.factories import make_request, make_widget
from tests.support.kept_plans import analyze

NOW = datetime(2026, 6, 1, 6, 30, tzinfo=UTC)
START = datetime(2026, 6, 1, 8, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
HALF = 30 * MINUTE


def book(widget, start, minutes=30, **fields):
    end = start + minutes * MINUTE
    return make_request(widget=widget, slot_start=start, slot_end=end, **fields)


def take(widget, start):
    """Take a place as a form does: lock, check, write. Return whether there was one."""
    with transaction.atomic():
        slot_places.lock(widget, slot_of(widget, start))
        if check_slot(widget, "", start, NOW) is not None:
            return False
        book(widget, start)
        return True


@pytest.mark.django_db(transaction=True)
def test_fifty_who_want_the_last_three_places_at_once_share_three():
    widget = make_widget(slot_capacity=3)
    assert sum(concurrently(50, lambda _: take(widget, START))) == 3
    assert CallRequest.objects.filter(slot_start=START).count() == 3


@pytest.mark.django_db(transaction=True)
def test_slots_that_overlap_after_a_change_of_the_hours_share_their_places():
    widget = make_widget(slot_capacity=3)

    def take_one(index):
        mine = Widget.objects.get(pk=widget.pk)
        mine.slot_minutes = (30, 60)[index % 2]
        return take(mine, START)

    assert sum(concurrently(20, take_one)) == 3


@pytest.mark.django_db
def test_a_place_is_held_in_every_slot_that_it_overlaps():
    widget = make_widget(slot_minutes=60)
    book(widget, START + HALF)
    starts = [slot.start for slot in free_slots(widget, "", NOW)]
    assert START not in starts
    assert START + 60 * MINUTE in starts
    assert START - 60 * MINUTE in starts


@pytest.mark.django_db
def test_the_longest_slot_is_counted_to_its_end():
    widget = make_widget(slot_minutes=5)
    book(widget, START, minutes=8 * 60)
    last = START + timedelta(hours=8) - 5 * MINUTE
    starts = [slot.start for slot in free_slots(widget, "", NOW)]
    assert starts[starts.index(START - 5 * MINUTE) + 1] == last + 5 * MINUTE


@pytest.mark.django_db
def test_an_erasure_gives_the_place_back():
    widget = make_widget()
    call_request = book(widget, START, status=Status.CALLED)
    erasure.erase(None, number=call_request.number)
    call_request.refresh_from_db()
    assert (call_request.slot_start, call_request.slot_end) == (None, None)
    assert START in [slot.start for slot in free_slots(widget, "", NOW)]


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("start", "end"), [(START, None), (None, START), (START, START), (START, START - MINUTE)]
)
def test_the_database_refuses_half_a_slot_and_one_that_ends_before_it_begins(start, end):
    with pytest.raises(IntegrityError), transaction.atomic():
        make_request(slot_start=start, slot_end=end)


TIMES = st.integers(0, 40)
SPANS = st.tuples(TIMES, TIMES).filter(lambda span: span[0] < span[1])


@pytest.mark.long
@given(st.lists(st.tuples(SPANS, st.integers(1, 3)), max_size=8), SPANS, st.integers(1, 5))
@hypothesis_settings(max_examples=300)
def test_places_are_those_of_the_requests_whose_slots_overlap(held, wanted, capacity):
    def at(minutes):
        return START + minutes * MINUTE

    taken = Taken(capacity, [(at(begin), at(end), count) for (begin, end), count in held])
    overlapping = sum(
        count for (begin, end), count in held if begin < wanted[1] and wanted[0] < end
    )
    slot = Slot(at(wanted[0]), at(wanted[1]))
    assert taken.in_slot(slot) == overlapping
    assert taken.is_full(slot) == (overlapping >= capacity)


@given(SPANS, SPANS, st.integers(0, 59))
def test_slots_that_overlap_are_locked_by_a_common_key(one, other, first):
    widget = Widget(pk=7)
    begin = START + first * MINUTE
    keys = [
        set(slot_places.lock_keys(widget, Slot(begin + a * MINUTE, begin + b * MINUTE)))
        for a, b in (one, other)
    ]
    if one[0] < other[1] and other[0] < one[1]:
        assert keys[0] & keys[1]


def test_a_slot_is_locked_by_the_hours_that_it_touches():
    widget = Widget(pk=7)
    assert slot_places.lock_keys(widget, Slot(START, START + HALF)) == ["slot:7:2026-06-01T08"]
    longer = Slot(START + HALF, START + 3 * HALF)
    assert slot_places.lock_keys(widget, longer, Slot(START, START + HALF)) == [
        "slot:7:2026-06-01T08",
        "slot:7:2026-06-01T09",
    ]
    assert slot_places.lock_keys(widget, Slot(START, START + 2 * HALF)) == ["slot:7:2026-06-01T08"]


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True)
def test_who_wants_a_slot_that_is_locked_waits_and_sees_it_taken():
    widget = make_widget()
    with transaction.atomic():
        slot_places.lock(widget, slot_of(widget, START))
        book(widget, START)
        other = begin(lambda: take(widget, START))
        elsewhere = begin(lambda: take(widget, START + 3 * HALF))
        assert not other.done()
        assert elsewhere.result()
    assert not other.result()


@pytest.mark.django_db(transaction=True)
def test_two_who_change_places_do_not_wait_for_each_other_for_ever():
    widget = make_widget(slot_capacity=10)
    slots = [slot_of(widget, START), slot_of(widget, START + 4 * HALF)]
    mine = [book(widget, slot.start) for slot in slots]

    def move(index):
        for turn in range(10):
            old, new = slots[(index + turn) % 2], slots[(index + turn + 1) % 2]
            with transaction.atomic():
                slot_places.lock(widget, old, new)
                rows = CallRequest.objects.filter(pk=mine[index].pk, slot_start=old.start)
                assert rows.update(slot_start=new.start, slot_end=new.end) == 1
        return True

    assert concurrently(2, move) == [True, True]


@pytest.mark.django_db
def test_places_are_counted_by_their_own_index():
    widget = make_widget()
    for index in range(50):
        make_request(widget=widget)
        book(widget, START + index * HALF)
    rows = slot_places.holding([widget.pk], START, START + HALF).order_by()
    analyze()
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SET LOCAL enable_seqscan = off")
    plan = rows.explain()
    assert "request_by_slot" in plan
    # Both bounds are searched for: otherwise all past bookings would be read.
    assert re.search(r"slot_start ?> ?.*slot_start ?< ?", plan), plan
    assert rows.count() == 1
