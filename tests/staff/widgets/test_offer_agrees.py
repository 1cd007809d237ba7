"""The page that says what visitors are offered, the form, and what the form then accepts agree."""

from datetime import UTC, datetime, timedelta

import pytest
from django.core.exceptions import ValidationError
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from callbacks.contact.e164 import E164Number
from callbacks.core import clock
from callbacks.hours import hours_syntax
from callbacks.hours.opening_hours import OpeningHours
from callbacks.intake import chosen_time
from callbacks.intake.errors import Closed, Invalid
from callbacks.models import Widget
from callbacks.models.widget_hours import WhenClosed
from callbacks.scheduling import offer, open_periods, slots
from callbacks.scheduling.slots import When
from callbacks.staff.widgets.hours import offer as dry_run
from tests.support.hours.generated import opening_hours
from tests.support.hours.widgets import open_widget

NOW = datetime(2026, 6, 1, 7, tzinfo=UTC)
NUMBERS = {
    zone: E164Number.of(number)
    for zone, number in (("Europe/Paris", "+33612345678"), ("Indian/Reunion", "+262692123456"))
}


def accepts(widget: Widget, number: E164Number, when: When | datetime, moment: datetime) -> bool:
    """Return whether a form with this field `when` is accepted at `moment`."""
    try:
        chosen_time.time_of(widget, number, when, moment)
    except (Closed, Invalid):
        return False
    return True


@pytest.mark.long
@pytest.mark.django_db
@settings(max_examples=60)
@given(
    hours=opening_hours(with_holidays=False),
    when_closed=st.sampled_from(WhenClosed),
    is_for_sales=st.booleans(),
    person=st.sampled_from(sorted(NUMBERS)),
    slot_minutes=st.sampled_from([20, 30, 45, 240]),
    lead=st.sampled_from([0, 30, 600]),
    minutes=st.integers(0, 14 * 24 * 60),
)
def test_what_is_said_is_what_is_offered_and_what_is_accepted(
    hours: OpeningHours,
    when_closed: WhenClosed,
    is_for_sales: bool,
    person: str,
    slot_minutes: int,
    lead: int,
    minutes: int,
) -> None:
    fields = {
        "opening_hours": hours_syntax.written(hours),
        "when_closed": when_closed,
        "sales_hours": is_for_sales,
        "slot_minutes": slot_minutes,
        "slot_lead_minutes": lead,
        "days_ahead": 3,
        "allowed_regions": ["FR", "RE"],
    }
    try:
        widget = open_widget(NOW, **fields)
    except ValidationError:  # the hours are never legal for sales calls
        assume(not is_for_sales)
        raise
    number, moment = NUMBERS[person], NOW + timedelta(minutes=minutes)
    zone = open_periods.zone_of(widget, str(number))
    with clock.set_to(moment):
        said = dry_run.at(widget, zone, moment)
        offered = offer.of(widget, number=str(number), all_days=True)
    # What is said is what the form offers.
    assert said.is_open == offered.is_open
    first = [slot.start for slot in offered.slots[: dry_run.SHOWN_SLOTS]]
    assert len(said.slots) == len(first)
    # What the form offers is what it accepts.
    assert accepts(widget, number, When.NOW, moment) == offered.is_open
    takes_opening = offered.is_open or offered.takes_opening
    assert accepts(widget, number, When.OPENING, moment) == takes_opening
    starts = {slot.start for slot in offered.slots}
    tried = [*sorted(starts)[:5], *sorted(starts)[-2:]]
    tried += [start + timedelta(minutes=wrong) for start in tried[:3] for wrong in (-1, 1, 17)]
    tried += [moment + timedelta(minutes=more) for more in (-5, 1, lead, 95, 5000)]
    tried += [slots.slot_of(widget, start).end for start in tried[-2:]]
    for start in tried:
        assert accepts(widget, number, start, moment) == (start in starts), start
