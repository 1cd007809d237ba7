"""Additional fields through the API: what a widget asks, what is answered, and who reads it."""

from typing import Any

import pytest

from callbacks.api import problems
from callbacks.core import clock
from callbacks.models import CallRequest, Scope, Widget
from tests.support.api import API, JsonClient, caller, check_problem
from tests.support.extra_fields import CUSTOMER, NAME, ORDER, SUBJECT, required
from tests.support.factories import make_request, make_widget

pytestmark = pytest.mark.django_db

SITE = "https://www.shop.example"
ANSWERS = {"order": " A-17 ", "subject": "repair", "customer": True, "name": "Jo Martin"}


@pytest.fixture
def widget() -> Widget:
    old = {"key": "old", "labels": {"en": "Old"}, "is_retired": True}
    fields = [ORDER, required(SUBJECT), CUSTOMER, NAME, old]
    return make_widget(extra_fields=fields, allowed_origins=[SITE])


def create(widget: Widget, fields: object, **more: Any) -> Any:
    consent = {"text": "Call me.", "given_at": clock.now().isoformat()}
    body = {"widget": widget.public_id, "number": "06 12 34 56 78", "email": "jo@example.fr"}
    return caller(Scope.WRITE).post(
        f"{API}/requests",
        body | {"consent": consent, "language": "en", "fields": fields} | more,
        headers={"Idempotency-Key": "order-1"},
    )


def page() -> JsonClient:
    return JsonClient(headers={"origin": SITE, "sec-fetch-site": "cross-site"})


def send(widget: Widget, fields: object, token: str = "") -> Any:
    address = f"{API}/widgets/{widget.public_id}"
    token = token or page().get(f"{address}/form?language=en").json()["form_token"]
    typed = {"form_token": token, "number": "06 12 34 56 78", "email": "jo@example.fr"}
    more = {"consent": True, "language": "en", "fields": fields}
    return page().post(f"{address}/requests", typed | more)


def read(call_request: CallRequest, *scopes: Scope) -> Any:
    answer = caller(Scope.READ, *scopes).get(f"{API}/requests/{call_request.public_id}")
    return answer.json()["fields"]


@pytest.mark.parametrize("by", [create, send])
def test_answers_are_stored_as_from_the_form(by: Any, widget: Widget) -> None:
    assert by(widget, ANSWERS).status_code == 201
    call_request = CallRequest.objects.get()
    assert call_request.answers == {"order": "A-17", "subject": "repair", "customer": True}
    assert call_request.personal_answers == '{"name": "Jo Martin"}'
    told = {"order": "A-17", "subject": "repair", "customer": True}
    assert read(call_request) == told | {"name": None}
    assert read(call_request, Scope.NUMBERS) == told | {"name": "Jo Martin"}


@pytest.mark.parametrize("by", [create, send])
@pytest.mark.parametrize(
    ("fields", "name", "sentence", "code"),
    [
        ({}, "subject", "Choose an answer for “Subject”.", "required"),
        ({"subject": "other"}, "subject", "Choose an answer", "invalid_choice"),
        ({"subject": "quote", "order": "x" * 501}, "order", "too long", "max_length"),
        ({"subject": "quote", "order": "a\nb"}, "order", "on one line", "control_characters"),
        ({"subject": "quote", "order": "a\ud800b"}, "order", "text in Unicode", ""),
        ({"subject": "quote", "order": 1}, "order", "send a text, or true or false", ""),
        ({"subject": "quote", "order": "x" * 2001}, "order", "too long", "max_length"),
        ({"subject": "quote", "order": True}, "order", "Send a text.", ""),
        ({"subject": "quote", "customer": "on"}, "customer", "Send true or false.", ""),
        ({"subject": "quote", "size": "L"}, "size", "no such field", ""),
        ({"subject": "quote", "n0612345678": "L"}, None, "no such field", ""),
        ({"subject": "quote", "n0612345678": 7}, None, "send a text", ""),
    ],
)
def test_a_wrong_answer_is_named(
    by: Any, fields: Any, name: str | None, sentence: str, code: str, widget: Widget
) -> None:
    document = check_problem(by(widget, fields), problems.INVALID)
    [error] = document["errors"]
    assert error["field"] == (f"body.fields.{name}" if name else "body.fields")
    assert "0612345678" not in str(document)
    assert sentence in error["detail"]
    assert error.get("code", "") == code
    assert not CallRequest.objects.exists()


