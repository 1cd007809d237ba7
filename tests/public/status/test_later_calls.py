"""The status page of a call that comes later, and of one that came too late while it is closed."""

from typing import Any

import pytest
from django.test import Client

from callbacks.core import clock
from callbacks.models import CallRequest, Reason, Status
from callbacks.models.widget_hours import WhenClosed
from callbacks.scheduling import call_time, slots
from tests.support import bookings
from tests.support.factories import make_request, make_widget
from tests.support.hours.december import TOWN_HALL, at, widget_with

pytestmark = pytest.mark.django_db


def told(call_request: CallRequest, moment: Any) -> str:
    """Return the text of the status page at `moment`."""
    with clock.set_to(moment):
        answer = Client().get(f"{call_request.get_absolute_url()}state/")
    return str(answer.json()["text"]).replace("\u00a0", " ")


def waiting(time: call_time.CallTime | None, **fields: Any) -> CallRequest:
    assert time is not None
    return make_request(
        due_at=time.due_at,
        is_scheduled=time.is_scheduled,
        patience_until=time.patience_until,
        slot_start=time.slot.start if time.slot else None,
        slot_end=time.slot.end if time.slot else None,
        queue_position=None if time.is_scheduled else 0,
        language="en",
        number="+33612345678",
        consumer_zone="Europe/Paris",
        **fields,
    )


def test_a_call_at_the_next_opening_says_when_that_is() -> None:
    widget = widget_with(**TOWN_HALL)
    time = call_time.of_opening(widget, call_time.ahead(widget, "", at(4, 20)), at(4, 20))
    call_request = waiting(time, widget=widget)
    text = told(call_request, at(4, 20))
    assert text.startswith("We're closed now. We'll call ")
    assert text.endswith(" as soon as we open: 09:00 on December 7.")
    assert told(call_request, at(7, 8)).endswith("as soon as we open: 09:00.")


def test_a_call_in_a_slot_says_from_when_to_when() -> None:
    widget = widget_with(**TOWN_HALL, slot_minutes=30)
    time = call_time.CallTime.of_slot(slots.slot_of(widget, at(3, 9, 30)))
    call_request = waiting(time, widget=widget)
    text = told(call_request, at(1, 20))
    assert text.endswith("on December 3, between 09:30 and 10:00. Keep your phone close then.")
    assert " today, between 09:30 and 10:00." in told(call_request, at(3, 8))


CHANGED = (
    "Our opening hours have changed: your call, planned on December 2 between 09:00 and 09:30, is "
    "outside them now. "
)


def test_a_slot_outside_the_changed_hours_is_no_promise_until_a_person_confirms_it() -> None:
    """Not before it and not in it; the page then also names the contact."""
    widget = widget_with(**TOWN_HALL, slot_minutes=30)
    call_request = bookings.booking(widget, language="en")
    assert "We'll call" in told(call_request, at(1, 19))
    bookings.change(widget, "Mo-Fr 14:00-18:00; PH off")
    in_doubt = "We'll call +33 6 •• •• •• 78 then only if our team confirms it. "
    text = f"{CHANGED}{in_doubt}You can choose another time."
    assert told(call_request, at(1, 21)) == text
    text = text.replace("on December 2", "today")
    assert told(call_request, at(2, 9, 5)) == text
    with clock.set_to(at(2, 9, 5)):
        answer = Client().get(f"{call_request.get_absolute_url()}state/").json()
    assert (answer["title"], answer["contact"]) == ("Your call still has to be confirmed", True)
    CallRequest.objects.filter(pk=call_request.pk).update(confirmed_for=at(2, 9))
    assert "Keep your phone close then." in told(call_request, at(1, 21))


def test_a_slot_outside_the_legal_hours_cannot_be_confirmed_and_needs_another_time() -> None:
    widget = widget_with(**TOWN_HALL, slot_minutes=30)
    call_request = bookings.booking(widget, language="en")
    widget.sales_hours = True
    widget.when_closed = WhenClosed.NEXT_OPENING  # no other time can be chosen
    bookings.change(widget, TOWN_HALL["opening_hours"])
    assert told(call_request, at(1, 21)) == f"{CHANGED}We can't call +33 6 •• •• •• 78 then."


