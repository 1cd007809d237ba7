"""Hosts that go wrong, or mean harm: the link stays a link, and nobody is believed or told."""

import re

import pytest
from django.urls import reverse

from callbacks.models import CallRequest, Widget
from tests.embed.browsers import NAMES, browser
from tests.embed.pages import FORM, box, element, frames, loaded, told
from tests.embed.shop import Shop
from tests.factories import make_widget

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.mark.parametrize("name", NAMES)
def test_without_scripts_the_link_leads_to_the_form(
    name: str, site: str, shop: Shop, widget: Widget
) -> None:
    """And a frame that somebody wrote by hand works by itself."""
    frame = f'<iframe title="x" src="{site}/embed/{widget.public_id}/?lang=en"></iframe>'
    link = shop.page("/link", element(site, widget))
    framed = shop.page("/frame", frame)
    with browser(name, scripts=False) as window:
        window.open(link)
        window.click("call-me-back a")
        window.until(lambda: window.url() == site + widget.get_absolute_url(), "the form")
        window.open(framed)
        window.send_form_in_frame("06 12 34 56 78", "jo@example.fr")
        window.until(lambda: CallRequest.objects.count() == 1, "the request")
        assert CallRequest.objects.get().page_url == f"{shop.url}/"


@pytest.mark.parametrize("name", NAMES)
def test_a_site_that_is_not_listed_is_left_with_its_link(name: str, site: str, shop: Shop) -> None:
    stranger = make_widget(allowed_origins=["https://www.example.fr"])
    url = shop.page("/stranger", element(site, stranger))
    with browser(name) as window:
        loaded(window, url)
        window.click("call-me-back a")
        window.wait(f"return {box()}.className === 'box away'")
        link = f"{box()}.querySelector('a')"
        assert window.js(f"return {link}.href") == site + stranger.get_absolute_url()
        assert window.js(f"return {link}.getBoundingClientRect().height > 0")
        window.js(f"{box()}.querySelector('button').click()")
        # Known to be away, the link is followed.
        window.click("call-me-back a")
        window.until(lambda: window.url() == site + stranger.get_absolute_url(), "the form")


@pytest.mark.parametrize("name", ["chromium"])
def test_nobody_else_is_believed(name: str, site: str, shop: Shop, widget: Widget) -> None:
    """Neither the page's other windows by the loader, nor anybody but the page by the frame."""
    shop.headers = {}
    other = element(site, make_widget(allowed_origins=[shop.url]), 'mode="inline"')
    frame = '<iframe title="x" src="/other"></iframe>'
    url = shop.page("/forged", element(site, widget) + other + frame)
    shop.page("/other", "", head="")
    with browser(name) as window:
        loaded(window, url)
        window.click("call-me-back a")
        window.wait(FORM, 0)
        window.until(lambda: told(window) == ["open"], "open")
        for kind in ("close", "status", "height"):
            forged = f"{{callmeback: 1, type: '{kind}', status: 'called', height: 9}}"
            window.js(f"frames[0].eval(`top.postMessage({forged}, '*')`)")
        # From the page itself to itself, and into the frame from a window that is not its parent.
        window.js("postMessage({ callmeback: 1, type: 'close' }, '*')")
        into = f"{box()}.querySelector('iframe').contentWindow"
        window.js(
            f"window.victim = {into}; frames[0].eval(`top.victim.postMessage({{callmeback: 1, "
            "type: 'hello', page: {}, prefill: {number: '666'}}, '*')`)"
        )
        # From our own origin, but another widget's frame.
        window.js(
            "document.querySelectorAll('call-me-back')[1].dispatchEvent(new Event('focusin'))"
        )
        window.wait(FORM, 1)
        window.js("parent.postMessage({ callmeback: 1, type: 'close' }, '*')", 1)
        # A version that is none, and no message at all.
        window.js(f"{into}.postMessage({{ callmeback: 9, type: 'hello' }}, '{site}')")
        window.js(f"{into}.postMessage(null, '{site}')")
        window.js("postMessage(null, '*')")
        window.js("CallMeBack('prefill', { number: '42' })")
        window.wait("return document.getElementById('number').value === '42'", 0)
        assert told(window) == ["open"]
        assert window.js(f"return {box()}.querySelector('iframe').offsetHeight") > 100
        # From the widget's own window, which has gone to another site.
        window.js(f"location.href = '{shop.url}/other'", 0)
        window.wait("return document.title === 'Boats & more'", 0)
        window.js("parent.postMessage({ callmeback: 1, type: 'close' }, '*')", 0)
        window.js("window.heard = 0; addEventListener('message', () => { window.heard = 1 })")
        window.js("parent.postMessage('the last one', '*')", 0)
        window.wait("return window.heard")
        assert told(window) == ["open"]
        assert window.errors == []


@pytest.mark.parametrize("name", ["chromium"])
def test_a_clobbered_document_does_not_choose_the_host(
    name: str, site: str, shop: Shop, widget: Widget
) -> None:
    shop.headers = {}
    head = f'<script src="{site}/embed/v1.js"></script>'
    trap = '<img name="currentScript" src="http://evil.localhost:9/x.js" alt="">'
    url = shop.page("/trap", "", head=trap + head)
    with browser(name) as window:
        window.open(url)
        window.js(f"document.body.innerHTML = `{element(site, widget)}`")
        window.hover("call-me-back a")
        window.until(lambda: frames(window) == 1, "the frame")
        source = window.js(f"return {box()}.querySelector('iframe').src")
        assert source.startswith(f"{site}/embed/")


@pytest.mark.parametrize("name", ["chromium"])
def test_a_page_that_shares_nothing_can_show_it(
    name: str, site: str, shop: Shop, widget: Widget
) -> None:
    """Isolated from other origins (COEP), with the pinned loader, its digest and CORS (SRI)."""
    from callbacks.public import snippet

    shop.headers |= {
        "Cross-Origin-Embedder-Policy": "require-corp",
        "Cross-Origin-Opener-Policy": "same-origin",
        "Permissions-Policy": "cross-origin-isolated=(self)",
    }
    made = snippet.pinned(widget)
    url = shop.page("/isolated", made.element, head=made.script)
    with browser(name) as window:
        loaded(window, url)
        window.click("call-me-back a")
        window.wait(FORM, 0)
        assert shop.stopped == []
    shop.pages["/isolated"] = re.sub(r"sha384-.{8}", "sha384-AAAAAAAA", shop.pages["/isolated"])
    with browser(name) as window:
        window.open(url)
        window.click("call-me-back a")
        window.until(lambda: window.url() == site + widget.get_absolute_url(), "the form")


def test_the_address_of_the_frame_is_the_one_in_the_docs(widget: Widget) -> None:
    assert reverse("embed:form", args=[widget.public_id]) == f"/embed/{widget.public_id}/"
