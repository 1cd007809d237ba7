"""What it costs the page and the visitor: bytes, requests, and nothing that jumps."""

import gzip
import re
from typing import Any

import pytest
from django.test import Client

from callbacks.core import clock
from callbacks.models import Widget
from callbacks.widgets import loader
from tests.support.browsers.pages import FORM, box, element, loaded, top_of
from tests.support.browsers.shop import Shop
from tests.support.browsers.start import browser
from tests.support.extra_fields import SUBJECT
from tests.support.factories import make_widget
from tests.support.hours.december import at, widget_with

LOADER_AT_MOST = 4_000  # bytes, by gzip
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


@pytest.mark.django_db
def test_the_form_with_a_week_of_time_slots_is_as_small() -> None:
    """The longest list that stands in the form itself, in the longer language."""
    widget = widget_with(opening_hours="Mo-Su 07:00-22:00", slot_minutes=15, language="fr")
    with clock.set_to(at(1, 6)):
        page = compressed(f"/embed/{widget.public_id}/")
    text = gzip.decompress(page).decode()
    assert text.count("<option") > 7 * 50
    assert text.count("<optgroup") == 7
    parts = re.findall(r'(?:<link rel="stylesheet" href|<script type="module" src)="([^"]+)"', text)
    assert len(parts) + 1 <= REQUESTS_AT_MOST
    assert sum(map(len, [page, *map(compressed, parts)])) <= FORM_AT_MOST


@pytest.mark.django_db
def test_the_form_with_five_long_lists_of_its_own_is_as_small() -> None:
    choices = [
        {"value": f"choice-{n}", "labels": {"fr": f"Choix numéro {n} de la liste"}}
        for n in range(20)
    ]
    fields = [SUBJECT | {"key": f"subject_{n}", "choices": choices} for n in range(5)]
    widget = make_widget(extra_fields=fields, language="fr")
    page = compressed(f"/embed/{widget.public_id}/")
    text = gzip.decompress(page).decode()
    assert text.count("<option") == 5 * 21
    parts = re.findall(r'(?:<link rel="stylesheet" href|<script type="module" src)="([^"]+)"', text)
    assert sum(map(len, [page, *map(compressed, parts)])) <= FORM_AT_MOST


def compressed(address: str) -> bytes:
    response = Client().get(address, headers={"Accept-Encoding": "gzip"})
    assert (response.status_code, response["Content-Encoding"]) == (200, "gzip"), address
    return b"".join(response) if response.streaming else response.content
