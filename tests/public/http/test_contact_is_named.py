"""Wherever a visitor is not called, the page names how to reach the company instead."""

import html
from datetime import timedelta
from typing import Any

import pytest
from django.db import OperationalError, connection
from django.test import Client
from django.urls import reverse

from callbacks.abuse import block_list
from callbacks.core import clock
from callbacks.dispatch import call_switch
from callbacks.models import BlockKind, CallRequest, Reason, Status, Widget
from callbacks.models.widget_hours import WhenClosed
from callbacks.scheduling.slots import spelled
from callbacks.widgets import cache as widget_cache
from tests.support.bookings import booking
from tests.support.factories import make_request, make_widget, post_form
from tests.support.forms import FILLED, form_of
from tests.support.hours.december import TOWN_HALL, at, widget_with

pytestmark = pytest.mark.django_db

NAMED = 'To reach Atelier, call <a href="tel:+33800123456">0\u00a0800\u00a012\u00a034\u00a056</a>.'
ANOTHER_WAY = "contact the company another way"


def shop(**fields: Any) -> Widget:
    defaults = {"language": "en", "company_name": "Atelier", "contact": "+33800123456"}
    return make_widget(**defaults | fields)


def text_of(response: Any) -> str:
    return html.unescape(response.content.decode())


def get(path: str) -> str:
    return text_of(Client().get(path, headers={"Accept-Language": "en"}))


def test_a_limit_names_it_inside_the_alert() -> None:
    widget = shop(hourly_cap=1)
    post_form(Client(), widget)
    response = post_form(Client(), widget, number="06 87 65 43 21")
    assert response.status_code == 429
    alert = text_of(response).partition('role="alert"')[2].partition("</div>")[0]
    assert NAMED in alert


def test_a_field_to_correct_names_nobody() -> None:
    assert "To reach" not in text_of(post_form(Client(), shop(), number="12"))


@pytest.mark.parametrize("fields", [{"number": "06 12 34 56 78"}, {"website": "x"}])
def test_the_block_list_and_the_trap_say_the_same(fields: dict[str, str]) -> None:
    block_list.add(BlockKind.NUMBER, "+33612345678")
    with_contact = text_of(post_form(Client(), shop(), **fields))
    assert "these details." in with_contact
    assert NAMED in with_contact
    assert "another way" not in with_contact
    without = text_of(post_form(Client(), shop(contact="", company_name=""), **fields))
    assert f"Please {ANOTHER_WAY}." in without
    named = text_of(post_form(Client(), shop(contact=""), **fields))
    assert "Please contact Atelier another way." in named


def test_a_paused_widget_names_it_also_to_a_form_that_was_open() -> None:
    widget = shop()
    form = form_of(Client(), widget)
    assert "To reach" not in get(widget.get_absolute_url())
    widget.is_paused = True
    widget.save()
    assert NAMED in get(widget.get_absolute_url())
    assert NAMED in text_of(Client().post(form.action, form.fields | FILLED))


def test_a_closed_widget_names_it_also_to_a_form_that_was_open() -> None:
    fields = {"when_closed": WhenClosed.MESSAGE, "contact": "+33800123456"}
    widget = widget_with(**TOWN_HALL, **fields, language="en", company_name="Atelier")
    with clock.set_to(at(1, 11, 59)):
        form = form_of(Client(), widget)
        assert "To reach" not in get(widget.get_absolute_url())
    widget_cache.forget()
    with clock.set_to(at(1, 12)):
        assert NAMED in get(widget.get_absolute_url())
        answer = text_of(Client().post(form.action, form.fields | FILLED))
    assert NAMED in answer


def test_an_inactive_widget_names_it_alone_and_in_a_frame() -> None:
    widget = shop(is_active=False)
    for name in ("public:form", "embed:form"):
        response = Client().get(reverse(name, args=[widget.public_id]))
        assert response.status_code == 404
        assert NAMED in text_of(response)
    assert "To reach" not in get(reverse("public:form", args=["unknown"]))
    nothing_told = shop(is_active=False, contact="")
    assert "another way" not in get(nothing_told.get_absolute_url())


NAMING = [
    (Status.QUEUED, "", False),
    (Status.CALLING, "", False),
    (Status.CALLED, "", False),
    (Status.CALLED, Reason.BY_STAFF, False),
    (Status.UNCERTAIN, Reason.NO_ANSWER, True),
    (Status.UNCERTAIN, Reason.UNREADABLE, True),
    (Status.FAILED, Reason.REFUSED, True),
    (Status.FAILED, Reason.TOO_LATE, True),
    (Status.FAILED, Reason.CLOSED, True),
    (Status.CANCELLED, Reason.BY_VISITOR, False),
    (Status.CANCELLED, Reason.BY_STAFF, True),
    (Status.CANCELLED, Reason.BLOCKED, True),
]


@pytest.mark.parametrize(("status", "reason", "is_named"), NAMING)
def test_the_status_page_shows_it_when_there_was_no_call(
    status: str, reason: str, is_named: bool
) -> None:
    call_request = make_request(widget=shop(), language="en", status=status, reason=reason)
    told(call_request, is_named)


