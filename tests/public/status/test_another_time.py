"""The page on which a visitor chooses another time for a call that comes later."""

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from callbacks.core import clock
from callbacks.intake import rescheduling
from callbacks.models import CallRequest, Status, Widget
from callbacks.scheduling.slots import spelled
from tests.support import bookings
from tests.support.factories import make_request, make_widget
from tests.support.forms import forms_on
from tests.support.hours.december import TOWN_HALL, at, widget_with

pytestmark = pytest.mark.django_db


def booking(widget: Widget | None = None, **fields: Any) -> CallRequest:
    widget = widget or widget_with(**TOWN_HALL, slot_minutes=30)
    return bookings.booking(widget, **{"language": "en"} | fields)


def page_of(call_request: CallRequest) -> str:
    return reverse("public:time", args=[call_request.token])


def test_from_the_status_page_to_another_slot_and_back() -> None:
    call_request, client = booking(), Client()
    with clock.set_to(at(1, 20)):
        status = client.get(call_request.get_absolute_url()).content.decode()
        assert f'href="{page_of(call_request)}"' in status
        [form] = forms_on(client.get(page_of(call_request)))
        assert spelled(at(3, 14)) in form.choices["when"]
        answer = client.post(form.action, form.fields | {"when": spelled(at(3, 14))})
        assert (answer.status_code, answer["Location"]) == (303, call_request.get_absolute_url())
        status = client.get(call_request.get_absolute_url()).content.decode()
    assert "on December 3, between 14:00 and 14:30" in status


def test_a_time_that_is_gone_is_refused_with_the_others_to_choose_from() -> None:
    call_request = booking()
    with clock.set_to(at(1, 20)):
        answer = Client().post(page_of(call_request), {"when": spelled(at(2, 12))})
    assert answer.status_code == 422
    assert "This time can no longer be chosen." in answer.content.decode()
    assert spelled(at(3, 14)) in forms_on(answer)[0].choices["when"]


@pytest.mark.parametrize("when", ["", "x", "9" * 9999, "\0"])
def test_a_hostile_time_gets_a_clear_error(when: str) -> None:
    call_request = booking()
    with clock.set_to(at(1, 20)):
        answer = Client().post(page_of(call_request), {"when": when})
    assert answer.status_code == 422
    call_request.refresh_from_db()
    assert call_request.slot_start == at(2, 9)


def test_who_moved_too_often_is_told_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rescheduling, "MOST_RESCHEDULES", 0)
    call_request = booking()
    with clock.set_to(at(1, 20)):
        refused = Client().post(page_of(call_request), {"when": spelled(at(3, 14))})
        opened = Client().get(page_of(call_request))
    assert (refused.status_code, opened.status_code) == (422, 200)
    for answer in (refused, opened):
        assert "cancel this request and send the form again" in answer.content.decode()
        assert forms_on(answer) == []


@pytest.mark.parametrize("status", [Status.CALLING, Status.CALLED, Status.CANCELLED, Status.FAILED])
def test_what_no_longer_waits_leads_to_its_status(status: Status) -> None:
    call_request = booking(status=status, queue_position=0)
    with clock.set_to(at(1, 20)):
        for answer in (
            Client().get(page_of(call_request)),
            Client().post(page_of(call_request), {"when": spelled(at(3, 14))}),
        ):
            assert answer["Location"] == call_request.get_absolute_url()


def test_a_call_for_now_has_no_other_time() -> None:
    call_request = make_request(widget=make_widget(), language="en")
    status = Client().get(call_request.get_absolute_url()).content.decode()
    assert page_of(call_request) not in status
    assert Client().get(page_of(call_request)).status_code == 303


def test_an_unknown_request_is_not_found() -> None:
    assert Client().get(reverse("public:time", args=["x" * 22])).status_code == 404
