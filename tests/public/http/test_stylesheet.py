"""One stylesheet a widget, kept for ever under an address that changes with its content."""

import gzip
import re
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.test import Client

from callbacks.models import Widget
from callbacks.public.http import stylesheet
from tests.support.factories import make_request, make_widget, post_form

pytestmark = pytest.mark.django_db

STATIC = Path(settings.BASE_DIR) / "static"


def linked_from(page: Any) -> str:
    (found,) = re.findall(r'rel="stylesheet" href="([^"]+)"', page.content.decode())
    return str(found)


def test_the_page_links_one_that_has_the_owners_colour() -> None:
    widget = make_widget(accent_colour="#0f766e")
    address = linked_from(Client().get(widget.get_absolute_url()))
    response = Client().get(address)
    assert response["Content-Type"] == "text/css; charset=utf-8"
    assert "immutable" in response["Cache-Control"]
    css = response.content.decode()
    assert "--button:#0f766e" in css
    assert css.startswith((STATIC / "public/page.css").read_text())


def test_another_colour_is_another_address() -> None:
    widget = make_widget()
    before = stylesheet.address(widget)
    widget.accent_colour = "#0f766e"
    assert stylesheet.address(widget) != before


def test_what_is_not_current_is_not_kept() -> None:
    """During an upgrade a page of the one version may ask the other for its stylesheet."""
    widget = make_widget(accent_colour="#0f766e")
    response = Client().get(f"/w/{widget.public_id}/style.0123456789ab.css")
    assert response.status_code == 200
    assert "--button:#0f766e" in response.content.decode()
    assert response["Cache-Control"] == "no-cache"


def test_a_request_of_an_inactive_widget_still_has_its_style() -> None:
    call_request = make_request(widget=make_widget(is_active=False))
    address = linked_from(Client().get(call_request.get_absolute_url()))
    assert Client().get(address).status_code == 200


def test_an_unknown_widget_has_none() -> None:
    assert Client().get("/w/none/style.0123456789ab.css").status_code == 404


def test_the_stylesheet_asks_one_query_and_no_cookie(django_assert_num_queries: Any) -> None:
    address = stylesheet.address(make_widget())
    with django_assert_num_queries(1):
        response = Client().get(address)
    assert not response.cookies
    assert "Cookie" not in response["Vary"]


def weight(widget: Widget, page: Any, *scripts: str) -> int:
    """Bytes on the wire for all that the page fetches, the page itself not even compressed."""
    sheet = Client().get(linked_from(page), headers={"Accept-Encoding": "gzip"})
    assert sheet["Content-Encoding"] == "gzip"
    assert page.content.decode().count("<script") == len(scripts)
    files = [gzip.compress((STATIC / "public" / script).read_bytes()) for script in scripts]
    return len(page.content) + len(sheet.content) + sum(len(file) for file in files)


def test_a_page_with_all_it_needs_is_small() -> None:
    widget = make_widget()
    most, of_the_form = 10_000, ("form.js", "email.js")
    assert weight(widget, Client().get(widget.get_absolute_url()), *of_the_form) < most
    assert weight(widget, post_form(Client(), widget, number="", consent=""), *of_the_form) < most
    page = Client().get(make_request(widget=widget).get_absolute_url())
    assert weight(widget, page, "status.js") < most
