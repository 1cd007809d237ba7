"""The reference of the API is a page of our own: every operation, no script, no other server."""

import re
from html import unescape
from typing import Any

import pytest
from django.test import Client

from callbacks.models import Scope
from tests.support.api import API
from tests.support.browsers.admin import PHONE, faults, watched
from tests.support.browsers.playwright import chromium

DOCS = f"{API}/docs"


def html(**headers: str) -> str:
    answer = Client(headers=headers).get(DOCS)
    assert answer.status_code == 200
    assert answer.headers["Content-Type"].startswith("text/html")
    assert not answer.cookies
    return answer.content.decode()


@pytest.mark.long
@pytest.mark.django_db
def test_it_shows_every_operation_with_who_may_use_it() -> None:
    text = html()
    document = Client().get(f"{API}/openapi.json").json()
    shown = re.findall(r"<code><b>(\w+)</b> ([^<]+)</code>", text)
    assert set(shown) == {
        (method.upper(), path) for path, methods in document["paths"].items() for method in methods
    }
    for scope in Scope:
        if scope is not Scope.NUMBERS:
            assert f"an API key with the scope {scope.value}" in text
    for name, schema in document["components"]["schemas"].items():
        if not name.endswith("Filters"):
            assert f'id="{name}"' in text
            for field in schema.get("properties", {}):
                assert f"<code>{field}</code>" in text
    for path in document["paths"].values():
        for operation in path.values():
            assert operation["summary"] in unescape(text)


@pytest.mark.django_db
def test_every_link_leads_somewhere_and_nothing_is_loaded_from_elsewhere() -> None:
    text = html()
    anchors = set(re.findall(r'id="([^"]+)"', text))
    links = re.findall(r'href="#([^"]+)"', text)
    assert len(links) > 50
    assert set(links) <= anchors
    assert len(anchors) == len(re.findall(r'id="([^"]+)"', text))
    assert "<script" not in text
    assert "style=" not in text
    others = re.findall(r'(?:href|src)="([^#"][^"]*)"', text)
    assert all(other.startswith("/static/") or other == "openapi.json" for other in others)


@pytest.mark.django_db
def test_it_is_in_the_language_of_its_reader() -> None:
    text = html(**{"accept-language": "fr"})
    assert '<html lang="fr">' in text
    assert "Référence de l’API" in text
    assert '<html lang="en">' in html(**{"accept-language": "en"})


@pytest.mark.browser
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_is_sound_in_a_browser(live_server: Any, scheme: Any) -> None:
    context = chromium().new_context(locale="en", base_url=live_server.url, color_scheme=scheme)
    page = watched(context.new_page())
    trouble: list[str] = []
    page.on("console", lambda message: trouble.append(message.text))
    page.goto(DOCS)
    assert faults(page) == []
    page.set_viewport_size(PHONE)
    assert faults(page) == []
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    assert trouble == []
    context.close()
