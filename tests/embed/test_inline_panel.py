"""The form in the page itself: what it may focus, what is scrolled to, and how it is closed."""

import pytest

from callbacks.models import Widget
from tests.support.browsers.pages import FORM, box, element, inside, loaded, told
from tests.support.browsers.shop import Shop
from tests.support.browsers.start import NAMES, browser
from tests.support.browsers.window import Browser

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

FOCUSED = "document.querySelector('call-me-back').shadowRoot.activeElement?.localName"


def panel(window: Browser, site: str, shop: Shop, widget: Widget, attributes: str = "") -> None:
    """A page with a panel below a screenful of other things, and another screenful after it."""
    content = element(site, widget, f'mode="inline" {attributes}')
    loaded(window, shop.page("/inline", content))
    for place in ("#before", "#after"):
        window.js(f"document.querySelector('{place}').style.paddingBottom = '1200px'")


def only_the_button_is_seen(window: Browser) -> bool:
    """Scroll as far as on a phone, whose keyboard leaves only the button to be seen.

    After it has scrolled to a field in the frame, Firefox undoes the next scrolling by a script
    within two frames. Therefore scroll to the top first, and return whether the page stays so.
    """
    window.js("scrollTo(0, 0)")
    window.js(f"scrollTo(0, scrollY + {inside('iframe')}.getBoundingClientRect().bottom - 60)")
    painted = "requestAnimationFrame(() => requestAnimationFrame(done))"
    window.js(f"return new Promise((done) => {painted})")
    return not heading_is_seen(window)


def heading_is_seen(window: Browser) -> bool:
    """Whether the heading in the frame is inside the window of the page."""
    top = window.js(f"return {inside('iframe')}.getBoundingClientRect().top")
    at = window.js("return document.querySelector('h1').getBoundingClientRect().top", 0)
    return bool(0 <= top + at <= window.js("return innerHeight") - 40)


@pytest.mark.parametrize("name", NAMES)
def test_after_sending_the_confirmation_is_scrolled_to_and_focused(
    name: str, site: str, shop: Shop, widget: Widget
) -> None:
    with browser(name) as window:
        panel(window, site, shop, widget)
        window.click("call-me-back a")
        window.wait(FORM, 0)
        window.wait(f"return {box()}.className === 'box'")
        window.js(f"{box()}.scrollIntoView()")
        window.type("#number", "06 12 34 56 78", 0)
        window.type("#email", "jo@example.fr", 0)
        window.click("#consent", 0)
        window.until(lambda: only_the_button_is_seen(window), "the button alone")
        window.js("document.querySelector('form button').click()", 0)
        window.wait("return Boolean(document.querySelector('main[data-status]'))", 0)
        window.wait("return document.activeElement.localName === 'h1'", 0)
        window.until(lambda: heading_is_seen(window), "the confirmation")
        window.until(lambda: "submitted" in told(window), "the event")
        assert window.js(f"return {FOCUSED}") == "iframe"


@pytest.mark.parametrize("name", NAMES)
def test_open_from_the_start_it_is_part_of_the_page(
    name: str, site: str, shop: Shop, widget: Widget
) -> None:
    """Nothing closes it, and it takes the focus from nobody, until the visitor is in it."""
    with browser(name) as window:
        panel(window, site, shop, widget, "open")
        window.wait(f"return {box()}.className === 'box'")
        assert window.js(f"return getComputedStyle({inside('.close')}).display") == "none"
        assert window.js("return document.activeElement.localName") == "body"
        assert window.js("return scrollY") == 0
        # From here on the test is in the frame itself, which WebKit's driver focuses.
        window.js(f"{box()}.scrollIntoView()")
        window.wait(FORM, 0)
        window.click("form button", 0)
        window.wait("return document.activeElement.id === 'problem'", 0)
        window.wait(f"return {FOCUSED} === 'iframe'")
        window.escape(0)
        assert told(window) == []
        assert window.js(f"return {box()}.hidden") is False


def test_one_that_was_opened_can_be_closed(site: str, shop: Shop, widget: Widget) -> None:
    with browser("chromium") as window:
        panel(window, site, shop, widget)
        window.click("call-me-back a")
        window.wait(f"return {box()}.className === 'box'")
        window.click_on(inside(".close"))
        window.wait(f"return {box()}.hidden")
        assert window.js("return document.activeElement.matches('call-me-back a')")
