"""Which sites may show a widget."""

import pytest
from django.core.exceptions import ValidationError

from callbacks.core import origins


@pytest.mark.parametrize(
    ("typed", "stored"),
    [
        ("https://www.example.fr", "https://www.example.fr"),
        (" HTTPS://WWW.Example.FR/ ", "https://www.example.fr"),
        ("https://www.example.fr:443", "https://www.example.fr"),
        ("https://www.example.fr:8443", "https://www.example.fr:8443"),
        ("https://*.example.fr", "https://*.example.fr"),
        ("https://café.example", "https://xn--caf-dma.example"),
        ("https://straße.de", "https://xn--strae-oqa.de"),
        ("https://*.STRASSE.de", "https://*.strasse.de"),
        ("https://*.Straße.de", "https://*.xn--strae-oqa.de"),
        ("https://βόλος.com", "https://xn--nxasmm1c.com"),
        ("https://ｅｘａｍｐｌｅ。fr", "https://example.fr"),
        ("http://shop.localhost:8001", "http://shop.localhost:8001"),
        ("http://127.0.0.1:3000", "http://127.0.0.1:3000"),
    ],
)
def test_an_entry_is_stored_in_one_form(typed, stored):
    assert origins.normalised(typed) == stored
    assert origins.normalised(stored) == stored


@pytest.mark.parametrize(
    ("typed", "stored"),
    [
        ("https://shop.example/contact?x=1", "https://shop.example"),
        (" https://shop.example:8443/a#b ", "https://shop.example:8443"),
        ("https://shop.example?x", "https://shop.example"),
        ("shop.example/contact", "https://shop.example"),
        ("https://*.shop.example/", "https://*.shop.example"),
        ("http://shop.localhost:8001/a", "http://shop.localhost:8001"),
    ],
)
def test_the_address_of_a_page_is_taken_as_its_site(typed, stored):
    assert origins.of_page(typed) == stored


@pytest.mark.parametrize(
    "typed",
    ["", "null", "shop", "javascript:alert(1)", "http://shop.example/a", "https:///a", "x y.fr"],
)
def test_an_address_that_names_no_site_is_refused(typed):
    with pytest.raises(ValidationError):
        origins.of_page(typed)


@pytest.mark.parametrize(
    "typed",
    [
        "",
        "www.example.fr",
        "*",
        "https://*",
        "https://*.fr",
        "https://a.*.fr",
        "http://www.example.fr",
        "https://www.example.fr/shop",
        "https://user@www.example.fr",
        "https://www.example.fr?x",
        "https://www.example.fr:99999",
        "https://exa mple.fr",
        "https://é\u200bx\u2028.fr",
        "https://" + "é" * 200_000 + ".fr",
        "https://example.fr; script-src *",
        "https://example.fr,https://b.fr",
        "javascript:alert(1)",
        "null",
        "https://" + "a" * 300 + ".fr",
    ],
)
def test_what_is_no_site_is_refused(typed):
    with pytest.raises(ValidationError):
        origins.normalised(typed)


@pytest.mark.parametrize(
    ("entries", "origin", "allowed"),
    [
        (["https://www.example.fr"], "https://www.example.fr", True),
        (["https://www.example.fr"], "https://example.fr", False),
        (["https://www.example.fr"], "http://www.example.fr", False),
        (["https://www.example.fr"], "https://www.example.fr:8443", False),
        (["https://*.example.fr"], "https://shop.example.fr", True),
        (["https://*.example.fr"], "https://a.b.example.fr", True),
        (["https://*.example.fr"], "https://example.fr", False),
        (["https://*.example.fr"], "https://evilexample.fr", False),
        (["https://*.example.fr"], "https://shop.example.fr:8443", False),
        (["https://*.example.fr:8443"], "https://shop.example.fr:8443", True),
        ([], "https://www.example.fr", False),
        (["https://www.example.fr"], "null", False),
        (["https://www.example.fr"], "", False),
    ],
)
def test_who_may_show_it(entries, origin, allowed):
    assert origins.allows(entries, origin) is allowed


def test_nobody_may_when_nobody_is_listed():
    assert origins.frame_ancestors([]) == ["'none'"]


@pytest.mark.parametrize(
    "value", ["https://a.fr", [1], ["https://A.fr"], ["https://a.fr"] * 2, ["https://a.fr"] * 101]
)
def test_a_list_is_checked_whole(value):
    with pytest.raises(ValidationError):
        origins.check(value)
