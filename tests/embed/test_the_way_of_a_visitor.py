"""From the link on somebody else's page to the call: in every browser, with cookies or without."""

from typing import Any

import pytest
from django.urls import reverse

from callbacks.models import CallRequest, Status, Widget
from tests.embed.browsers import NAMES, Browser, browser
from tests.embed.shop import Shop

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

EVENTS = """
window.told = [];
for (const type of ["open", "submitted", "called", "closed"])
  document.addEventListener("callmeback:" + type, (event) =>
    window.told.push(type + " " + (event.detail.widget === "%s") + " " + event.target.localName));
"""
OPEN = "return document.querySelector('call-me-back').shadowRoot.querySelector('dialog')?.open"
FRAMES = "return [...document.querySelectorAll('call-me-back')].filter(e => e.shadowRoot?.querySelector('iframe')).length"


def element(site: str, widget: Widget, attributes: str = "", text: str = "Call me back") -> str:
    link = site + reverse("public:form", args=[widget.public_id])
    return (
        f'<call-me-back widget="{widget.public_id}" {attributes}>'
        f'<a href="{link}">{text}</a></call-me-back>'
    )


def told(window: Browser) -> list[str]:
    return [line.split(" ")[0] for line in window.js("return window.told")]


@pytest.mark.parametrize("cookies", [False, True], ids=["cookies refused", "cookies allowed"])
@pytest.mark.parametrize("name", NAMES)
def test_a_visitor_asks_for_a_call(
    name: str, cookies: bool, site: str, shop: Shop, widget: Widget
) -> None:
    url = shop.page("/boats", element(site, widget))
    with browser(name, cookies=cookies) as window:
        window.open(f"{url}?utm_source=news&session=secret#part")
        window.wait("return Boolean(customElements.get('call-me-back'))")
        window.js(EVENTS % widget.public_id)
        nothing_before_intent(window, site)
        opened_and_closed(window)
        asked(window, widget)
        followed(window)
        nothing_stored(window)
        assert shop.stopped == []


def nothing_before_intent(window: Browser, site: str) -> None:
    assert window.js(FRAMES) == 0
    loaded = window.js("return performance.getEntriesByType('resource').map((e) => e.name)")
    assert [url for url in loaded if url.startswith(site)] == [f"{site}/embed/v1.js"]
    before = window.js("return document.getElementById('after').getBoundingClientRect().top")
    window.hover("call-me-back a")
    window.wait("return Boolean(document.querySelector('call-me-back').shadowRoot.querySelector('iframe'))")
    assert not window.js(OPEN)
    after = window.js("return document.getElementById('after').getBoundingClientRect().top")
    assert before == after


def opened_and_closed(window: Browser) -> None:
    window.click("call-me-back a")
    window.wait(OPEN)
    window.wait("return Boolean(document.querySelector('[name=page_url]'))", 0)
    focus = "document.querySelector('call-me-back').shadowRoot.activeElement?.localName"
    window.wait(f"return {focus} === 'iframe'")
    window.wait("return document.hasFocus()", 0)
    fits(window)
    window.js("document.getElementById('number').focus()", 0)
    window.escape(0)
    window.wait(OPEN.replace("return ", "return !"))
    assert window.js("return document.activeElement.localName") == "a"
    assert told(window) == ["open", "closed"]


def fits(window: Browser) -> None:
    """The frame is as high as what is in it, and stays so."""
    heights = "[innerHeight, document.body.getBoundingClientRect().height]"
    window.wait(f"const [out, inside] = {heights}; return out && out - inside < 1 && inside <= out", 0)
    before = window.js(f"return {heights}", 0)
    window.js("window.settled = 0; requestAnimationFrame(() => requestAnimationFrame(() => window.settled = 1))", 0)
    window.wait("return window.settled", 0)
    assert window.js(f"return {heights}", 0) == before


def asked(window: Browser, widget: Widget) -> None:
    window.click("call-me-back a")
    window.wait(OPEN)
    window.type("#number", "06 12 34 56 78", 0)
    window.type("#email", "jo@example.fr", 0)
    window.click("#consent", 0)
    window.click("form button", 0)
    window.wait("return Boolean(document.querySelector('main[data-status=queued]'))", 0)
    request = CallRequest.objects.get(widget=widget)
    assert request.number == "+33612345678"
    assert request.page_url.startswith("http://shop.localhost")
    assert request.page_url.endswith("/boats?utm_source=news")
    assert request.page_title == "Boats & more"
    assert request.utm == {"utm_source": "news"}
    window.until(lambda: told(window) == ["open", "closed", "open", "submitted"], "submitted")


def followed(window: Browser) -> None:
    """The news come by themselves, announced; the number is masked."""
    moved = CallRequest.objects.update(status=Status.CALLING)
    assert moved == 1
    text = "return document.querySelector('[role=status]').innerText"
    window.until(
        lambda: "Calling +33 6 •• •• •• 78 now" in window.js(text, 0).replace("\u00a0", " "),
        "the masked number",
    )
    CallRequest.objects.update(status=Status.CALLED)
    window.until(lambda: "should ring" in window.js(text, 0), "the call")
    window.until(lambda: told(window)[-1] == "called", "called")
    fits(window)


def nothing_stored(window: Browser) -> None:
    stored = """
    let kept = [document.cookie];
    try { kept.push(localStorage.length, sessionStorage.length) } catch { kept.push(0, 0) }
    return kept.join()
    """
    assert window.js(stored) == ",0,0"
    assert window.js(stored, 0) == ",0,0"


def unused(_: Any) -> None: ...
