"""A form that is sent leads to one request, or comes back with what was typed and why."""

import html
import re
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client

from callbacks.abuse import block_list
from callbacks.core import clock
from callbacks.models import BlockKind, CallRequest, WidgetText
from tests.support.factories import make_widget, post_form
from tests.support.forms import FILLED, form_of, forms_on

pytestmark = pytest.mark.django_db


def test_a_form_is_taken_and_leads_to_the_page_of_its_request() -> None:
    widget = make_widget(language="en")
    WidgetText.objects.create(widget=widget, language="en", consent="Do call me.")
    response = post_form(Client(), widget, number="06 12 34 56 78", email="Jo.É+x@Example.FR")
    call_request = CallRequest.objects.get()
    assert response.status_code == 303
    assert response["Location"] == f"/r/{call_request.token}/"
    assert (call_request.widget, call_request.number, call_request.email) == (
        widget,
        "+33612345678",
        "Jo.É+x@Example.FR",
    )
    assert (call_request.language, call_request.consent_text) == ("en", "Do call me.")
    assert Client().get(response["Location"]).status_code == 200


def test_no_email_is_needed_where_it_is_optional() -> None:
    assert post_form(Client(), make_widget(email_required=False), email="").status_code == 303
    assert CallRequest.objects.get().email == ""


def test_the_same_form_sent_twice_is_one_request() -> None:
    widget, client = make_widget(), Client()
    form = form_of(client, widget)
    first = client.post(form.action, form.fields | FILLED)
    # Other spellings of the same are the same: what counts is who is called.
    second = client.post(form.action, form.fields | FILLED | {"number": "+33612345678"})
    assert first["Location"] == second["Location"]
    assert CallRequest.objects.count() == 1


def test_the_same_form_with_other_content_comes_back() -> None:
    widget, client = make_widget(language="en"), Client()
    form = form_of(client, widget)
    client.post(form.action, form.fields | FILLED)
    response = client.post(form.action, form.fields | FILLED | {"number": "0687654321"})
    assert response.status_code == 422
    assert "already sent this form with different details." in response.content.decode()
    assert CallRequest.objects.count() == 1

    again = forms_on(response)[0]
    assert again.fields["form_token"] != form.fields["form_token"]
    assert again.fields["number"] == "0687654321"
    assert client.post(again.action, again.fields).status_code == 303
    assert CallRequest.objects.count() == 2


def test_what_is_refused_comes_back_as_it_was_typed() -> None:
    typed = {"number": ' 0899 "<b>', "email": " Jo@ <i>'", "consent": "on"}
    response = post_form(Client(), make_widget(), **typed)
    assert response.status_code == 422
    form = forms_on(response)[0]
    assert {name: form.fields[name] for name in typed} == typed
    assert "<b>" not in response.content.decode()
    assert "<i>" not in response.content.decode()
    assert not CallRequest.objects.exists()


def test_a_box_that_was_not_ticked_stays_so() -> None:
    response = post_form(Client(), make_widget(), consent=None)
    assert response.status_code == 422
    assert "consent" not in forms_on(response)[0].fields


