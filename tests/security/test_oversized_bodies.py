"""What is too large is refused before it is read, on every route, and says so."""

from io import BytesIO
from typing import Any

import pytest
from django.test import Client
from django.utils import translation
from pytest_django import Settings

from tests.support.samples.addresses import check, every_address

pytestmark = [pytest.mark.django_db, pytest.mark.thorough]


class Unread(BytesIO):
    def read(self, *sizes: Any) -> bytes:
        raise AssertionError("it was read")

    readline = read


@pytest.mark.parametrize("content_type", ["multipart/form-data; boundary=x", "text/plain"])
@pytest.mark.parametrize("length", [6 * 1024 * 1024 + 1, 10**30])
def test_every_route(settings: Settings, content_type: str, length: int) -> None:
    settings.SECURE_HSTS_SECONDS = 365 * 24 * 3600
    # With a cookie as anybody can make one up, so that the body would be looked into for the token.
    client = Client(enforce_csrf_checks=True, headers={"Cookie": f"csrftoken={'a' * 32}"})
    for address in every_address():
        response = client.post(
            address,
            secure=True,
            content_type=content_type,
            **{"wsgi.input": Unread(), "CONTENT_LENGTH": str(length)},  # type: ignore[arg-type]
        )
        assert response.status_code == 400, address
        assert "lire" in response.content.decode()
        check(response, f"post {address}")


@pytest.mark.parametrize(
    ("code", "words"), [("fr", "lire votre formulaire"), ("en", "read your form")]
)
@pytest.mark.parametrize("before", ["fr", "en"])
def test_the_page_is_in_the_visitors_language(code: str, words: str, before: str) -> None:
    """And not in that of whoever this thread answered last."""
    client = Client(headers={"Accept-Language": code})
    with translation.override(before):
        response = client.post("/w/nothing/", CONTENT_LENGTH=str(10**9))
    assert response.status_code == 400
    assert words in response.content.decode()


@pytest.mark.parametrize("length", ["-1", "many", "1e9", "²", " "])
def test_a_length_that_is_none_breaks_nothing(length: str) -> None:
    for address in every_address():
        response = Client().post(address, CONTENT_LENGTH=length)
        assert response.status_code < 500, address
