"""Whatever is booked, moved and cancelled: each slot is open, ahead and not overfull."""

from datetime import datetime, timedelta
from itertools import islice

import pytest
from django.contrib.auth.models import User
from django.db import transaction
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from callbacks.core import clock
from callbacks.intake import accept
from callbacks.intake.errors import Invalid, TooMany
from callbacks.intake.rescheduling import RescheduledTooOften, reschedule
from callbacks.lifecycle import actions
from callbacks.models import CallRequest, Status, Widget
from callbacks.scheduling.slots import free_slots, spelled
from callbacks.widget_changes import widget_store
from tests.support.factories import make_submission
from tests.support.hours.december import at, widget_with

pytestmark = [pytest.mark.thorough, pytest.mark.django_db]

MINUTE = timedelta(minutes=1)
LEAD = 20
HOURS = ("Tu 09:00-11:00,23:00-25:00", "Tu 10:00-11:30,23:30-24:00; We 00:00-01:00")
# Quarters of an hour around what is open: from eight o'clock on, and around midnight.
STARTS = [at(1, 8) + n * 15 * MINUTE for n in range(16)]
STARTS += [at(1, 22, 30) + n * 15 * MINUTE for n in range(14)]
WHICH = st.integers(0, 20)
# A slot that is offered, one that somebody has, or any time.
CHOICE = st.sampled_from(["free", "free", "taken", "any"])
BOOK = st.tuples(st.just("book"), WHICH, CHOICE)
STEPS = st.lists(
    st.one_of(
        BOOK,
        BOOK,
        BOOK,
        st.tuples(st.just("move"), WHICH, CHOICE),
        st.tuples(st.just("cancel"), WHICH, CHOICE),
        st.tuples(st.just("lengthen"), st.sampled_from([15, 30, 45]), CHOICE),
        st.tuples(st.just("reopen"), st.sampled_from([0, 1]), CHOICE),
        st.tuples(st.just("wait"), st.integers(0, 45), CHOICE),
    ),
    min_size=8,
    max_size=25,
)


@given(STEPS, st.sampled_from([1, 1, 2]))
@hypothesis_settings(max_examples=100)
def test_a_place_that_was_taken_is_open_ahead_and_one_of_the_capacity(
    steps: list[tuple[str, int, str]], capacity: int
) -> None:
    with transaction.atomic():
        now = at(1, 8)
        widget = widget_with(
            opening_hours=HOURS[0],
            slot_minutes=30,
            slot_capacity=capacity,
            slot_lead_minutes=LEAD,
        )
        for index, (step, which, choice) in enumerate(steps):
            with clock.set_to(now):
                if step in {"book", "move"}:
                    start = _start(widget, which, choice, now)
                    taken = _taken(step, widget, which, start, index)
                    _check(taken, now, capacity)
                elif step == "cancel" and (found := _waiting(widget, which)):
                    actions.cancel(found, User.objects.get_or_create(username="anne")[0])
                elif step in {"lengthen", "reopen"}:
                    name = "slot_minutes" if step == "lengthen" else "opening_hours"
                    setattr(widget, name, which if step == "lengthen" else HOURS[which])
                    widget.full_clean()
                    widget_store.save(widget)
            now += which * MINUTE if step == "wait" else MINUTE
        transaction.set_rollback(True)


def _start(widget: Widget, which: int, choice: str, now: datetime) -> datetime:
    starts = STARTS
    if choice == "free":
        starts = [slot.start for slot in islice(free_slots(widget, "", now), 3)]
    elif choice == "taken":
        rows = CallRequest.objects.filter(widget=widget, status=Status.QUEUED).order_by("pk")
        starts = [row.slot_start for row in rows if row.slot_start]
    return (starts or STARTS)[which % len(starts or STARTS)]


def _taken(
    step: str, widget: Widget, which: int, start: datetime, index: int
) -> CallRequest | None:
    """Book a slot, or move a booking to it; return the request, or None if it was refused."""
    try:
        if step == "book":
            submission = make_submission(
                widget, when=spelled(start), nonce=f"n{index}", number=f"06123456{index:02}"
            )
            return CallRequest.objects.get(pk=accept.accept(submission).call_request.pk)
        found = _waiting(widget, which)
        return found if found and reschedule(found, spelled(start)) else None
    except (Invalid, RescheduledTooOften, TooMany):
        return None


def _waiting(widget: Widget, which: int) -> CallRequest | None:
    rows = list(CallRequest.objects.filter(widget=widget, status=Status.QUEUED).order_by("pk"))
    return rows[which % len(rows)] if rows else None


def _check(taken: CallRequest | None, now: datetime, capacity: int) -> None:
    if taken is None:
        return
    taken.refresh_from_db()
    begin, end = taken.slot_start, taken.slot_end
    assert begin is not None
    assert end is not None
    assert begin >= now + LEAD * MINUTE
    assert any(
        period.starts_at <= begin and end <= period.ends_at
        for period in taken.widget.open_periods.all()
    )
    holding = CallRequest.objects.filter(widget=taken.widget).exclude(status=Status.CANCELLED)
    overlapping = [
        one
        for one in holding
        if one.slot_start and one.slot_end and one.slot_start < end and begin < one.slot_end
    ]
    assert len(overlapping) <= capacity
