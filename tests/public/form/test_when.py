"""The form of a widget with opening hours: what can be chosen, and what a refusal keeps."""

from datetime import datetime
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from callbacks.core import clock
from callbacks.models import CallRequest, Widget, WidgetText
from callbacks.models.widget_hours import WhenClosed
from callbacks.scheduling.slots import spelled
from callbacks.widgets import cache
from tests.support.factories import make_request, make_widget
from tests.support.forms import FILLED, forms_in
from tests.support.hours.december import TOWN_HALL, at, widget_with

pytestmark = pytest.mark.django_db

ENGLISH = {"accept-language": "en"}


def shown(widget: Widget, moment: datetime, query: str = "") -> str:
    """Return the page of the form at `moment`."""
    cache.forget()
    address = reverse("public:form", args=[widget.public_id]) + query
    with clock.set_to(moment):
        return Client().get(address, headers=ENGLISH).content.decode()


def options(html: str) -> list[tuple[str, str]]:
    """Return the choices of the field, each a value and a label."""
    return list(forms_in(html)[0].choices["when"].items())


def send(widget: Widget, moment: datetime, when: str | None) -> Any:
    """Fill in the form at `moment`, send it, and return the response."""
    form = forms_in(shown(widget, moment))[0]
    data = form.fields | FILLED | {"when": when}
    with clock.set_to(moment):
        return Client().post(
            form.action,
            {name: value for name, value in data.items() if value is not None},
            headers=ENGLISH,
        )


def test_a_widget_without_hours_asks_for_no_time() -> None:
    assert 'name="when"' not in shown(make_widget(), at(1, 10))


def test_while_it_is_open_now_is_the_first_choice() -> None:
    html = shown(widget_with(**TOWN_HALL, slot_minutes=60), at(1, 10))
    assert options(html)[:3] == [
        ("now", "Now"),
        (spelled(at(1, 11)), "Tue 1 Dec, 11:00"),
        (spelled(at(1, 14)), "Tue 1 Dec, 14:00"),
    ]
    assert 'label="Today, Tuesday 1 December"' in html
    assert 'label="Tomorrow, Wednesday 2 December"' in html
    assert "Times are in the time zone of Paris." in html


def test_while_it_is_closed_the_next_opening_is_the_first_choice() -> None:
    html = shown(widget_with(**TOWN_HALL, slot_minutes=60), at(4, 20))
    assert options(html)[0] == ("opening", "As soon as we open")
    time = f'<time id="opens-at" datetime="{spelled(at(7, 9))}">Monday 7 December, 09:00</time>'
    assert f"Next opening: {time}." in html
    assert "now" not in dict(options(html))


def test_the_first_seven_days_stand_in_the_form_and_later_ones_behind_a_link() -> None:
    widget = widget_with(**TOWN_HALL, slot_minutes=60, days_ahead=14)
    html = shown(widget, at(1, 20))
    assert html.count("<optgroup") == 7
    assert spelled(at(10, 9)) in html
    assert spelled(at(11, 9)) not in html
    assert "days=all" in html
    every_day = shown(widget, at(1, 20), "?days=all")
    assert spelled(at(15, 17)) in every_day
    assert "days=all" not in every_day.partition("</select>")[2]


def test_a_full_slot_is_not_offered() -> None:
    widget = widget_with(**TOWN_HALL, slot_minutes=60, slot_capacity=1)
    make_request(widget=widget, slot_start=at(2, 9), slot_end=at(2, 10))
    html = shown(widget, at(1, 20))
    assert spelled(at(2, 9)) not in dict(options(html))
    assert spelled(at(2, 10)) in dict(options(html))


def test_next_opening_only_offers_no_slots() -> None:
    widget = widget_with(**TOWN_HALL, when_closed=WhenClosed.NEXT_OPENING)
    assert [value for value, _label in options(shown(widget, at(1, 20)))] == ["opening"]
    assert 'name="when"' not in shown(widget, at(1, 10))


@pytest.mark.parametrize("when_closed", [WhenClosed.MESSAGE, WhenClosed.HIDE])
def test_a_widget_that_takes_nothing_while_closed_says_when_it_opens(when_closed: str) -> None:
    widget = widget_with(**TOWN_HALL, when_closed=when_closed)
    html = shown(widget, at(1, 20))
    assert "closed now" in html
    time = f'<time id="opens-at" datetime="{spelled(at(2, 9))}">Wednesday 2 December, 09:00</time>'
    assert f"Next opening: {time}." in html
    assert "Times are in the time zone of Paris." in html
    assert "<form" not in html
    assert "<form" in shown(widget, at(1, 10))


def test_a_form_that_was_open_at_closing_keeps_what_was_typed_and_says_when_it_opens() -> None:
    """There is nothing to choose, so there is no menu."""
    widget = widget_with(**TOWN_HALL, when_closed=WhenClosed.MESSAGE)
    form = forms_in(shown(widget, at(1, 11, 59)))[0]
    cache.forget()
    with clock.set_to(at(1, 12)):
        answer = Client().post(form.action, form.fields | FILLED, headers=ENGLISH)
    assert answer.status_code == 422
    html = answer.content.decode()
    assert "we take no call requests until we open" in html
    assert "Tuesday 1 December, 14:00" in html
    assert 'value="06 12 34 56 78"' in html
    assert "<select" not in html
    assert "choose when we should call you" not in html


def test_a_widget_that_never_opens_again_shows_no_form() -> None:
    html = shown(widget_with(opening_hours="2026 Nov 30 09:00-12:00"), at(1, 20))
    assert "closed now" in html
    assert "Next opening" not in html