def test_no_status_is_left_out() -> None:
    assert {status for status, *_rest in NAMING} == set(Status)


def test_the_status_page_shows_it_while_calls_are_stopped() -> None:
    call_switch.stop("anne")
    told(make_request(widget=shop(), language="en"), True)


def told(call_request: CallRequest, is_named: bool) -> None:
    """The page has the contact in any case, and shows it when the state says so."""
    path = call_request.get_absolute_url()
    page = get(path)
    assert f'<div id="contact"{"" if is_named else " hidden"}><p class="contact">{NAMED}' in page
    assert Client().get(f"{path}state/").json()["contact"] is is_named


def test_a_choice_that_cannot_be_undone_any_more_names_it() -> None:
    call_request = make_request(widget=shop(), language="en", number="+33612345678")
    path = call_request.get_absolute_url()
    Client().post(f"{path}never/")
    with clock.set_to(clock.now() + timedelta(minutes=11)):
        response = Client().post(f"{path}never/undo/")
    assert response.status_code == 409
    assert NAMED in text_of(response).partition('role="alert"')[2].partition("</div>")[0]


def test_the_number_page_names_it_when_it_refuses() -> None:
    block_list.add(BlockKind.NUMBER, "+33687654321")
    call_request = make_request(widget=shop(), language="en")
    path = f"{call_request.get_absolute_url()}number/"
    response = Client().post(path, {"number": "06 87 65 43 21"})
    assert response.status_code == 422
    assert NAMED in text_of(response)


@pytest.mark.parametrize(
    ("most", "page"),
    [("correction.MOST_CORRECTIONS", "number"), ("rescheduling.MOST_RESCHEDULES", "time")],
)
def test_a_request_that_was_changed_too_often_names_it(
    monkeypatch: pytest.MonkeyPatch, most: str, page: str
) -> None:
    monkeypatch.setattr(f"callbacks.intake.{most}", 0)
    widget = widget_with(**TOWN_HALL, company_name="Atelier", contact="+33800123456")
    path = f"{booking(widget, language='en').get_absolute_url()}{page}/"
    fields = {"when": spelled(at(3, 14)), "number": "06 87 65 43 21"}
    with clock.set_to(at(1, 20)):
        answers = Client().get(path), Client().post(path, fields)
    for answer in answers:
        alert = text_of(answer).partition('role="alert"')[2].partition("</div>")[0]
        assert NAMED in alert


def test_the_page_of_other_times_names_it_if_there_are_none() -> None:
    hours = {"opening_hours": "2026 Dec 02 09:00-09:30", "slot_minutes": 30}
    widget = widget_with(**hours, company_name="Atelier", contact="+33800123456")
    path = f"{booking(widget, language='en').get_absolute_url()}time/"
    with clock.set_to(at(2, 8, 59)):
        page = get(path)
    assert "As soon as we open" in page
    assert "To reach" not in page
    with clock.set_to(at(2, 9, 31)):
        page = get(path)
    assert "No other time can be chosen." in page
    assert NAMED in page


@pytest.mark.parametrize("method", ["get", "post"])
def test_an_outage_names_it_as_last_known(method: str) -> None:
    widget = shop()
    form = form_of(Client(), widget)
    widget_cache.forget()

    def away(*_args: Any) -> None:
        raise OperationalError

    def ask(path: str) -> Any:
        data = form.fields | FILLED if method == "post" else {}
        return getattr(Client(), method)(path, data, headers={"Accept-Language": "en"})

    with connection.execute_wrapper(away):
        known, unknown = ask(form.action), ask("/w/unknown/")
    assert known.status_code == unknown.status_code == 503
    assert NAMED in text_of(known)
    assert "To reach" not in text_of(unknown)


@pytest.mark.parametrize(
    ("contact", "english", "french"),
    [
        ("+33800123456", "To reach us, call <a", "Pour nous joindre, appelez le <a"),
        ("jo@example.fr", "To reach us, write to <a", "Pour nous joindre, écrivez à <a"),
        ("https://example.fr/", "To reach us, go to <a", "Pour nous joindre, rendez-vous sur <a"),
    ],
)
def test_each_kind_has_its_sentence_in_each_language(
    contact: str, english: str, french: str
) -> None:
    for language, sentence in (("en", english), ("fr", french)):
        widget = shop(contact=contact, company_name="", is_paused=True, language=language)
        assert sentence in get(widget.get_absolute_url())
    named = get(shop(contact=contact, is_paused=True).get_absolute_url())
    assert english.replace(" us,", " Atelier,") in named


def test_what_owners_wrote_is_text_and_no_markup() -> None:
    widget = shop(company_name='<b>"A"', contact="a&b@example.fr", is_paused=True)
    page = Client().get(widget.get_absolute_url()).content.decode()
    assert "<b>" not in page
    assert "&lt;b&gt;&quot;A&quot;" in page
