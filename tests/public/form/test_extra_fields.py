"""A widget may ask visitors for more than number and email: its additional fields."""

import re
from typing import Any, cast

import pytest
from django.db import DatabaseError
from django.test import Client
from django.urls import reverse

from callbacks.call_api import CallApi
from callbacks.data_protection import erasure
from callbacks.dispatch import place_next
from callbacks.models import CallRequest, Widget
from callbacks.widgets import answers
from callbacks.widgets import cache as widget_cache
from tests.support.call_service.fake_api import FakeApi
from tests.support.extra_fields import CUSTOMER, NAME, ORDER, SUBJECT, required
from tests.support.factories import make_widget
from tests.support.forms import FILLED, form_of, forms_on, post_form

pytestmark = pytest.mark.django_db
ANSWERED = {
    "field_order": " A-17\u200b ",
    "field_subject": "repair",
    "field_customer": "on",
    "field_name": "Jo Martin",
}


@pytest.fixture
def client() -> Client:
    return Client(headers={"Accept-Language": "en"})


def asking(*fields: dict[str, Any], **more: Any) -> Widget:
    return make_widget(extra_fields=list(fields), **more)


def test_the_form_asks_them_in_the_visitors_language(client: Client) -> None:
    widget = asking(ORDER, required(SUBJECT), CUSTOMER, NAME)
    form = form_of(client, widget, headers={"Accept-Language": "fr"})
    assert form.choices["field_subject"] == {
        "": "Choisissez…",
        "quote": "Un devis",
        "repair": "Une réparation",
    }
    assert form.attributes["field_order"]["maxlength"] == "500"
    assert "required" not in form.attributes["field_order"]
    assert "required" in form.attributes["field_subject"]
    page = client.get(widget.get_absolute_url(), headers={"Accept-Language": "fr"}).text
    assert "Numéro de commande <span>(facultatif)</span>" in page
    assert '<label for="field_customer">I am a customer</label>' in page  # no French label
    assert "Votre nom" in page


def test_the_answers_are_stored_with_the_request(client: Client, settings: Any) -> None:
    widget = asking(ORDER, SUBJECT, CUSTOMER, NAME)
    assert post_form(client, widget, **ANSWERED).status_code == 303
    call_request = CallRequest.objects.get()
    assert call_request.answers == {"order": "A-17", "subject": "repair", "customer": True}
    assert call_request.personal_answers == '{"name": "Jo Martin"}'
    assert answers.values_of(call_request)["name"] == "Jo Martin"


def test_a_field_left_empty_has_no_answer_and_a_box_not_ticked_says_no(client: Client) -> None:
    widget = asking(ORDER, SUBJECT, CUSTOMER, NAME)
    assert post_form(client, widget).status_code == 303
    call_request = CallRequest.objects.get()
    assert (call_request.answers, call_request.personal_answers) == ({"customer": False}, "")


@pytest.mark.parametrize(
    ("field", "value", "sentence"),
    [
        (required(ORDER), "", "Fill in “Order number”."),
        (required(ORDER), " \u200b ", "Fill in “Order number”."),
        (ORDER, "x" * 501, "“Order number” is too long: at most 500 characters."),
        (ORDER, "a\nb", "Write “Order number” on one line"),
        (ORDER, "a\0b", "Write “Order number” on one line"),
        (required(SUBJECT), "", "Choose an answer for “Subject”."),
        (SUBJECT, "other", "Choose an answer for “Subject”."),
        (required(CUSTOMER), "", "Tick the box “I am a customer”."),
    ],
)
def test_a_wrong_answer_is_explained_and_what_was_typed_is_kept(
    client: Client, field: dict[str, Any], value: str, sentence: str
) -> None:
    name = f"field_{field['key']}"
    response = post_form(client, asking(field, NAME), **{name: value, "field_name": "Jo"})
    assert response.status_code == 422
    page = response.text
    assert f'<a href="#{name}">{sentence}' in page
    assert f'<p class="error" id="{name}-error">{sentence}' in page
    [form] = forms_on(response)
    assert form.attributes[name]["aria-describedby"] == f"{name}-error"
    assert form.fields["field_name"] == "Jo"
    if field["key"] == "order" and "\0" not in value:
        assert form.attributes[name]["value"].split() == value.split()
    assert not CallRequest.objects.exists()


def test_the_errors_are_listed_in_the_order_of_the_page(client: Client) -> None:
    widget = asking(required(ORDER), required(CUSTOMER))
    empty = {"number": "", "email": "", "consent": None}
    page = post_form(client, widget, **empty).text
    links = re.findall('<li><a href="#([a-z_]+)">', page)
    assert links == ["number", "email", "field_order", "field_customer", "consent"]
    assert links == re.findall('<(?:input|select) id="([a-z_]+)"', page)


def test_what_was_chosen_and_ticked_is_kept(client: Client) -> None:
    response = post_form(
        client, asking(required(ORDER), SUBJECT, CUSTOMER), **ANSWERED | {"field_order": ""}
    )
    [form] = forms_on(response)
    assert form.fields["field_subject"] == "repair"
    assert form.fields["field_customer"] == "on"