def test_each_problem_is_told_at_its_field_and_linked_from_the_top() -> None:
    response = post_form(Client(), make_widget(), number="", email="", consent=None)
    text = response.content.decode()
    summary = text[text.index('id="problem"') : text.index("<form")]
    assert re.findall(r'href="#(\w+)"', summary) == ["number", "email", "consent"]
    for name, attributes in forms_on(response)[0].attributes.items():
        if "name" in attributes:
            assert attributes["aria-invalid"] == "true"
            described_by = attributes["aria-describedby"].split()
            assert f"{name}-error" in described_by
            assert all(f'id="{one}"' in text for one in described_by)
    assert re.search(r"<title>[^<]+ \u2013 ", text)


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ("06 12 34 56 789", "This number is too long."),
        ("bonjour", "This number contains letters."),
        ("jo@example.fr", "This is an email address."),
        ("+49 30 901820", "Countries we can call: mainland France, Belgium."),
    ],
)
def test_what_is_wrong_with_a_number_is_told_at_the_field_and_at_the_top(
    typed: str, sentence: str
) -> None:
    """And the hint under the label stands there before and after."""
    hint = "(mainland France, Belgium), for example 06 39 98 12 34"
    client, widget = Client(), make_widget(language="en", allowed_regions=["FR", "BE"])
    before = client.get(widget.get_absolute_url()).text.replace("\u00a0", " ")
    after = html.unescape(post_form(client, widget, number=typed).text).replace("\u00a0", " ")
    for page in (before, after):
        (under_the_label,) = re.findall(r'</label>\s*<p class="hint"[^>]*>([^<]*)', page)
        assert hint in under_the_label
    assert sentence not in before
    summary, fields = after.split("<form", 1)
    assert sentence in summary
    (at_the_field,) = re.findall(r'id="number-error">([^<]*)', fields)
    assert sentence in at_the_field


def test_fields_without_a_problem_are_not_marked() -> None:
    form = forms_on(post_form(Client(), make_widget(), number=""))[0]
    assert "aria-invalid" in form.attributes["number"]
    assert "aria-invalid" not in form.attributes["email"]
    assert "aria-invalid" not in form.attributes["consent"]


def test_a_form_that_was_corrected_is_taken() -> None:
    client = Client()
    form = forms_on(post_form(client, make_widget(), number="06 12"))[0]
    response = client.post(form.action, form.fields | {"number": "06 12 34 56 78"})
    assert response.status_code == 303


def test_details_on_the_block_list_are_not_taken() -> None:
    block_list.add(BlockKind.NUMBER, "+33612345678")
    response = post_form(Client(), make_widget(language="en"), number="0612345678")
    assert response.status_code == 422
    assert "take a call request with these details." in response.content.decode()
    assert forms_on(response)[0].fields["number"] == "0612345678"
    assert not CallRequest.objects.exists()


def test_the_request_knows_from_which_address_it_came() -> None:
    post_form(Client(REMOTE_ADDR="192.0.2.7"), make_widget())
    assert CallRequest.objects.get().address == "192.0.2.7"


def test_a_paused_widget_says_so_instead() -> None:
    widget = make_widget(language="en", is_paused=True)
    page = Client().get(widget.get_absolute_url())
    assert page.status_code == 200
    assert "<form" not in page.content.decode()
    assert "not taking call requests at the moment." in page.content.decode()
    WidgetText.objects.create(widget=widget, language="en", pause_message="Back on Monday.")
    assert "Back on Monday." in Client().get(widget.get_absolute_url()).content.decode()


def test_a_form_that_was_open_when_the_widget_was_paused_is_kept() -> None:
    widget, client = make_widget(language="en"), Client()
    form = form_of(client, widget)
    widget.is_paused = True
    widget.save()
    response = client.post(form.action, form.fields | FILLED)
    assert response.status_code == 422
    assert "not taking call requests at the moment." in response.content.decode()
    assert forms_on(response)[0].fields["number"] == FILLED["number"]
    assert not CallRequest.objects.exists()


def test_a_limit_says_when_to_come_back() -> None:
    widget = make_widget(language="en")
    now = clock.now()
    with clock.set_to(now):
        post_form(Client(), widget)
    with clock.set_to(now + timedelta(seconds=100.5)):
        response = post_form(Client(), widget)
    assert response.status_code == 429
    assert response["Retry-After"] == "300"
    assert "in about 5 min" in response.content.decode()
    assert forms_on(response)[0].fields["number"] == FILLED["number"]
    assert CallRequest.objects.count() == 1


def test_taking_it_costs_few_queries(django_assert_max_num_queries: Any) -> None:
    """No more with a longer history: each is there for one of the promises or limits."""
    widget, client = make_widget(), Client()
    form = form_of(client, widget)
    most = 21 if connection.vendor == "postgresql" else 17
    with django_assert_max_num_queries(most):
        assert client.post(form.action, form.fields | FILLED).status_code == 303
