"""The guides for a tag manager and for an app's web view: their examples, run in a browser."""

import json
import re
from typing import Any

import pytest

from callbacks.models import CallRequest, Status, Widget
from tests.support.browsers.pages import DOCS, LOADED, box
from tests.support.browsers.shop import Shop
from tests.support.browsers.start import browser
from tests.support.browsers.window import Browser

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

# What a tag manager does with a tag: it adds its elements, and runs its scripts.
TAG = """
const holder = document.createElement("div");
holder.innerHTML = TAG;
for (const old of holder.querySelectorAll("script")) {
  const script = document.createElement("script");
  script.textContent = old.textContent;
  old.replaceWith(script);
}
document.body.append(...holder.childNodes);
"""


def guide(heading: str, site: str, widget: Widget) -> str:
    """Return the HTML of the guide under this heading, for a widget of this site."""
    part = DOCS.split(f"\n### {heading}\n")[1].split("\n## ")[0]
    found = re.search(r"```html\n(.*?)```", part, re.DOTALL)
    assert found
    text = found[1].replace("https://callback.example.fr", site)
    return text.replace("WIDGET", widget.public_id)


def sent(window: Browser) -> None:
    """Send the form in the first widget's frame."""
    window.wait("return Boolean(document.querySelector('[name=page_url]'))", 0)
    window.type("#number", "06 12 34 56 78", 0)
    window.type("#email", "jo@example.fr", 0)
    window.click("#consent", 0)
    window.click("form button", 0)
    window.wait("return Boolean(document.querySelector('main[data-status=queued]'))", 0)


def test_a_tag_manager_adds_the_button_once_and_the_data_layer_hears(
    site: str, shop: Shop, widget: Widget
) -> None:
    shop.headers = {}  # a site with a tag manager has a policy that lets it run scripts
    tag = TAG.replace("TAG", json.dumps(guide("Google Tag Manager", site, widget)))
    with browser("chromium") as window:
        window.open(shop.page("/tags", "", head=""))
        window.js("window.dataLayer = [{ event: 'gtm.js' }]")
        for _time in range(2):  # on pages of one application, a trigger may fire again
            window.js(tag)
        window.wait(LOADED)
        assert window.js("return document.querySelectorAll('call-me-back').length") == 1
        window.click_on("document.querySelector('call-me-back').shadowRoot.querySelector('.float')")
        window.wait(f"return {box()}?.open")
        sent(window)
        CallRequest.objects.update(status=Status.FAILED)
        pushed = [{"event": "gtm.js"}] + [
            {"event": f"callmeback_{name}", "callmeback_widget": widget.public_id}
            for name in ("open", "submitted", "failed")
        ]
        window.until(lambda: window.js("return window.dataLayer") == pushed, "the events")
        assert window.errors == []


@pytest.mark.parametrize("bridge", ["callmeback", "webkit"])
def test_a_page_in_a_web_view_shows_the_form_and_tells_the_app(
    bridge: str, site: str, shop: Shop, widget: Widget
) -> None:
    """In a browser, with stand-ins for what Android and iOS give to the page."""
    shop.headers = {}
    shop.pages["/app"] = guide("In an app's web view", site, widget)
    receiver = "{ postMessage: (text) => { window.got.push(text) } }"
    objects = {
        "callmeback": f"window.callmeback = {receiver}",
        "webkit": f"window.webkit = {{ messageHandlers: {{ callmeback: {receiver} }} }}",
    }
    with browser("chromium") as window:
        window.page.add_init_script(f"window.got = []; {objects[bridge]}")
        window.page.set_viewport_size({"width": 390, "height": 844})
        window.open(f"{shop.url}/app")
        sent(window)
        CallRequest.objects.update(status=Status.CALLED)
        told: list[Any] = [
            {"event": name, "widget": widget.public_id} for name in ("submitted", "called")
        ]
        window.until(
            lambda: [json.loads(text) for text in window.js("return window.got")] == told,
            "the messages",
        )
        assert window.js("return document.documentElement.scrollWidth") == 390
        assert window.errors == []
