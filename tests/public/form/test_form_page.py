"""What the form shows before anything was sent."""

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from callbacks.abuse import detection
from callbacks.models import WidgetText
from callbacks.widgets import cache as widget_cache
from tests.support.factories import make_widget
from tests.support.forms import form_of

pytestmark = pytest.mark.django_db


def page(widget: Any) -> str:
    return Client().get(widget.get_absolute_url()).content.decode()


def test_the_form_asks_for_a_number_an_address_and_consent_and_nothing_else() -> None:
    form = form_of(Client(), make_widget())
    assert form.method == "post"
    assert set(form.fields) == {"form_token", "number", "email", "website"}  # the last: a trap
    asked = {name for name, attributes in form.attributes.items() if "name" in attributes}
    assert asked == {"number", "email", "consent"}


def test_nobody_has_consented_before_they_tick_the_box() -> None:
    form = form_of(Client(), make_widget())
    assert "checked" not in form.attributes["consent"]


def test_phones_offer_the_right_keyboard_and_what_they_know() -> None:
    number = form_of(Client(), make_widget()).attributes["number"]
    assert number["type"] == number["inputmode"] == number["autocomplete"] == "tel"


def test_nothing_rewrites_an_address_that_is_typed() -> None:
    """An input of type email may trim and encode what was typed; the bot needs it as it is."""
    email = form_of(Client(), make_widget()).attributes["email"]
    assert email["type"] == "text"
    assert email["inputmode"] == email["autocomplete"] == "email"
    assert email["autocapitalize"] == "none"
    assert email["spellcheck"] == "false"


def test_an_address_that_is_not_needed_is_called_optional() -> None:
    needed, optional = make_widget(language="en"), make_widget(language="en", email_required=False)
    assert "(optional)" not in page(needed)
    assert "(optional)" in page(optional)
    assert "required" in form_of(Client(), needed).attributes["email"]
    assert "required" not in form_of(Client(), optional).attributes["email"]


def test_the_owners_words_stand_in_their_language() -> None:
    widget = make_widget()
    WidgetText.objects.create(
        widget=widget,
        language="en",
        heading="Talk to Anne & Bob",
        introduction="We are nice.",
        button="Ring me",
        consent="Yes, ring me about boats.",
    )
    english = Client().get(widget.get_absolute_url() + "?lang=en").content.decode()
    for words in ("Talk to Anne &amp; Bob", "We are nice.", "Ring me", "Yes, ring me about boats."):
        assert words in english
    french = Client().get(widget.get_absolute_url() + "?lang=fr").content.decode()
    assert "Ring me" not in french
    assert "Rappelez-moi" in french


def test_our_own_words_say_what_the_law_wants_said() -> None:
    """Before and in the consent, that a robot calls; and what is consented to."""
    told = {
        "en": ["talk to a voice robot", "called once", "by a voice robot (an automated system)"],
        "fr": ["parlerez à un robot vocal", "une seule fois", "robot vocal (système automatisé)"],
    }
    told["en"] += ["about this request only", "withdraw", "at any time"]
    told["fr"] += ["cette demande uniquement", "retirer", "à tout moment"]
    for code, words in told.items():
        text = page(make_widget(language=code))
        assert [word for word in words if word not in text] == []


@pytest.mark.parametrize("fields", [{"is_active": False}, {}])
def test_without_an_active_widget_there_is_no_form(fields: dict[str, Any]) -> None:
    path = make_widget(**fields).get_absolute_url() if fields else reverse("public:form", args="x")
    for method in ("get", "post"):
        response = getattr(Client(), method)(path, headers={"Accept-Language": "en"})
        assert response.status_code == 404
        assert "Page not found" in response.content.decode()
        assert "<form" not in response.content.decode()
    response = Client().get(path, headers={"Accept-Language": "fr"})
    assert "Page introuvable" in response.content.decode()


def test_an_accent_colour_that_is_none_does_not_keep_the_form_away() -> None:
    assert Client().get(make_widget(accent_colour="red").get_absolute_url()).status_code == 200


def test_the_form_costs_two_queries_and_then_none_for_a_moment(
    django_assert_num_queries: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And now and then two more, to find out whether the widget is under pressure."""
    for kept in (detection.findings, widget_cache._known):
        monkeypatch.setattr(kept, "seconds", 3600.0)  # longer than this test takes anywhere
    widget = make_widget()
    page(widget)
    widget_cache.forget()
    with django_assert_num_queries(2):
        page(widget)
    with django_assert_num_queries(0):
        page(widget)
