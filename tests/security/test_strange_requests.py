"""Requests that say odd things of themselves are refused, with all headers, and never a 500."""

import pytest
from django.test import Client
from django.urls import reverse

from tests.support.factories import make_widget
from tests.support.staff.pages import signed_in

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("charset", ["rot13", "hex", "zlib", "idna", "utf-16", "nonsense", "\x00"])
def test_an_encoding_that_is_no_text_encoding(charset: str) -> None:
    client = Client(raise_request_exception=False)
    kind = f"text/plain; charset={charset}"
    for address in ("/", f"/w/{make_widget().public_id}/", reverse("admin:login")):
        for query in ("?a=1", "?lang=fr&a=%E9"):
            answer = client.generic("GET", address + query, b"", content_type=kind)
            assert answer.status_code < 500
            assert "Content-Security-Policy" in answer.headers


def test_the_name_of_a_script_that_is_too_long_for_a_file() -> None:
    client = Client(raise_request_exception=False)
    answer = client.get(f"/embed/v1.{'a' * 300}.js")
    assert answer.status_code == 404
    assert "Content-Security-Policy" in answer.headers


def test_a_filter_that_no_list_has(admin_user: object) -> None:
    client = signed_in(admin_user)  # type: ignore[arg-type]
    client.raise_request_exception = False
    lists = [
        *("callrequest", "widget", "block", "refusal", "erasure", "consenttext", "auditentry"),
        *("user", "group"),
    ]
    for name in lists:
        app = "auth" if name in {"user", "group"} else "callbacks"
        address = reverse(f"admin:{app}_{name}_changelist")
        for query in (
            "allowed_origins__contains=1",
            "utm__contains=1",
            "id__in=x",
            "is_active__exact=x",
            "e=1",
            "p=x",
            "o=x",
        ):
            answer = client.get(f"{address}?{query}", follow=True)
            assert answer.status_code in {200, 400}, (name, query)
            assert "Content-Security-Policy" in answer.headers
