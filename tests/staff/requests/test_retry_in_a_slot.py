"""A retry outside the opening hours: staff choose the next opening or a free time slot."""

from collections.abc import Iterator

import pytest
from django.test import Client

from callbacks.core import clock
from callbacks.models import CallRequest, OpenPeriod, Status, Widget
from callbacks.models.widget_hours import WhenClosed
from callbacks.scheduling.slots import spelled
from tests.support.bookings import booked
from tests.support.factories import make_request
from tests.support.forms import forms_in
from tests.support.hours.december import TOWN_HALL, at, widget_with
from tests.support.staff.pages import action_url, confirm, select

pytestmark = pytest.mark.django_db

DONE = ["1 request is back in the queue."]
GONE = "This time can no longer be chosen. Choose another one."


@pytest.fixture(autouse=True)
def evening() -> Iterator[None]:
    with clock.set_to(at(1, 20)):
        yield


@pytest.fixture
def widget() -> Widget:
    return widget_with(**TOWN_HALL, slot_minutes=30)


@pytest.fixture
def failed(widget: Widget) -> CallRequest:
    return make_request(widget=widget, status=Status.FAILED, reason="too_late")


def form_of(client: Client, call_request: CallRequest) -> tuple[dict[str, list[str]], list[str]]:
    """Return the hidden fields of the page that asks, and the choices of when to call."""
    html = client.get(action_url("retry"), {"request": call_request.pk}).text
    (form,) = [one for one in forms_in(html) if one.action == action_url("retry")]
    hidden = {name: [value] for name, value in form.fields.items() if name != "when"}
    return hidden, list(form.choices.get("when", {}))


def test_the_next_opening_and_the_free_slots_are_offered(
    staff: Client, widget: Widget, failed: CallRequest
) -> None:
    booked(widget, at(2, 10))
    hidden, choices = form_of(staff, failed)
    assert choices[:3] == ["", spelled(at(2, 9)), spelled(at(2, 9, 30))]
    assert spelled(at(2, 10)) not in choices
    assert confirm(staff, "retry", hidden, when="") == DONE
    failed.refresh_from_db()
    assert (failed.due_at, failed.slot_start) == (at(2, 9), None)


def test_a_chosen_slot_is_taken_with_its_place(
    staff: Client, widget: Widget, failed: CallRequest
) -> None:
    hidden, _choices = form_of(staff, failed)
    assert confirm(staff, "retry", hidden, when=spelled(at(3, 14))) == DONE
    failed.refresh_from_db()
    assert (failed.status, failed.is_scheduled, failed.queue_position) == ("queued", True, None)
    assert (failed.due_at, failed.patience_until) == (at(3, 14), at(3, 14, 30))
    assert (failed.slot_start, failed.slot_end) == (at(3, 14), at(3, 14, 30))
    other = make_request(widget=widget, status=Status.FAILED)
    assert spelled(at(3, 14)) not in form_of(staff, other)[1]


def test_a_slot_that_was_taken_meanwhile_is_refused_and_the_others_are_offered(
    staff: Client, widget: Widget, failed: CallRequest
) -> None:
    hidden, _choices = form_of(staff, failed)
    booked(widget, at(3, 14))
    answer = staff.post(action_url("retry"), hidden | {"when": spelled(at(3, 14))})
    assert GONE in answer.text
    assert spelled(at(3, 15)) in answer.text
    failed.refresh_from_db()
    assert failed.status == Status.FAILED


def test_a_slot_that_was_chosen_is_not_forgotten_when_it_has_opened_meanwhile(
    staff: Client, failed: CallRequest
) -> None:
    hidden, _choices = form_of(staff, failed)
    with clock.set_to(at(2, 9, 5)):
        assert confirm(staff, "retry", hidden, when=spelled(at(3, 14))) == DONE
    failed.refresh_from_db()
    assert failed.slot_start == at(3, 14)


@pytest.mark.parametrize("when", ["x", "now", "9" * 999, "2026-12-03T14:00:00+01:00"])
def test_a_hostile_time_changes_nothing(staff: Client, failed: CallRequest, when: str) -> None:
    hidden, _choices = form_of(staff, failed)
    assert GONE in staff.post(action_url("retry"), hidden | {"when": when}).text
    failed.refresh_from_db()
    assert failed.status == Status.FAILED


def test_nothing_is_to_be_chosen_while_it_is_open_or_where_no_slots_are_offered(
    staff: Client, failed: CallRequest
) -> None:
    with clock.set_to(at(1, 10)):
        assert form_of(staff, failed)[1] == []
    without = widget_with(**TOWN_HALL, when_closed=WhenClosed.NEXT_OPENING)
    assert form_of(staff, make_request(widget=without, status=Status.FAILED))[1] == []


def test_several_requests_are_retried_at_the_next_opening(
    staff: Client, widget: Widget, failed: CallRequest
) -> None:
    second = make_request(widget=widget, status=Status.FAILED)
    html = select(staff, "retry", failed, second)
    assert 'name="when"' not in html


def test_a_widget_whose_hours_are_gone_offers_no_slot_that_was_shown(
    staff: Client, widget: Widget, failed: CallRequest
) -> None:
    hidden, _choices = form_of(staff, failed)
    OpenPeriod.objects.filter(widget=widget, starts_at__gte=at(3, 0)).delete()
    answer = staff.post(action_url("retry"), hidden | {"when": spelled(at(3, 14))})
    assert GONE in answer.text
