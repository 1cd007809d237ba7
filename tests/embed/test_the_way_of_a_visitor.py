"""From the link on somebody else's page to the call: in every browser, with cookies or without,
under the strict policy.
"""

import pytest

from callbacks.models import CallRequest, Status, Widget
from tests.support.browsers.pages import FORM, box, element, frames, loaded, told, top_of
from tests.support.browsers.shop import Shop
from tests.support.browsers.start import NAMES, browser
from tests.support.browsers.window import Browser

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

IS_OPEN = f"return Boolean({box()}?.open)"


@pytest.mark.parametrize("cookies", [False, True], ids=["cookies refused", "cookies allowed"])
@pytest.mark.parametrize("name", NAMES)
def test_a_visitor_asks_for_a_call(
    name: str, cookies: bool, site: str, shop: Shop, widget: Widget
) -> None:
    url = shop.page("/boats", element(site, widget))
    with browser(name, cookies=cookies) as window:
        loaded(window, f"{url}?utm_source=news&session=secret#part")
        nothing_before_intent(window, site)
        opened_and_closed(window)
        asked(window, widget)
        followed(window)
        nothing_stored(window)
        assert shop.stopped == []


def nothing_before_intent(window: Browser, site: str) -> None:
    assert frames(window) == 0
    loaded_from = window.js("return performance.getEntriesByType('resource').map((e) => e.name)")
    assert [url for url in loaded_from if url.startswith(site)] == [f"{site}/embed/v1.js"]
    before = window.js(top_of("#after"))
    window.hover("call-me-back a")
    window.until(lambda: frames(window) == 1, "the frame")
    assert not window.js(IS_OPEN)
    assert window.js(top_of("#after")) == before


def opened_and_closed(window: Browser) -> None:
    window.click("call-me-back a")
    window.wait(IS_OPEN)
    window.wait(FORM, 0)
    focus = "document.querySelector('call-me-back').shadowRoot.activeElement?.localName"
    window.wait(f"return {focus} === 'iframe'")
    window.wait("return document.hasFocus()", 0)
    fits(window)
    window.js("document.getElementById('number').focus()", 0)
    window.escape(0)
    window.wait(f"return !{box()}.open")
    assert window.js("return document.activeElement.localName") == "a"
    window.until(lambda: told(window) == ["open", "closed"], "closed")


def fits(window: Browser) -> None:
    """The frame is as high as what is in it, and stays so."""
    heights = "[innerHeight, document.body.getBoundingClientRect().height]"
    fit = f"const [out, inside] = {heights}; return out > 0 && inside <= out && out < inside + 1"
    window.wait(fit, 0)
    before = window.js(f"return {heights}", 0)
    two_frames = "requestAnimationFrame(() => requestAnimationFrame(() => { window.painted = 1 }))"
    window.js(f"window.painted = 0; {two_frames}", 0)
    window.wait("return window.painted", 0)
    assert window.js(f"return {heights}", 0) == before


def asked(window: Browser, widget: Widget) -> None:
    window.click("call-me-back a")
    window.wait(IS_OPEN)
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
    assert request.campaign == {"utm_source": "news"}
    window.until(lambda: told(window) == ["open", "closed", "open", "submitted"], "submitted")


def followed(window: Browser) -> None:
    """The news come by themselves, announced, with the number in full: its owner sent the form."""
    assert CallRequest.objects.update(status=Status.CALLING) == 1
    news = "return document.querySelector('[role=status]').innerText"
    window.until(
        lambda: "calling +33 6 12 34 56 78 now" in window.js(news, 0).replace("\u00a0", " "),
        "the number",
    )
    CallRequest.objects.update(status=Status.CALLED)
    window.until(lambda: "should ring" in window.js(news, 0), "the call")
    window.until(lambda: told(window)[-1] == "called", "the event")
    fits(window)


def nothing_stored(window: Browser) -> None:
    stored = """
    const kept = [document.cookie];
    try { kept.push(localStorage.length, sessionStorage.length) } catch { kept.push(0, 0) }
    return kept.join()
    """
    assert window.js(stored) == ",0,0"
    assert window.js(stored, 0) == ",0,0"
