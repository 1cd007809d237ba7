"""What it costs the page and the visitor: bytes, requests, and nothing that jumps."""

import gzip
from typing import Any

import pytest
from django.test import Client

from callbacks.models import Widget
from callbacks.public import scripts
from tests.embed.browsers import browser
from tests.embed.pages import FORM, element, loaded
from tests.embed.shop import Shop
from tests.factories import make_widget

LOADER_AT_MOST = 3_000  # bytes, by gzip
FORM_AT_MOST = 14_000  # one TCP initial window: 10 segments (RFC 6928)
REQUESTS_AT_MOST = 3


def test_the_loader_is_small() -> None:
    response = Client().get("/embed/v1.js", headers={"Accept-Encoding": "gzip"})
    assert response["Content-Encoding"] == "gzip"
    assert gzip.decompress(response.content) == scripts.script(scripts.LOADER).content
    assert len(response.content) <= LOADER_AT_MOST


@pytest.mark.browser
@pytest.mark.django_db(transaction=True)
def test_the_form_is_small_and_nothing_jumps(site: str, shop: Shop) -> None:
    """As the browser counts it, with the answers' headers."""
    widget: Widget = make_widget(allowed_origins=[shop.url], accent_colour="#0f766e")
    content = element(site, widget, 'mode="floating"') + element(site, widget, 'mode="inline"')
    url = shop.page("/boats", content)
    with browser("chromium") as window:
        session = window.page.context.new_cdp_session(window.page)
        session.send("Network.enable")
        sizes: dict[str, int] = {}
        urls: dict[str, str] = {}
        session.on(
            "Network.responseReceived",
            lambda e: urls.update({e["requestId"]: e["response"]["url"]}),
        )
        session.on(
            "Network.loadingFinished",
            lambda e: sizes.update({e["requestId"]: e["encodedDataLength"]}),
        )
        window.page.add_init_script(SHIFTS)
        loaded(window, url)
        for position, css in enumerate(("call-me-back .float", "call-me-back >> nth=1")):
            window.page.click(css)
            window.wait(FORM, position)
            window.until(lambda n=position: fits(window, n), "the height")
            window.page.keyboard.press("Escape")
        resources = window.js(WEIGHT, 0)
        assert window.js("return window.shifted") == 0
    assert len(resources) == REQUESTS_AT_MOST, resources
    assert sum(size for _name, size in resources) <= FORM_AT_MOST, resources


SHIFTS = """
window.shifted = 0;
new PerformanceObserver((list) => {
  for (const shift of list.getEntries()) if (!shift.hadRecentInput) window.shifted += shift.value;
}).observe({ type: "layout-shift", buffered: true });
"""
WEIGHT = """
const all = ["navigation", "resource"].flatMap((type) => performance.getEntriesByType(type));
return all.map((entry) => [entry.name, entry.transferSize || entry.encodedBodySize]);
"""


def fits(window: Any, widget: int) -> bool:
    heights = "return Math.abs(innerHeight - document.body.getBoundingClientRect().height) < 1"
    return bool(window.js(heights, widget))
