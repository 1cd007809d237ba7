"""What the call bot gets as email: the visitor's address, or a text of the widget's owner."""

from datetime import UTC, datetime, timedelta
from typing import cast

import pytest
from django.core.exceptions import ValidationError
from django.test import Client

from callbacks import call_api
from callbacks.call_api import CallApi
from callbacks.core import clock
from callbacks.dispatch import PlaceResult, place_next
from callbacks.models import CallRequest, Scope, Status, Widget, bot_email
from tests.support.api import API, caller
from tests.support.call_service.fake_api import FakeApi
from tests.support.factories import make_widget
from tests.support.forms import post_form

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
THROTTLED = call_api.TryLater("throttled", http_status=429, code="throttled")


def sent(api: FakeApi) -> list[str]:
    return [call["email"] for call in api.calls]


def asked(widget: Widget) -> CallRequest:
    assert post_form(Client(), widget, email="Jo.Visitor@Example.fr").status_code == 303
    return CallRequest.objects.latest("pk")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", "Jo.Visitor@Example.fr"),
        ("sales", "sales"),
        ("{id}", "ID"),
        ("Lead-{id}@shop.example", "Lead-ID@shop.example"),
        ("%s %(id)s \\n été", "%s %(id)s \\n été"),
    ],
)
def test_the_bot_gets_what_the_owner_chose(text: str, expected: str) -> None:
    call_request = asked(make_widget(bot_email=text))
    api = FakeApi()
    assert place_next(cast(CallApi, api)) is PlaceResult.WORKED
    assert sent(api) == [expected.replace("ID", call_request.public_id)]
    assert call_request.email == "Jo.Visitor@Example.fr"


def test_every_attempt_sends_the_same_even_if_the_owner_changes_the_text() -> None:
    widget = make_widget(bot_email="lead-{id}")
    with clock.set_to(NOW):
        call_request = asked(widget)
        api = FakeApi(THROTTLED)
        place_next(cast(CallApi, api))
    for text in ("other-{id}", ""):
        Widget.objects.update(bot_email=text)
        with clock.set_to(NOW + timedelta(minutes=1 if text else 2)):
            place_next(cast(CallApi, api))
    assert sent(api) == [f"lead-{call_request.public_id}"] * 3


def test_a_text_that_was_entered_later_is_for_later_requests() -> None:
    call_request = asked(make_widget())
    Widget.objects.update(bot_email="sales")
    api = FakeApi()
    place_next(cast(CallApi, api))
    assert sent(api) == [call_request.email]


def test_a_widget_without_emails_still_sends_its_text() -> None:
    widget = make_widget(email_required=False, bot_email="{id}")
    assert post_form(Client(), widget, email="").status_code == 303
    api = FakeApi()
    place_next(cast(CallApi, api))
    assert sent(api) == [CallRequest.objects.get().public_id]


@pytest.mark.parametrize("name", ["email", "identifier"])
def test_an_identifier_of_a_system_always_reaches_the_bot(name: str) -> None:
    widget = make_widget(bot_email="sales")
    body = {"widget": widget.public_id, "number": "06 12 34 56 78", name: "jo@example.fr"}
    body["consent"] = {"text": "Call me.", "given_at": clock.now().isoformat()}  # type: ignore[assignment]
    answer = caller(Scope.WRITE).post(
        f"{API}/requests", body, headers={"Idempotency-Key": "order-1"}
    )
    assert answer.status_code == 201
    api = FakeApi()
    place_next(cast(CallApi, api))
    assert sent(api) == ["jo@example.fr" if name == "identifier" else "sales"]


@pytest.mark.parametrize("text", ["{", "{0}", "{id}{id}", "{ID}", "{id", "lead-{}", "{{id}}"])
def test_another_placeholder_is_refused(text: str) -> None:
    with pytest.raises(ValidationError) as refused:
        make_widget(bot_email=text).full_clean()
    assert "{id}" in refused.value.message_dict["bot_email"][0]


def test_the_longest_text_fits_with_an_id() -> None:
    text = "{id}".rjust(bot_email.LONGEST, "x")
    call_request = asked(make_widget(bot_email=text))
    assert call_request.status == Status.QUEUED
    assert len(call_request.bot_email) <= 254
    for wrong in ("x" + text, "a\nb"):
        with pytest.raises(ValidationError):
            Widget(name="Shop", originate="shop", bot_email=wrong).full_clean()
