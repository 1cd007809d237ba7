"""An address that opens something by itself is a key: it is not written into a log."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from django.urls import URLResolver, get_resolver

from callbacks.core.redaction import HIDDEN, scrub

TOKEN = "cnqvx5-" + "3f0a9c7b1d8e2f4a6b5c"


def addresses(patterns: Any = None, before: str = "/") -> Iterator[str]:
    """Every address of the site that holds a token."""
    for entry in get_resolver().url_patterns if patterns is None else patterns:
        path = before + str(entry.pattern)
        if isinstance(entry, URLResolver):
            yield from addresses(entry.url_patterns, path)
        elif "token>" in path:
            yield path


def test_the_addresses_with_a_token_are_found() -> None:
    found = " ".join(addresses())
    for place in ("/r/", "/admin/password-reset/", "/admin/invitation/"):
        assert place in found


@pytest.mark.parametrize("pattern", [*addresses()])
def test_no_token_of_an_address_is_logged(pattern: str) -> None:
    token = TOKEN.replace("-", "") if pattern.startswith("/r/") else TOKEN
    address = re.sub(r"<[^>]*token>", token, pattern)
    address = re.sub(r"<[^>]+>", "MQ", address)
    for line in (
        address,
        f'GET "https://callback.example.fr{address}" 500',
        f"Not Found: {address}",
    ):
        assert token not in scrub(line)
        assert HIDDEN in scrub(line)
