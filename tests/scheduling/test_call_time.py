"""When a request may be called: now, or at the next opening, until its maximum wait ends."""

from datetime import datetime, timedelta

import pytest

from callbacks.models import Widget
from callbacks.scheduling import call_time
from callbacks.scheduling.call_time import CallTime
from tests.support.factories import make_widget
from tests.support.hours.december import TOWN_HALL, at, widget_with

pytestmark = pytest.mark.django_db

MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
PARIS_NUMBER, REUNION_NUMBER = "+33612345678", "+262692123456"


def now_of(widget: Widget, moment: datetime, number: str = PARIS_NUMBER) -> CallTime | None:
    return call_time.of_now(widget, call_time.ahead(widget, number, moment), moment)


def opening_of(widget: Widget, moment: datetime, number: str = PARIS_NUMBER) -> CallTime | None:
    return call_time.of_opening(widget, call_time.ahead(widget, number, moment), moment)


def test_a_widget_without_hours_calls_at_any_time() -> None:
    widget = make_widget(patience_minutes=15)
    moment = at(6, 3)  # a Sunday
    expected = CallTime(moment, False, moment + 15 * MINUTE)
    assert now_of(widget, moment) == expected
    assert opening_of(widget, moment) == expected


@pytest.mark.parametrize(
    ("asked", "ends"),
    [
        (at(1, 9), at(1, 9, 15)),
        (at(1, 11, 45), at(1, 12)),
        (at(1, 11, 46), at(1, 12)),  # it ends at closing
        (at(1, 11, 59), at(1, 12)),
        (at(1, 17, 50), at(1, 18)),
    ],
)
def test_a_request_for_now_ends_at_closing(asked: datetime, ends: datetime) -> None:
    widget = widget_with(**TOWN_HALL, patience_minutes=15)
    assert now_of(widget, asked) == CallTime(asked, False, ends)


@pytest.mark.parametrize(
    ("asked", "ends"),
    [
        (at(1, 9), at(1, 9, 15)),
        (at(1, 11, 45), at(1, 12)),
        (at(1, 11, 50), at(1, 14, 5)),
        (at(4, 17, 50), at(7, 9, 5)),  # over the weekend
        (at(24, 11, 55), at(28, 9, 10)),  # over Christmas
    ],
)
def test_it_goes_on_at_the_next_opening_if_the_owner_says_so(
    asked: datetime, ends: datetime
) -> None:
    widget = widget_with(**TOWN_HALL, patience_minutes=15, waits_for_opening=True)
    assert now_of(widget, asked) == CallTime(asked, False, ends)


@pytest.mark.parametrize("asked", [at(1, 8, 59), at(1, 12), at(1, 18), at(6, 10), at(25, 10)])
def test_there_is_no_call_now_while_it_is_closed(asked: datetime) -> None:
    assert now_of(widget_with(**TOWN_HALL), asked) is None


@pytest.mark.parametrize(
    ("asked", "opens"),
    [
        (at(1, 8, 59), at(1, 9)),
        (at(1, 12), at(1, 14)),
        (at(1, 18), at(2, 9)),
        (at(4, 18), at(7, 9)),
        (at(24, 12), at(28, 9)),
    ],
)
def test_a_call_at_the_next_opening_waits_from_then_on(asked: datetime, opens: datetime) -> None:
    widget = widget_with(**TOWN_HALL, patience_minutes=15)
    assert opening_of(widget, asked) == CallTime(opens, True, opens + 15 * MINUTE)


def test_a_long_maximum_wait_counts_open_time_alone() -> None:
    widget = widget_with(**TOWN_HALL, patience_minutes=24 * 60)
    # Friday has 4 hours left, each day 7.
    found = opening_of(widget, at(4, 12, 30))
    assert found == CallTime(at(4, 14), True, at(9, 17))


def test_the_next_opening_means_now_while_it_is_open() -> None:
    widget = widget_with(**TOWN_HALL)
    assert opening_of(widget, at(1, 10)) == now_of(widget, at(1, 10))


