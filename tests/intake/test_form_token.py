"""A form token says that a form is ours, and which one. It expires, and belongs to a widget."""

import time
from unittest.mock import patch

import pytest
from django.core import signing
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st

from callbacks.intake import form_token
from callbacks.models import CallRequest, Widget, WidgetText
from tests.support.factories import make_widget, post_form
from tests.support.forms import FILLED, form_of, forms_on

TEXT = "I agree."
WIDGET = Widget(public_id="one")


def test_each_form_has_a_nonce_of_its_own() -> None:
    nonces = {
        form_token.opened(form_token.new(WIDGET, TEXT), WIDGET, TEXT).nonce
        for _attempt in range(100)
    }
    assert len(nonces) == 100
    assert all(len(nonce) == 32 for nonce in nonces)


def test_a_form_token_is_no_other_widgets() -> None:
    token = form_token.new(WIDGET, TEXT)
    with pytest.raises(form_token.InvalidToken):
        form_token.opened(token, Widget(public_id="two"), TEXT)


def test_a_form_token_was_shown_with_one_consent_text() -> None:
    token = form_token.new(WIDGET, TEXT)
    with pytest.raises(form_token.ConsentChanged):
        form_token.opened(token, WIDGET, TEXT + " And to adverts.")


@pytest.mark.parametrize(("hours", "holds"), [(1.99, True), (2.01, False)])
def test_a_form_token_holds_for_two_hours(hours: float, holds: bool) -> None:
    token = form_token.new(WIDGET, TEXT)
    later = time.time() + hours * 3600
    with patch("django.core.signing.time.time", return_value=later):
        if holds:
            assert form_token.opened(token, WIDGET, TEXT)
        else:
            with pytest.raises(form_token.InvalidToken):
                form_token.opened(token, WIDGET, TEXT)


@given(st.text(max_size=200))
def test_whatever_else_came_is_expired(token: str) -> None:
    with pytest.raises(form_token.InvalidToken):
        form_token.opened(token, WIDGET, TEXT)


def test_what_was_signed_for_another_purpose_is_no_token() -> None:
    token = signing.dumps(["nonce", WIDGET.public_id, ""], salt="another")
    with pytest.raises(form_token.InvalidToken):
        form_token.opened(token, WIDGET, TEXT)


@pytest.mark.django_db
@pytest.mark.parametrize("token", [None, "", "forged", "x" * 10_000, "\0"])
def test_without_a_good_token_the_form_comes_again_with_what_was_typed(token: str | None) -> None:
    response = post_form(Client(), make_widget(language="en"), form_token=token)
    assert response.status_code == 422
    assert "This form has expired" in response.content.decode()
    assert not CallRequest.objects.exists()

    form = forms_on(response)[0]
    assert form.fields["number"] == FILLED["number"]
    assert form.fields["email"] == FILLED["email"]
    assert form.fields["consent"] == "on"
    assert Client().post(form.action, form.fields).status_code == 303


@pytest.mark.django_db
def test_another_widgets_token_creates_nothing() -> None:
    token = form_of(Client(), make_widget()).fields["form_token"]
    assert post_form(Client(), make_widget(), form_token=token).status_code == 422
    assert not CallRequest.objects.exists()


@pytest.mark.django_db
def test_an_expired_form_can_be_sent_again() -> None:
    widget, client = make_widget(), Client()
    form = form_of(client, widget)
    later = time.time() + 3 * 3600
    with patch("django.core.signing.time.time", return_value=later):
        response = client.post(form.action, form.fields | FILLED)
        assert response.status_code == 422
        again = forms_on(response)[0]
        assert client.post(again.action, again.fields).status_code == 303
    assert CallRequest.objects.count() == 1


@pytest.mark.django_db
def test_consent_to_another_text_is_asked_for_anew() -> None:
    widget, client = make_widget(language="en"), Client()
    form = form_of(client, widget)
    WidgetText.objects.create(widget=widget, language="en", consent="Call me, and my neighbours.")
    response = client.post(form.action, form.fields | FILLED)
    assert response.status_code == 422
    assert "The consent text has changed" in response.content.decode()
    assert "consent" not in forms_on(response)[0].fields
    assert not CallRequest.objects.exists()