def test_the_page_names_the_time_zone_of_a_later_call_and_its_script_knows_the_time() -> None:
    widget = widget_with(**TOWN_HALL, slot_minutes=30)
    time = call_time.CallTime.of_slot(slots.slot_of(widget, at(3, 9, 30)))
    call_request = waiting(time, widget=widget)
    with clock.set_to(at(1, 20)):
        page = Client().get(call_request.get_absolute_url()).content.decode()
        state = Client().get(f"{call_request.get_absolute_url()}state/").json()
    assert ">Times are in the time zone of Paris.</p>" in page
    assert 'data-time-zone="Europe/Paris"' in page
    assert 'data-starts-at="2026-12-03T08:30:00Z" data-ends-at="2026-12-03T09:00:00Z"' in page
    times = (state["starts_at"], state["ends_at"])
    assert times == ("2026-12-03T08:30:00Z", "2026-12-03T09:00:00Z")


def test_a_call_for_now_names_no_time_zone() -> None:
    for widget in (make_widget(), widget_with(**TOWN_HALL)):
        call_request = make_request(widget=widget, language="en")
        with clock.set_to(at(1, 10)):
            page = Client().get(call_request.get_absolute_url()).content.decode()
        assert ">Times are in the time zone of" not in page


def test_the_times_are_those_of_the_widget() -> None:
    widget = widget_with(opening_hours="Mo-Su 09:00-12:00", time_zone="Indian/Reunion")
    time = call_time.of_opening(widget, call_time.ahead(widget, "", at(1, 20)), at(1, 20))
    assert "as soon as we open: 09:00 on December 2." in told(
        waiting(time, widget=widget), at(1, 20)
    )


def test_a_request_that_goes_on_at_the_next_opening_says_so_once_it_is_closed() -> None:
    widget = widget_with(**TOWN_HALL, waits_for_opening=True, patience_minutes=30)
    time = call_time.of_now(widget, call_time.ahead(widget, "", at(1, 17, 50)), at(1, 17, 50))
    call_request = waiting(time, widget=widget)
    text = told(call_request, at(1, 17, 50))
    assert "at the latest" in text
    assert text.endswith(
        "If we can't call you before we close (18:00), we'll call you at our next opening: "
        "09:00 on December 2."
    )
    assert "as soon as we open: 09:00 on December 2." in told(call_request, at(1, 18))


def test_a_request_that_ends_before_closing_or_at_it_says_nothing_of_the_next_opening() -> None:
    for waits, minute in ((True, 20), (False, 50)):
        widget = widget_with(**TOWN_HALL, waits_for_opening=waits, patience_minutes=30)
        asked = at(1, 17, minute)
        time = call_time.of_now(widget, call_time.ahead(widget, "", asked), asked)
        assert "before we close" not in told(waiting(time, widget=widget), asked)


def test_one_that_came_too_late_names_the_next_opening_while_it_is_closed() -> None:
    widget = widget_with(**TOWN_HALL)
    late: dict[str, Any] = {"status": Status.FAILED, "reason": Reason.TOO_LATE, "language": "en"}
    call_request = make_request(widget=widget, consumer_zone="Europe/Paris", **late)
    assert told(call_request, at(1, 18)).endswith(
        "and open again at 09:00 on December 2. Times are in the time zone of Paris."
    )
    assert "open again" not in told(call_request, at(1, 10))
    assert "open again" not in told(make_request(widget=make_widget(), **late), at(1, 18))


def test_one_that_can_never_be_called_says_so() -> None:
    call_request = make_request(status=Status.FAILED, reason=Reason.CLOSED, language="en")
    assert "our opening hours changed after you asked" in told(call_request, at(1, 18))