def test_the_wait_ends_with_the_last_period_if_there_is_none_after_it() -> None:
    widget = widget_with(
        opening_hours="2026 Dec 02 09:00-09:30", patience_minutes=45, waits_for_opening=True
    )
    assert opening_of(widget, at(1, 10)) == CallTime(at(2, 9), True, at(2, 9, 30))
    assert now_of(widget, at(2, 9, 10)) == CallTime(at(2, 9, 10), False, at(2, 9, 30))


def test_there_is_no_next_opening_if_it_never_opens_again() -> None:
    widget = widget_with(opening_hours="2026 Nov 30 09:00-12:00")
    assert opening_of(widget, at(1, 10)) is None


def test_the_hours_of_sales_calls_are_those_of_the_person_called() -> None:
    widget = widget_with(sales_hours=True, patience_minutes=15)
    # In Réunion it is three hours later.
    assert now_of(widget, at(1, 10), REUNION_NUMBER) is None
    assert now_of(widget, at(1, 10)) == CallTime(at(1, 10), False, at(1, 10, 15))
    opening = opening_of(widget, at(1, 10), REUNION_NUMBER)
    assert opening == CallTime(at(1, 11), True, at(1, 11, 15))
    assert opening_of(widget, at(1, 9), REUNION_NUMBER) == CallTime(at(1, 9), False, at(1, 9, 15))


@pytest.mark.parametrize(
    ("asked", "until", "closed"),
    [
        (at(1, 11, 50), at(1, 14, 5), (at(1, 12), at(1, 14))),
        (at(1, 11, 50), at(1, 14), None),  # it ends as the widget opens
        (at(1, 9), at(1, 14, 5), (at(1, 12), at(1, 14))),  # it has just opened
        (at(1, 9), at(1, 9, 15), None),
        (at(1, 12, 30), at(2, 10), None),  # it is closed already
        (at(4, 17, 50), at(7, 9, 5), (at(4, 18), at(7, 9))),
    ],
)
def test_a_wait_that_goes_on_after_a_closing_says_from_when_to_when_it_is_closed(
    asked: datetime, until: datetime, closed: tuple[datetime, datetime] | None
) -> None:
    for waits_for_opening in (True, False):
        widget = widget_with(**TOWN_HALL, waits_for_opening=waits_for_opening)
        periods = call_time.ahead(widget, PARIS_NUMBER, asked)
        found = call_time.break_in_wait(widget, periods, asked, until)
        assert found == (closed if waits_for_opening else None)


def test_the_last_break_is_before_the_last_period() -> None:
    widget = widget_with(
        opening_hours="2026 Dec 02 09:00-09:30,10:00-11:00", waits_for_opening=True
    )
    periods = call_time.ahead(widget, PARIS_NUMBER, at(2, 9, 20))
    assert len(periods) == 2
    found = call_time.break_in_wait(widget, periods, at(2, 9, 20), at(2, 10, 5))
    assert found == (at(2, 9, 30), at(2, 10))


def test_there_is_no_break_before_the_last_closing() -> None:
    widget = widget_with(opening_hours="2026 Dec 02 09:00-09:30", waits_for_opening=True)
    periods = call_time.ahead(widget, PARIS_NUMBER, at(2, 9))
    assert len(periods) == 1
    assert call_time.break_in_wait(widget, periods, at(2, 9), at(3, 9)) is None


@pytest.mark.parametrize(
    ("moment", "opens"),
    [(at(1, 12), at(1, 14)), (at(1, 8, 59), at(1, 9)), (at(1, 9), None), (at(1, 10), None)],
)
def test_the_next_opening_is_told_while_it_is_closed(
    moment: datetime, opens: datetime | None
) -> None:
    assert call_time.next_opening(widget_with(**TOWN_HALL), PARIS_NUMBER, moment) == opens
    assert call_time.next_opening(make_widget(), PARIS_NUMBER, moment) is None
