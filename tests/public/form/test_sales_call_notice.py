"""Where a French number is asked for, the notice stands that the consumer code requires."""

import html
from typing import Any

import pytest
from django.test import Client

from callbacks.models import Widget, WidgetText
from tests.support.factories import make_request, make_widget

pytestmark = pytest.mark.django_db

FRENCH = (
    "Nous ne pouvons vous appeler à des fins commerciales qu’avec votre consentement préalable, "
    "sauf si l’appel concerne l’exécution d’un contrat en cours."
)
ENGLISH = "We may call you for commercial purposes only with your prior consent, unless the call"


def form_of(widget: Widget) -> str:
    return html.unescape(Client().get(widget.get_absolute_url()).content.decode())


def number_page_of(widget: Widget) -> str:
    call_request = make_request(widget=widget, language=widget.language)
    path = f"{call_request.get_absolute_url()}number/"
    return html.unescape(Client().get(path).content.decode())


@pytest.mark.parametrize("page_of", [form_of, number_page_of])
@pytest.mark.parametrize(
    ("fields", "is_shown"),
    [
        ({}, True),
        ({"allowed_regions": ["BE", "RE"]}, True),
        ({"allowed_regions": ["BE", "NC"]}, False),
        ({"shows_sales_call_notice": False}, False),
    ],
)
def test_it_stands_on_both_pages_that_ask_for_a_french_number(
    page_of: Any, fields: dict[str, Any], is_shown: bool
) -> None:
    assert (FRENCH in page_of(make_widget(language="fr", **fields))) is is_shown
    assert (ENGLISH in page_of(make_widget(language="en", **fields))) is is_shown


@pytest.mark.parametrize("page_of", [form_of, number_page_of])
def test_the_owners_own_words_stand_instead(page_of: Any) -> None:
    widget = make_widget(language="en")
    own = WidgetText.objects.create(widget=widget, language="en", sales_call_notice="Only if & so.")
    assert "Only if & so." in page_of(widget)
    assert ENGLISH not in page_of(widget)
    widget.shows_sales_call_notice = False
    widget.save()
    assert own.sales_call_notice not in page_of(widget)
