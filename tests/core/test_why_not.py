"""Why a site may not show a widget, in a sentence that says what to add."""

import pytest
from django.core.exceptions import ValidationError
from django.utils import translation

from callbacks.core import origins

LIST = ["https://www.example.fr", "https://*.shop.fr", "http://localhost:3000"]


@pytest.mark.parametrize(
    "typed",
    [
        "https://www.example.fr",
        "https://www.example.fr/contact?page=2#top",
        "www.example.fr/contact",
        "HTTPS://WWW.Example.FR:443/",
        "https://a.b.shop.fr",
        "http://localhost:3000/index.html",
    ],
)
def test_nothing_is_said_of_who_may(typed: str) -> None:
    assert origins.why_not(LIST, typed) == ""


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("https://example.fr", "not without www: add https://example.fr"),
        ("https://de.www.example.fr", "not its subdomains: add https://de.www.example.fr"),
        ("https://shop.fr", "covers the subdomains of shop.fr, but not shop.fr itself"),
        ("https://www.example.fr:8443", "with another port: add https://www.example.fr:8443"),
        ("https://localhost:3000", "with another scheme: add https://localhost:3000"),
        ("https://a.shop.fr:444", "with another port"),
        ("https://other.fr", "https://other.fr is not in the list"),
        ("https://evilshop.fr", "https://evilshop.fr is not in the list"),
        ("https://www.example.fr.evil.com", "is not in the list"),
    ],
)
def test_the_sentence_says_what_to_add(typed: str, said: str) -> None:
    with translation.override("en"):
        sentence = origins.why_not(LIST, typed)
    assert said in sentence
    # What the check lets through, and only that, the policy lets through.
    assert not origins.allows(LIST, typed)


def test_an_empty_list_allows_nobody() -> None:
    with translation.override("en"):
        assert "the list is empty" in origins.why_not([], "https://www.example.fr")


@pytest.mark.parametrize(
    "typed",
    ["", "ftp://example.fr", "https://", "https://user@example.fr", "http://example.fr", "a b"],
)
def test_what_is_no_address_is_told(typed: str) -> None:
    with pytest.raises(ValidationError):
        origins.why_not(LIST, typed)