@pytest.mark.parametrize("by", [create, send])
@pytest.mark.parametrize(
    "fields",
    [
        *([], "text", 1, {"order": 1}, {"order": None}, {"order": ["a"]}, {"order": {"a": "b"}}),
        *({"Order": "a"}, {"": "a"}, {"order": "x" * 2001}, {f"k{n}": "a" for n in range(1000)}),
    ],
)
def test_hostile_fields_are_refused(by: Any, fields: Any, widget: Widget) -> None:
    check_problem(by(widget, fields), problems.INVALID)
    assert not CallRequest.objects.exists()


def test_an_answer_to_a_field_that_is_no_longer_asked_is_left_out(widget: Widget) -> None:
    assert create(widget, {"subject": "quote", "old": "x"}).status_code == 201
    assert CallRequest.objects.get().answers == {"subject": "quote", "customer": False}


def test_the_same_form_is_the_same_request_and_another_answer_is_not(widget: Widget) -> None:
    address = f"{API}/widgets/{widget.public_id}"
    token = page().get(f"{address}/form?language=en").json()["form_token"]
    first = send(widget, ANSWERS, token)
    assert send(widget, ANSWERS | {"order": "A-17"}, token).json() == first.json()
    other = send(widget, ANSWERS | {"order": "A-18"}, token)
    assert check_problem(other, problems.FORM_OUTDATED)["code"] == "already_used"
    widget.extra_fields = [SUBJECT]  # the others are gone
    widget.save()
    assert send(widget, {"subject": "repair"}, token).status_code == 409
    assert CallRequest.objects.count() == 1


def test_the_same_call_with_another_answer_is_refused(widget: Widget) -> None:
    assert create(widget, ANSWERS).status_code == 201
    key = caller(Scope.WRITE)
    consent = {"text": "Call me.", "given_at": clock.now().isoformat()}
    body = {"widget": widget.public_id, "number": "06 99 99 99 99", "email": "jo@example.fr"}
    body |= {"consent": consent, "fields": ANSWERS}  # type: ignore[dict-item]
    headers = {"Idempotency-Key": "order-2"}
    first = key.post(f"{API}/requests", body, headers=headers)
    again = key.post(f"{API}/requests", body, headers=headers)
    assert again.json() == first.json()
    other = key.post(f"{API}/requests", body | {"fields": {"subject": "quote"}}, headers=headers)
    check_problem(other, problems.IDEMPOTENCY_KEY_REUSED)


def test_a_widget_says_what_it_asks(widget: Widget) -> None:
    answer = caller(Scope.READ).get(f"{API}/widgets/{widget.public_id}").json()["fields"]
    assert [one["key"] for one in answer] == ["order", "subject", "customer", "name"]
    assert answer[1] == {
        "key": "subject",
        "kind": "choice",
        "labels": {"en": "Subject", "fr": "Sujet"},
        "choices": [
            {"value": "quote", "labels": {"en": "A quote", "fr": "Un devis"}},
            {"value": "repair", "labels": {"en": "A repair", "fr": "Une réparation"}},
        ],
        "is_required": True,
        "is_personal": False,
    }
    form = page().get(f"{API}/widgets/{widget.public_id}/form?language=fr").json()["fields"]
    assert form[1] == {
        "key": "subject",
        "kind": "choice",
        "label": "Sujet",
        "choices": [
            {"value": "quote", "label": "Un devis"},
            {"value": "repair", "label": "Une réparation"},
        ],
        "is_required": True,
    }


def test_a_number_in_another_field_is_masked_and_an_erasure_leaves_none(widget: Widget) -> None:
    call_request = make_request(
        widget=widget, number="+33612345678", answers={"order": "call 06 12 34 56 78"}
    )
    assert "06 12" not in read(call_request)["order"]
    assert read(call_request, Scope.NUMBERS)["order"] == "call 06 12 34 56 78"
    CallRequest.objects.update(answers={}, personal_answers="")
    assert read(call_request, Scope.NUMBERS) == {}
