"""What it costs the page and the visitor: bytes, requests, and nothing that jumps."""

import gzip
from typing import Any

import pytest
from django.test import Client

from callbacks.models import Widget
from callbacks.widgets import loader
from tests.support.browsers.pages import FORM, box, element, loaded, top_of
from tests.support.browsers.shop import Shop
from tests.support.browsers.start import browser
from tests.support.factories import make_widget

LOADER_AT_MOST = 3_950  # bytes, by gzip
FORM_AT_MOST = 14_000  # one TCP initial window: 10 segments (RFC 6928)
REQUESTS_AT_MOST = 3


def test_the_loader_is_small() -> None:
    response = Client().get("/embed/v1.js", headers={"Accept-Encoding": "gzip"})
    assert response["Content-Encoding"] == "gzip"
    assert gzip.decompress(response.content) == loader.script(loader.LOADER).content
    assert len(response.content) <= LOADER_AT_MOST


@pytest.mark.browser
@pytest.mark.django_db(transaction=True)
def test_the_form_is_small_and_nothing_jumps(site: str, shop: Shop) -> None:
    """Neither before a click nor when the answers come late. What a click itself moves is meant,
    so for the panel in the page what counts is what moves after that.
    """
    widget: Widget = make_widget(allowed_origins=[shop.url], accent_colour="#0f766e")
    content = element(site, widget, 'mode="floating"') + element(site, widget, 'mode="inline"')
    url = shop.page("/boats", content)
    with browser("chromium") as window:
        window.page.set_viewport_size({"width": 1280, "height": 900})  # the dialog fits whole
        window.page.add_init_script(SHIFTS)
        loaded(window, url)
        held: list[Any] = []
        window.page.route(f"{site}/embed/*/**", lambda route: held.append(route))
        window.page.click("call-me-back .float")
        window.wait(f"return {box(0)}.open")
        released(window, held)
        window.wait(FORM, 0)
        window.until(lambda: fits(window, 0), "the height")
        window.until(lambda: len(window.js(WEIGHT, 0)) >= REQUESTS_AT_MOST, "all of it")
        resources = window.js(WEIGHT, 0)
        assert window.js("return window.shifted") == 0
        window.page.keyboard.press("Escape")

        window.page.click("call-me-back >> nth=1")
        window.wait(f"return {box(1)}.hidden === false")
        before = window.js(top_of("#after"))
        released(window, held)
        window.wait(FORM, 1)
        window.until(lambda: fits(window, 1), "the height")
        assert window.js(top_of("#after")) == before
    assert len(resources) == REQUESTS_AT_MOST, resources
    assert 0 < sum(size for _name, size in resources) <= FORM_AT_MOST, resources


def released(window: Any, held: list[Any]) -> None:
    """Lets the frame's request through, so late after the click that a shift counts as one."""
    window.until(lambda: held, "the request of the frame")
    window.js("window.since = performance.now()")
    window.wait("return performance.now() - window.since > 600")
    held.pop().continue_()


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
    heights = "return innerHeight >= document.body.getBoundingClientRect().height"
    return bool(window.js(heights, widget))