@pytest.mark.parametrize("when", ["now", "opening", None])
def test_what_is_chosen_is_sent_while_open(when: str | None) -> None:
    assert send(widget_with(**TOWN_HALL), at(1, 10), when).status_code == 303
    assert CallRequest.objects.get().due_at == at(1, 10)


@pytest.mark.parametrize(
    ("when", "due_at"), [("opening", at(2, 9)), (spelled(at(3, 14, 30)), at(3, 14, 30))]
)
def test_what_is_chosen_is_sent_while_closed(when: str, due_at: datetime) -> None:
    assert send(widget_with(**TOWN_HALL), at(1, 20), when).status_code == 303
    assert CallRequest.objects.get().due_at == due_at


@pytest.mark.parametrize("when", ["now", None])
def test_now_while_closed_is_refused_and_what_was_typed_is_kept(when: str | None) -> None:
    answer = send(widget_with(**TOWN_HALL), at(1, 20), when)
    assert answer.status_code == 422
    html = answer.content.decode()
    assert "We&#x27;re closed now. Choose when we should call you." in html
    assert 'value="06 12 34 56 78"' in html
    assert "opening" in dict(options(html))
    assert 'href="#when"' in html
    assert not CallRequest.objects.exists()


def test_a_slot_that_filled_meanwhile_is_refused_and_others_are_offered() -> None:
    widget = widget_with(**TOWN_HALL, slot_minutes=60, slot_capacity=1)
    make_request(widget=widget, slot_start=at(10, 9), slot_end=at(10, 10))
    answer = send(widget, at(1, 20), spelled(at(10, 9)))
    assert answer.status_code == 422
    html = answer.content.decode()
    assert "Somebody else has just taken this time." in html
    assert 'aria-invalid="true"' in html
    # The next free one is selected, and no call that would come sooner than expected.
    assert forms_in(html)[0].fields["when"] == spelled(at(10, 10))


def test_after_the_last_slot_the_first_choice_is_selected() -> None:
    widget = widget_with(**TOWN_HALL, slot_minutes=60, slot_capacity=1, days_ahead=2)
    for hour in range(14, 18):
        make_request(widget=widget, slot_start=at(3, hour), slot_end=at(3, hour + 1))
    html = send(widget, at(1, 20), spelled(at(3, 15))).content.decode()
    assert spelled(at(3, 11)) in html
    assert forms_in(html)[0].fields["when"] == "opening"


@pytest.mark.parametrize("when", ["x", "9" * 9999, "\0", "2026-12-03T09:00:00+01:00", "<b>"])
def test_a_hostile_time_gets_a_clear_error(when: str) -> None:
    answer = send(widget_with(**TOWN_HALL), at(1, 20), when)
    assert answer.status_code == 422
    html = answer.content.decode()
    assert "Choose when we should call you." in html
    assert "<b>" not in html


def test_a_shop_in_reunion_offers_the_legal_hours_there() -> None:
    """It is three hours later there. The widget may call no other numbers."""
    widget = widget_with(
        sales_hours=True, allowed_regions=["RE"], time_zone="Indian/Reunion", slot_minutes=60
    )
    first = [label for _value, label in options(shown(widget, at(1, 5, 30)))[:3]]
    assert first == ["As soon as we open", "Tue 1 Dec, 10:00", "Tue 1 Dec, 11:00"]
    assert options(shown(widget, at(1, 7, 30)))[0] == ("now", "Now")


def test_another_error_keeps_the_time_that_was_chosen() -> None:
    widget = widget_with(**TOWN_HALL, slot_minutes=60, days_ahead=14)
    start = spelled(at(15, 9))  # on a later day than those in the form
    form = forms_in(shown(widget, at(1, 20)))[0]
    with clock.set_to(at(1, 20)):
        answer = Client().post(form.action, form.fields | FILLED | {"when": start, "number": "12"})
    assert answer.status_code == 422
    assert forms_in(answer.content.decode())[0].fields["when"] == start


def test_the_text_above_the_form_promises_no_call_now_while_it_is_closed() -> None:
    widget = widget_with(**TOWN_HALL)
    assert "usually within seconds" in shown(widget, at(1, 10))
    html = shown(widget, at(1, 20))
    assert "usually within seconds" not in html
    assert "choose when we should call you" in html
    WidgetText.objects.create(widget=widget, language="en", introduction="Boats for everybody.")
    assert "Boats for everybody." in shown(widget, at(1, 20))


def test_a_form_shortly_before_closing_says_that_the_call_may_come_at_the_next_opening() -> None:
    """With the day, and only if the owner lets it wait so long."""
    fields = TOWN_HALL | {"patience_minutes": 30, "when_closed": WhenClosed.NEXT_OPENING}
    widget = widget_with(**fields, waits_for_opening=True)
    sentence = (
        "If we can&#x27;t call you before we close (18:00), we&#x27;ll call you at our next "
        "opening: Wednesday 2 December, 09:00."
    )
    assert sentence in shown(widget, at(1, 17, 45))
    assert sentence not in shown(widget, at(1, 17, 25))
    assert "before we close" not in shown(widget, at(1, 20))
    assert "before we close" not in shown(widget_with(**fields), at(1, 17, 45))
    # On Friday evening, the next opening is on Monday.
    assert "Monday 7 December, 09:00." in shown(widget, at(4, 17, 45))
    WidgetText.objects.create(widget=widget, language="en", introduction="Boats for everybody.")
    assert f"Boats for everybody. {sentence}" in shown(widget, at(1, 17, 45))
