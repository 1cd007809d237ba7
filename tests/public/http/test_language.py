"""The form speaks the widget's language, or the visitor's; no cookie has a say in it."""

from pathlib import Path

import pytest
from django.test import Client, RequestFactory
from django.utils.translation import trans_real
from hypothesis import given
from hypothesis import strategies as st
from pytest_django import Settings

from callbacks.models import CallRequest, Widget, WidgetText
from callbacks.public.http import language
from tests.support.factories import make_request, make_widget, post_form
from tests.support.forms import form_of


def of_visitor(query: str = "", accepted: str | None = None) -> str:
    headers = {} if accepted is None else {"Accept-Language": accepted}
    return language.of_visitor(RequestFactory().get(f"/?{query}", headers=headers))


@pytest.mark.parametrize(
    ("query", "accepted", "expected"),
    [
        ("", None, "fr"),
        ("", "en", "en"),
        ("", "en-GB,en;q=0.9,fr;q=0.8", "en"),
        ("", "fr-CA,en;q=0.5", "fr"),
        ("", "de,en;q=0.5,fr;q=0.1", "en"),
        ("", "de", "fr"),
        ("", "*", "fr"),
        ("", "en;q=nonsense", "fr"),
        ("lang=en", "fr", "en"),
        ("lang=EN", "fr", "en"),
        ("lang=fr", "en", "fr"),
        ("lang=de", "en", "en"),
        ("lang=../../etc", "en", "en"),
        ("lang=%00", "en", "en"),
        ("lang=" + "e" * 5000, "en", "en"),
    ],
)
def test_what_is_asked_for_comes_before_what_the_browser_accepts(
    query: str, accepted: str | None, expected: str
) -> None:
    assert of_visitor(query, accepted) == expected


@given(st.text(max_size=100), st.text(st.characters(codec="latin-1"), max_size=100))
def test_whatever_comes_it_is_one_of_ours(asked: str, accepted: str) -> None:
    call_request = RequestFactory().get("/", {"lang": asked})
    call_request.META["HTTP_ACCEPT_LANGUAGE"] = accepted
    assert language.of_visitor(call_request) in {"fr", "en"}


def test_the_widgets_language_outranks_the_visitors() -> None:
    call_request = RequestFactory().get("/?lang=en", headers={"Accept-Language": "en"})
    assert language.of_form(call_request, Widget(language="fr")) == "fr"
    assert language.of_form(call_request, Widget(language="")) == "en"


@pytest.mark.django_db
def test_the_page_says_in_which_language_it_is() -> None:
    widget = make_widget()
    page = Client().get(widget.get_absolute_url(), headers={"Accept-Language": "en"})
    assert '<html lang="en">' in page.content.decode()
    assert page["Content-Language"] == "en"
    assert "Accept-Language" in page["Vary"]
    page = Client().get(widget.get_absolute_url(), headers={"Accept-Language": "fr"})
    assert '<html lang="fr">' in page.content.decode()
    assert "Numéro de téléphone" in page.content.decode()


@pytest.mark.django_db
def test_a_language_cookie_has_no_say() -> None:
    client = Client()
    client.cookies["django_language"] = "en"
    page = client.get(make_widget().get_absolute_url())
    assert page["Content-Language"] == "fr"
    assert "Cookie" not in page["Vary"]


@pytest.mark.django_db
def test_a_visitor_can_switch_where_the_widget_has_no_language() -> None:
    path = make_widget().get_absolute_url()
    page = Client().get(path).content.decode()
    assert f'href="{path}?lang=en"' in page
    assert ">English</a>" in page
    page = Client().get(make_widget(language="fr").get_absolute_url()).content.decode()
    assert "?lang=" not in page


@pytest.mark.django_db
def test_the_form_comes_back_in_the_language_in_which_it_was_read() -> None:
    """Also if the browser says something else by then: consent is to the words that were read."""
    widget, client = make_widget(), Client()
    form = form_of(client, widget, headers={"Accept-Language": "en"})
    response = client.post(form.action, form.fields, headers={"Accept-Language": "fr"})
    assert response["Content-Language"] == "en"


@pytest.mark.django_db
def test_the_request_keeps_the_language_and_its_page_speaks_it() -> None:
    widget = make_widget()
    WidgetText.objects.create(widget=widget, language="en", consent="Do call me.")
    client = Client(headers={"Accept-Language": "en"})
    response = post_form(client, widget)
    call_request = CallRequest.objects.get()
    assert (call_request.language, call_request.consent_text) == ("en", "Do call me.")
    page = client.get(response["Location"], headers={"Accept-Language": "fr"})
    assert page["Content-Language"] == "en"


@pytest.mark.django_db
def test_a_request_in_a_language_that_was_dropped_speaks_the_sites() -> None:
    call_request = make_request(language="nl")
    assert Client().get(call_request.get_absolute_url())["Content-Language"] == "fr"


@pytest.mark.django_db
def test_another_language_needs_nothing_but_its_translation(
    settings: Settings, tmp_path: Path
) -> None:
    settings.LANGUAGES = [*settings.LANGUAGES, ("ar", "Arabic")]
    trans_real.get_languages.cache_clear()  # type: ignore[attr-defined]
    trans_real._get_supported_language_variant.cache_clear()  # type: ignore[attr-defined]
    try:
        page = Client().get(make_widget().get_absolute_url() + "?lang=ar").content.decode()
    finally:
        trans_real.get_languages.cache_clear()  # type: ignore[attr-defined]
        trans_real._get_supported_language_variant.cache_clear()  # type: ignore[attr-defined]
    assert '<html lang="ar" dir="rtl">' in page
    assert ">العربيّة</a>" in page
