"""The pages are cookieless and never stored, and nothing but their own files runs in them."""

import re
from typing import Any

import pytest
from django.http import HttpResponse
from django.test import Client

from callbacks.models import Reason, Status
from tests.support.factories import make_request, make_widget, post_form

pytestmark = pytest.mark.django_db


def every_answer(client: Client) -> dict[str, HttpResponse]:
    widget = make_widget()
    call_request = make_request().get_absolute_url()
    over = make_request(status=Status.FAILED, reason=Reason.TOO_LATE).get_absolute_url()
    foreign = {"Origin": "https://evil.example"}
    return {
        "form": client.get(widget.get_absolute_url()),
        "refused": post_form(client, widget, number=""),
        "expired": post_form(client, widget, form_token=""),
        "taken": post_form(client, widget),
        "too many": post_form(client, widget),
        "foreign": client.post(widget.get_absolute_url(), headers=foreign),
        "unreadable": client.generic(
            "POST", widget.get_absolute_url(), b"x", content_type="multipart/form-data"
        ),
        "no widget": client.get("/w/none/"),
        "status": client.get(call_request),
        "state": client.get(f"{call_request}state/"),
        "over": client.get(over),
        "number": client.get(f"{call_request}number/"),
        "wrong number": client.post(f"{call_request}number/", {"number": "1"}),
        "cancel": client.get(f"{call_request}cancel/"),
        "too late": client.post(f"{over}cancel/"),
        "cancelled": client.post(f"{call_request}cancel/"),
        "no request": client.get("/r/none/"),
        "not allowed": client.put(call_request),
    }


def test_no_cookie_is_set_and_none_is_read() -> None:
    client = Client(headers={"Cookie": "sessionid=abc; csrftoken=def; django_language=en"})
    for name, response in every_answer(client).items():
        assert not response.cookies, name
        assert "Set-Cookie" not in response, name
        assert "Cookie" not in response.get("Vary", ""), name
        assert response.get("Content-Language", "fr") == "fr", name
        call_request: Any = response.wsgi_request  # type: ignore[attr-defined]
        assert not call_request.session.accessed, name
        assert "CSRF_COOKIE" not in call_request.META, name


def test_every_answer_has_the_headers_of_its_kind() -> None:
    for name, response in every_answer(Client()).items():
        assert "no-store" in response["Cache-Control"], name
        policy = response["Content-Security-Policy"]
        assert {part.strip() for part in policy.split(";")} == {
            "default-src 'none'",
            "script-src 'self'",
            "style-src 'self'",
            "img-src 'self'",
            "connect-src 'self'",
            "form-action 'self'",
            "base-uri 'none'",
            "frame-ancestors 'none'",
        }, name
        assert response["X-Frame-Options"] == "DENY", name
        assert response["X-Content-Type-Options"] == "nosniff", name
        assert response["Referrer-Policy"] == "same-origin", name


def test_nothing_stands_in_a_page_that_its_policy_forbids() -> None:
    for name, response in every_answer(Client()).items():
        text = response.content.decode()
        assert "<style" not in text, name
        assert not re.search(r"\s(style|on\w+)=", text), name
        assert all("src=" in tag for tag in re.findall(r"<script[^>]*>", text)), name
        outside = re.findall(r'(?:src|href|action)="(https?:[^"]*|//[^"]*)"', text)
        assert all(address.startswith("http://testserver/") for address in outside), name


def test_statuses_are_what_machines_expect() -> None:
    statuses = {name: response.status_code for name, response in every_answer(Client()).items()}
    assert statuses == {
        "form": 200,
        "refused": 422,
        "expired": 422,
        "taken": 303,
        "too many": 429,
        "foreign": 403,
        "unreadable": 400,
        "no widget": 404,
        "status": 200,
        "state": 200,
        "over": 200,
        "number": 200,
        "wrong number": 422,
        "cancel": 200,
        "too late": 409,
        "cancelled": 303,
        "no request": 404,
        "not allowed": 405,
    }
