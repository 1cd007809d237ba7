"""Which time slots can be chosen, how a form spells one, and why one is refused."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from callbacks.models import Status
from callbacks.scheduling import open_periods
from callbacks.scheduling.slots import (
    SlotProblem,
    When,
    check_slot,
    free_slots,
    read_when,
    slot_of,
    spelled,
)
from tests.support.factories import make_request, make_widget
from tests.support.hours.widgets import open_widget

PARIS = ZoneInfo("Europe/Paris")
NOW = datetime(2026, 12, 1, 9, 30, tzinfo=PARIS)  # a Tuesday
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
TOWN_HALL = {
    "opening_hours": "Mo-Fr 09:00-12:00,14:00-18:00; Dec 24 09:00-12:00; PH off",
    "holidays": "FR",
}


def widget_with(**fields):
    return open_widget(NOW, **fields)


def at(day: int, hour: int, minute: int = 0) -> datetime:
    """Return a time in December 2026, in Paris."""
    return datetime(2026, 12, day, hour, minute, tzinfo=PARIS)


def book(widget, start, **fields):
    slot = slot_of(widget, start)
    return make_request(widget=widget, slot_start=slot.start, slot_end=slot.end, **fields)


def on_day(widget, day: date, now=NOW, zone: str = "") -> list[str]:
    """Return the free slots of a day, by the clocks of the widget."""
    own = ZoneInfo(widget.time_zone)
    local = [slot.start.astimezone(own) for slot in free_slots(widget, zone, now)]
    return [f"{start:%H:%M}" for start in local if start.date() == day]


WEDNESDAY = date(2026, 12, 2)


# -- what is offered --------------------------------------------------------------------------
@pytest.mark.django_db
def test_slots_follow_one_another_from_each_opening():
    widget = widget_with(opening_hours="08:45-10:00,14:00-15:30", slot_minutes=30)
    assert on_day(widget, WEDNESDAY) == ["08:45", "09:15", "14:00", "14:30", "15:00"]
    widget.slot_minutes = 40
    assert on_day(widget, WEDNESDAY) == ["08:45", "14:00", "14:40"]
    widget.slot_minutes = 120
    assert on_day(widget, WEDNESDAY) == []


@pytest.mark.django_db
def test_slots_follow_one_another_past_midnight():
    widget = widget_with(opening_hours="Tu 22:00-24:00; We 00:00-02:00", slot_minutes=50)
    found = [slot.start.astimezone(PARIS) for slot in free_slots(widget, "", NOW)][:4]
    assert found == [at(1, 22), at(1, 22, 50), at(1, 23, 40), at(2, 0, 30)]


@pytest.mark.django_db
@pytest.mark.parametrize("opening_hours", ["", "24/7"])
def test_a_widget_that_never_closes_has_the_same_slots_each_day(opening_hours):
    widget = widget_with(opening_hours=opening_hours, slot_minutes=100)
    each_day = ["00:00", "01:40", "03:20", "05:00", "06:40", "08:20", "10:00", "11:40", "13:20"]
    each_day += ["15:00", "16:40", "18:20", "20:00", "21:40"]
    assert on_day(widget, WEDNESDAY) == each_day
    assert on_day(widget, WEDNESDAY + DAY) == each_day
    open_periods.replace(widget, NOW + DAY)
    assert on_day(widget, WEDNESDAY + DAY, NOW + DAY) == each_day


@pytest.mark.django_db
def test_slots_of_a_widget_without_hours_begin_at_its_own_midnight():
    widget = make_widget(time_zone="Asia/Kolkata", slot_minutes=60)
    assert next(free_slots(widget, "", NOW)).start == datetime(2026, 12, 1, 9, 30, tzinfo=UTC)


@pytest.mark.django_db
@pytest.mark.parametrize("opening_hours", ["", "24/7"])
def test_a_skipped_hour_has_no_slots_and_a_repeated_hour_has_them_twice(opening_hours):
    widget = open_widget(datetime(2026, 3, 28, tzinfo=UTC), opening_hours=opening_hours)
    spring = on_day(widget, date(2026, 3, 29), datetime(2026, 3, 28, tzinfo=UTC))
    assert spring[2:6] == ["01:00", "01:30", "03:00", "03:30"]
    assert len(spring) == 46
    open_periods.replace(widget, datetime(2026, 10, 24, tzinfo=UTC))
    autumn = on_day(widget, date(2026, 10, 25), datetime(2026, 10, 24, tzinfo=UTC))
    assert autumn[4:9] == ["02:00", "02:30", "02:00", "02:30", "03:00"]
    assert len(autumn) == 50


@pytest.mark.django_db
def test_the_shortest_notice_is_kept_to_the_second():
    widget = widget_with(**TOWN_HALL, slot_lead_minutes=90)
    assert next(free_slots(widget, "", at(1, 8))).start == at(1, 9, 30)
    assert next(free_slots(widget, "", at(1, 8) + timedelta(microseconds=1))).start == at(1, 10)
    widget.slot_lead_minutes = 0
    assert next(free_slots(widget, "", at(1, 9))).start == at(1, 9)


@pytest.mark.django_db
def test_the_last_day_is_offered_whole_and_the_next_not_at_all():
    widget = widget_with(**TOWN_HALL, days_ahead=2)
    last = [slot.start for slot in free_slots(widget, "", NOW)][-1]
    assert last == at(3, 17, 30)
    assert on_day(widget, date(2026, 12, 3))[0] == "09:00"
    widget.slot_lead_minutes = 4 * 24 * 60
    assert list(free_slots(widget, "", NOW)) == []


@pytest.mark.django_db
@pytest.mark.parametrize("opening_hours", ["", "24/7"])
def test_a_widget_that_never_closes_is_offered_up_to_the_end_of_the_last_day(opening_hours):
    widget = widget_with(opening_hours=opening_hours, days_ahead=2)
    assert [slot.start for slot in free_slots(widget, "", NOW)][-1] == at(3, 23, 30)


@pytest.mark.django_db
def test_a_full_slot_is_not_offered():
    widget = widget_with(**TOWN_HALL, slot_capacity=2)
    book(widget, at(2, 9))
    assert on_day(widget, WEDNESDAY)[:2] == ["09:00", "09:30"]
    book(widget, at(2, 9))
    assert on_day(widget, WEDNESDAY)[:2] == ["09:30", "10:00"]


@pytest.mark.django_db
def test_a_widget_without_a_capacity_always_has_room():
    widget = widget_with(**TOWN_HALL, slot_capacity=None)
    for _ in range(5):
        book(widget, at(2, 9))
    assert on_day(widget, WEDNESDAY)[0] == "09:00"
    assert check_slot(widget, "", at(2, 9), NOW) is None


@pytest.mark.django_db
def test_the_slots_of_sales_calls_are_those_of_the_zone_of_the_number():
    widget = widget_with(sales_hours=True)
    unknown = open_periods.zone_of(widget, "")
    assert unknown == open_periods.zone_of(widget, "+33612345678") == "Europe/Paris"
    assert on_day(widget, WEDNESDAY, zone=unknown)[0] == "10:00"
    reunion = open_periods.zone_of(widget, "+262692123456")
    assert on_day(widget, WEDNESDAY, zone=reunion)[0] == "07:00"
    assert check_slot(widget, unknown, at(2, 19), NOW) is None
    assert check_slot(widget, reunion, at(2, 19), NOW) is SlotProblem.CLOSED


@pytest.mark.thorough
@pytest.mark.django_db
def test_a_few_queries_find_the_slots_of_many_days_among_many_bookings(django_assert_num_queries):
    widget = widget_with(**TOWN_HALL, slot_capacity=300, days_ahead=60)
    open_periods.replace(widget, NOW)
    starts = [slot.start for slot in free_slots(widget, "", NOW)]
    first = book(widget, starts[0])
    copies = []
    for index in range(1, 10_000):
        start = starts[index % 40]
        copy = type(first)(
            **{
                field.attname: getattr(first, field.attname)
                for field in first._meta.concrete_fields
                if field.attname not in ("id", "token", "public_id")
            }
            | {"nonce": f"n{index}", "slot_start": start, "slot_end": start + 30 * MINUTE}
        )
        copies.append(copy)
        if len(copies) == 1000 or index == 9_999:  # the transaction is never idle for long
            type(first).objects.bulk_create(copies)
            copies = []
    with django_assert_num_queries(2):
        assert next(free_slots(widget, "", NOW)).start == starts[0]
    with django_assert_num_queries(3):
        found = list(free_slots(widget, "", NOW))
    assert len(found) == len(starts)
    widget.slot_capacity = 250  # 10,000 bookings in 40 slots
    assert [slot.start for slot in free_slots(widget, "", NOW)] == starts[40:]


@pytest.mark.django_db
@pytest.mark.parametrize("days", [1, 11, 12, 13, 30])
def test_a_full_slot_is_left_out_however_far_ahead_it_is(days: int) -> None:
    widget = widget_with(opening_hours="09:00-18:00", slot_capacity=1, days_ahead=40)
    open_periods.replace(widget, NOW)
    starts = [slot.start for slot in free_slots(widget, "", NOW)]
    full = [start for start in starts if (start - NOW).days == days]
    for start in full:
        book(widget, start)
    assert full
    assert [slot.start for slot in free_slots(widget, "", NOW)] == [
        start for start in starts if start not in full
    ]


# -- whether one can be chosen ----------------------------------------------------------------
@pytest.mark.django_db
@pytest.mark.parametrize(
    ("start", "problem"),
    [
        (NOW - timedelta(microseconds=1), SlotProblem.PAST),
        (at(1, 9), SlotProblem.PAST),
        (at(1, 9, 30), SlotProblem.TOO_SOON),
        (at(1, 10), None),
        (at(1, 10, 1), SlotProblem.UNALIGNED),
        (at(1, 11, 30), None),
        (at(1, 11, 45), SlotProblem.CLOSED),  # its end would lie in the lunch break
        (at(1, 12), SlotProblem.CLOSED),
        (at(1, 13, 45), SlotProblem.CLOSED),
        (at(1, 14), None),
        (at(5, 10), SlotProblem.CLOSED),  # a Saturday
        (at(2, 9), SlotProblem.FULL),
        (at(15, 17, 30), None),
        (at(15, 23, 30), SlotProblem.CLOSED),
        (at(16, 0), SlotProblem.TOO_FAR_AHEAD),
        (at(16, 9), SlotProblem.TOO_FAR_AHEAD),
        (datetime(2, 1, 1, tzinfo=UTC), SlotProblem.PAST),
        (datetime(9998, 12, 31, 23, 59, tzinfo=UTC), SlotProblem.TOO_FAR_AHEAD),
    ],
)
def test_a_slot_is_refused_with_its_reason(start, problem):
    widget = widget_with(**TOWN_HALL, slot_lead_minutes=30)
    book(widget, at(2, 9))
    assert check_slot(widget, "", start, NOW) is problem


@pytest.mark.django_db
def test_a_slot_over_the_midnight_of_a_widget_that_never_closes_is_no_slot():
    for opening_hours in ("", "24/7"):
        widget = widget_with(opening_hours=opening_hours, slot_minutes=100)
        assert check_slot(widget, "", at(2, 21, 40), NOW) is None
        assert check_slot(widget, "", at(2, 23, 20), NOW) is SlotProblem.UNALIGNED


@pytest.mark.django_db
def test_one_who_chooses_anew_is_not_in_their_own_way():
    widget = widget_with(**TOWN_HALL)
    mine = book(widget, at(2, 9))
    assert check_slot(widget, "", at(2, 9), NOW) is SlotProblem.FULL
    assert check_slot(widget, "", at(2, 9), NOW, besides=mine) is None
    found = [slot.start for slot in free_slots(widget, "", NOW, besides=mine)]
    assert at(2, 9) in found


@pytest.mark.django_db
def test_one_widgets_bookings_and_hours_are_nobody_elses():
    mine, other = widget_with(**TOWN_HALL), widget_with(opening_hours="24/7")
    book(other, at(2, 9))
    assert check_slot(mine, "", at(2, 9), NOW) is None
    assert check_slot(mine, "", at(2, 20), NOW) is SlotProblem.CLOSED


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("status", "is_held"),
    [
        (Status.QUEUED, True),
        (Status.CALLING, True),
        (Status.CALLED, True),
        (Status.UNCERTAIN, True),
        (Status.FAILED, False),
        (Status.CANCELLED, False),
    ],
)
def test_a_request_holds_its_place_until_it_is_cancelled_or_fails(status, is_held):
    widget = widget_with(**TOWN_HALL)
    book(widget, at(2, 9), status=status)
    assert (check_slot(widget, "", at(2, 9), NOW) is SlotProblem.FULL) is is_held


# -- how a form spells it ---------------------------------------------------------------------
@pytest.mark.parametrize(
    ("text", "meaning"),
    [
        ("now", When.NOW),
        ("opening", When.OPENING),
        ("2026-06-01T07:00:00Z", datetime(2026, 6, 1, 7, tzinfo=UTC)),
        ("2028-02-29T23:59:59Z", datetime(2028, 2, 29, 23, 59, 59, tzinfo=UTC)),
    ],
)
def test_a_choice_is_read(text, meaning):
    assert read_when(text) == meaning
    if isinstance(meaning, datetime):
        assert spelled(meaning.astimezone(PARIS)) == text


@pytest.mark.parametrize(
    "text",
    [
        *("", " ", "Now", "NOW", "now ", "\nnow", "opening\n", "later", "0", "Z", "now\x00"),
        "2026-06-01T07:00:00",
        "2026-06-01T07:00Z",
        "2026-06-01T07Z",
        "2026-06-01Z",
        "2026-06-01t07:00:00z",
        "2026-06-01T07:00:00z",
        "2026-06-01 07:00:00Z",
        "2026-06-01T07:00:00+00:00",
        "2026-06-01T09:00:00+02:00",
        "2026-06-01T07:00:00.000Z",
        "2026-06-01T07:00:00,5Z",
        "2026-06-01T07:00:00.0000001Z",
        "20260601T070000Z",
        "2026-W23-1T07:00:00Z",
        "2026-152T07:00:00Z",
        "2026-02-29T07:00:00Z",
        "2026-06-01T24:00:00Z",
        "2026-06-01T07:00:60Z",
        "2026-06-01T07:00:00ZZ",
        " 2026-06-01T07:00:00Z",
        "2026-06-01T07:00:00Z\n",
        "２０２６-06-01T07:00:00Z",
        "٢٠٢٦-06-01T07:00:00Z",
        "\ud8002026-06-01T07:00:00Z",
        "0000-06-01T07:00:00Z",
        "0001-01-01T00:00:00Z",
        "9999-12-31T23:59:59Z",
        "-2026-06-01T07:00:00Z",
        "0001-01-01T00:00:00+23:59",
        "9999-12-31T23:59:59-23:59",
        "1" * 100_000 + "Z",
    ],
)
def test_another_spelling_is_refused(text):
    with pytest.raises(ValueError):  # noqa: PT011  # Python's own sentences differ
        read_when(text)
