"""The site's own error pages are friendly, in the visitor's language, and name nobody."""

from typing import Any

import pytest
from django.http import HttpRequest
from django.template.loader import render_to_string
from django.test import Client
from django.views import defaults

from tests.support.factories import make_widget


@pytest.mark.parametrize(("code", "words"), [("en", "Page not found"), ("fr", "Page introuvable")])
def test_a_page_that_does_not_exist(code: str, words: str) -> None:
    response = Client().get("/nothing/0612345678/", headers={"Accept-Language": code})
    text = response.content.decode()
    assert response.status_code == 404
    assert f'<html lang="{code}">' in text
    assert words in text
    assert "0612345678" not in text
    assert not response.cookies


@pytest.mark.django_db
def test_a_fault_of_ours_shows_nothing_of_it(monkeypatch: pytest.MonkeyPatch) -> None:
    def fault(*args: Any, **kwargs: Any) -> None:
        raise RuntimeError("jo@example.fr")

    path = make_widget().get_absolute_url()
    monkeypatch.setattr("callbacks.widgets.texts.completed", fault)
    response = Client(raise_request_exception=False).get(path, headers={"Accept-Language": "en"})
    text = response.content.decode()
    assert response.status_code == 500
    assert "there is a problem with the service" in text
    assert "jo@example.fr" not in text
    assert "RuntimeError" not in text


def test_an_unknown_host_gets_a_page_too() -> None:
    response = Client().get("/w/x/", headers={"Host": "evil.example"})
    assert response.status_code == 400
    assert "<h1>" in response.content.decode()
    assert "evil.example" not in response.content.decode()


@pytest.mark.parametrize("name", ["400", "403", "404", "500"])
def test_none_needs_anything_to_be_rendered(name: str) -> None:
    assert "<h1>" in render_to_string(f"{name}.html")


def test_what_is_not_allowed() -> None:
    response = defaults.permission_denied(HttpRequest(), Exception("jo@example.fr"))
    assert response.status_code == 403
    assert "jo@example.fr" not in response.content.decode()