def test_labels_and_answers_are_escaped(client: Client) -> None:
    evil = '"><script>alert(1)</script>'
    field = {"key": "order", "labels": {"en": evil}, "is_required": True}
    choice = {"value": "quote", "labels": {"en": evil}}
    widget = asking(field, SUBJECT | {"choices": [choice, SUBJECT["choices"][1]]})
    shown = client.get(widget.get_absolute_url()).text
    again = post_form(client, widget, field_order=evil, number="1").text
    missing = post_form(client, widget).text
    for page in (shown, again, missing):
        assert "alert(1)" in page
        assert "<script>alert" not in page


def test_the_same_form_is_the_same_request_and_another_answer_is_other_content(
    client: Client,
) -> None:
    widget = asking(ORDER, CUSTOMER, NAME)
    form = form_of(client, widget)
    sent = form.fields | FILLED | {"field_order": "A-17", "field_name": "Jo"}
    first = client.post(form.action, sent)
    assert first.status_code == 303
    again = client.post(form.action, sent | {"field_order": " A-17 "})
    assert again.headers["Location"] == first.headers["Location"]
    for other in ({"field_order": "A-18"}, {"field_name": "Al"}, {"field_customer": "on"}):
        response = client.post(form.action, sent | other)
        assert response.status_code == 422, other
        assert "already sent this form with different details" in response.text
    assert CallRequest.objects.count() == 1
    # The owner removes a field, and asks another one that must be answered.
    widget.extra_fields = [ORDER | {"is_retired": True}, NAME, required(SUBJECT)]
    widget.save()
    assert client.post(form.action, sent).headers["Location"] == first.headers["Location"]
    erasure.erase(None, number=CallRequest.objects.get().number)
    assert client.post(form.action, sent).headers["Location"] == first.headers["Location"]


def test_an_answer_to_a_field_that_was_removed_meanwhile_counts_in_no_comparison(
    client: Client,
) -> None:
    widget = asking(ORDER, NAME)
    form = form_of(client, widget)
    widget.extra_fields = [ORDER | {"is_retired": True}, NAME]
    widget.save()
    sent = form.fields | FILLED | {"field_order": "A-17"}
    first = client.post(form.action, sent)
    assert first.status_code == 303
    assert CallRequest.objects.get().answers == {}
    assert client.post(form.action, sent).headers["Location"] == first.headers["Location"]


def test_a_widget_with_fields_costs_no_query_more(
    client: Client, django_assert_num_queries: Any, django_assert_max_num_queries: Any
) -> None:
    """Fails when the fields or the answers take a query or a statement of their own."""
    counts = []
    for widget, number in ((asking(), "06 12 34 56 70"), (asking(ORDER, NAME), "06 12 34 56 71")):
        form = form_of(client, widget)
        widget_cache.forget()
        with django_assert_max_num_queries(99) as queries:
            sent = form.fields | FILLED | {"field_order": "A", "number": number}
            assert client.post(form.action, sent).status_code == 303
        counts.append(len(queries))
    assert counts[0] == counts[1]


def test_the_outage_page_keeps_what_was_answered_and_chosen(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    widget = asking(ORDER)
    form = form_of(client, widget)

    def away(*_args: Any, **_kwargs: Any) -> None:
        raise DatabaseError("away")

    monkeypatch.setattr("callbacks.public.form.taking.take", away)
    monkeypatch.setattr("callbacks.core.availability.is_database_away", lambda _error: True)
    sent = form.fields | FILLED | {"field_order": "A-17", "when": "opening"}
    response = client.post(form.action, sent)
    assert response.status_code == 503
    [again] = forms_on(response)
    assert (again.fields["field_order"], again.fields["when"]) == ("A-17", "opening")


def test_a_visitor_who_asks_for_another_call_finds_the_answers_but_no_tick(client: Client) -> None:
    widget = asking(ORDER, SUBJECT, CUSTOMER, NAME)
    location = post_form(client, widget, **ANSWERED).headers["Location"]
    page = client.get(location)
    [link] = [form for form in forms_on(page) if form.action.endswith("/again/")]
    [form] = forms_on(client.post(link.action, link.fields))
    assert form.fields["field_order"] == "A-17"
    assert form.fields["field_subject"] == "repair"
    assert form.fields["field_name"] == "Jo Martin"
    assert "field_customer" not in form.fields


def test_the_call_service_never_gets_them(client: Client) -> None:
    post_form(client, asking(ORDER, SUBJECT, CUSTOMER, NAME), **ANSWERED)
    api = FakeApi()
    place_next(cast(CallApi, api))
    [sent] = api.calls
    assert sent["email"] == FILLED["email"]
    assert not {"A-17", "repair", "Jo Martin"} & {str(value) for value in sent.values()}
    assert "answers" not in str(sent)


def test_the_framed_form_asks_them_too(client: Client) -> None:
    widget = asking(ORDER, allowed_origins=["https://www.example.fr"])
    page = client.get(reverse("embed:form", args=[widget.public_id]))
    assert 'id="field_order"' in page.text
