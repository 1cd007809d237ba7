"""Hosts that go wrong, or mean harm: the link stays a link, and nobody is believed or told."""

import re
from typing import Any

import pytest
from django.urls import reverse

from callbacks.models import CallRequest, Widget
from callbacks.widgets import loader, snippets
from tests.support.browsers.pages import FORM, LOADED, box, element, frames, inside, loaded, told
from tests.support.browsers.shop import Shop
from tests.support.browsers.start import NAMES, browser
from tests.support.browsers.window import Browser
from tests.support.factories import make_widget

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
        window.js("window.warned = []; console.warn = (text) => window.warned.push(text)")
        window.click("call-me-back a")
        window.wait(f"return {box()}?.className === 'box wait'")
        # The browser's own page about the refusal is never seen.
        assert window.js(f"return getComputedStyle({inside('iframe')}).visibility") == "hidden"
        window.wait(f"return {box()}.className === 'box away'")
        (warning,) = window.js("return window.warned")
        assert f"Add {shop.url} to the allowed sites of {stranger.public_id}" in warning
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
            news = "status: 'called', event: 'called', height: 9"
            forged = f"{{callmeback: 1, type: '{kind}', {news}}}"
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


LOADERS = {
    "as it is meant": '<script async src="{site}/embed/v1.js"></script>',
    "module": '<script type="module" src="{site}/embed/v1.js"></script>',
    "copied to the site's own host": '<script async src="/cached.js"></script>',
    "merged with another": '<script defer src="/merged.js"></script>',
    "inlined": "<script>{content}</script>",
    "evaluated": "<script>fetch('/cached.js').then((r) => r.text()).then((t) => eval(t))</script>",
}
EVIL = "http://evil.localhost:9"
TRAPS = [
    "",
    f'<img name="currentScript" src="{EVIL}/x.js" alt="">',
    f'<form name="currentScript"><input name="src" value="{EVIL}/x.js"></form>',
    '<iframe name="currentScript"></iframe>',
    '<img name="currentScript"><img name="currentScript">',
    f'<base href="{EVIL}">',
    f'<a id="CallMeBack" name="origin" href="{EVIL}"></a><a id="CallMeBack" name="q"></a>',
    f'<script type="text/plain" data-origin="{EVIL}" src="{EVIL}/embed/v1.js"></script>',
]


@pytest.mark.parametrize("name", NAMES)
def test_whatever_became_of_the_script_the_frame_comes_from_us_and_only_we_are_told(
    name: str, site: str, shop: Shop, widget: Widget
) -> None:
    """Nothing on the page can say where that is: neither a link nor what stands for the script."""
    shop.headers = {}
    content = loader.script(loader.LOADER).content.decode()
    shop.pages["/cached.js"] = content
    shop.pages["/merged.js"] = f"window.other = 1;{content};window.another = 1"
    evil = element(EVIL, widget)
    with browser(name) as window:
        for number, head in enumerate(LOADERS.values()):
            head = head.format(site=site, content=content)
            loaded(window, shop.page(f"/moved-{number}", evil, head=head))
            only_we_are_told(window, site)


def test_markup_in_the_place_of_the_script_changes_nothing(
    site: str, shop: Shop, widget: Widget
) -> None:
    shop.headers = {}
    loader = LOADERS["as it is meant"].format(site=site)
    evil = element(EVIL, widget, f'origin="{EVIL}" data-origin="{EVIL}" src="{EVIL}"')
    with browser("chromium") as window:
        for number, trap in enumerate(TRAPS):
            loaded(window, shop.page(f"/trap-{number}", evil, head=trap + loader))
            only_we_are_told(window, site)


def only_we_are_told(window: Browser, site: str) -> None:
    """Opens the first widget: its frame is ours, and gets the identity that the page has passed."""
    signed = "identity: { number: '+33612345678', expires: 1, signature: 'f00d' }"
    window.js(f"CallMeBack('prefill', {{ {signed} }})")
    assert window.js("return typeof CallMeBack") == "function"
    window.click("call-me-back a")
    window.until(lambda: frames(window) == 1, "the frame")
    assert window.js(f"return {inside('iframe')}.src").startswith(f"{site}/embed/")
    window.wait(FORM, 0)
    assert next_message(window)["prefill"]["identity"]["signature"] == "f00d"


def test_secrets_in_the_pages_addresses_stay_in_the_page(
    site: str, shop: Shop, widget: Widget
) -> None:
    """Also where the site has its browsers tell whole addresses to everybody."""
    shop.headers |= {"Referrer-Policy": "unsafe-url"}
    before = shop.page("/before", "") + "?cart=S3CRET&utm_campaign=spring#S3CRET"
    url = shop.page("/boats", element(site, widget))
    with browser("chromium") as window:
        window.open(before)
        window.js(
            f"location.href = '{url}?session=S3CRET&utm_source=news&id=7#access_token=S3CRET'"
        )
        window.wait("return location.pathname === '/boats'")
        window.wait(LOADED)
        window.click("call-me-back a")
        window.wait(FORM, 0)
        message = next_message(window)
        assert "S3CRET" not in str(message)
        assert message["page"] == {
            "url": f"{url}?utm_source=news",
            "title": "Boats & more",
            "referrer": f"{shop.url}/before?utm_campaign=spring",
        }
        assert window.js("return document.referrer", 0) == f"{shop.url}/"
        for address, kept in {
            "/boats?utm_source=news&utm_medium=mail&x=1": "/boats?utm_source=news&utm_medium=mail",
            "/boats?x=1&&utm_term=a%20b#utm_id=1": "/boats?utm_term=a%20b",
            "/boats?xutm_source=1&utm_=1&utm_A=1&UTM_B=1&utm_source": "/boats",
            "/boats?back=/x?utm_source=news#a": "/boats",
            "/a&b=1/utm_source=1": "/a&b=1/utm_source=1",
        }.items():
            window.js(f"history.replaceState(null, '', '{address}')")
            assert next_message(window)["page"]["url"] == shop.url + kept


def test_of_a_pages_address_only_utm_and_what_the_line_names_leaves_the_page(
    site: str, shop: Shop, widget: Widget
) -> None:
    widget.campaign_names = ["gclid", "li-fat"]
    widget.save()
    url = shop.page("/boats", str(snippets.unpinned(widget).element))
    with browser("chromium") as window:
        loaded(window, url)
        window.click("call-me-back a")
        window.wait(FORM, 0)
        for address, kept in {
            "/boats?gclid=A1&session=S3CRET&utm_source=news": "/boats?gclid=A1&utm_source=news",
            "/boats?li-fat=1&fat=1&li=1": "/boats?li-fat=1",
            "/boats?gclid&=S3CRET&xgclid=1&GCLID=1&gcl%69d=1": "/boats?gclid",
            "/boats?gclid%20li-fat=S3CRET&%20=S3CRET": "/boats",
            "/boats?back=/x?gclid=1#gclid=2": "/boats",
        }.items():
            window.js(f"history.replaceState(null, '', '{address}')")
            assert next_message(window)["page"]["url"] == shop.url + kept
        window.js("document.querySelector('call-me-back').removeAttribute('campaign')")
        window.js("history.replaceState(null, '', '/boats?gclid=A1&=S3CRET')")
        assert next_message(window)["page"]["url"] == f"{shop.url}/boats"


def test_what_a_page_adds_to_every_object_is_not_taken_for_ours(
    site: str, shop: Shop, widget: Widget
) -> None:
    with browser("chromium") as window:
        loaded(window, shop.page("/inherited", element(site, widget)))
        window.js("Object.prototype.srcdoc = '<p>not ours'")
        window.hover("call-me-back a")
        window.until(lambda: frames(window) == 1, "the frame")
        assert not window.js(f"return {box()}.querySelector('iframe').hasAttribute('srcdoc')")


def next_message(window: Browser) -> Any:
    """Makes the loader speak to the first widget's frame once more: what it says there."""
    listen = "addEventListener('message', ({ data }) => { window.heard = data })"
    window.js(f"window.heard = null; {listen}", 0)
    window.js("CallMeBack('prefill', {})")
    return window.wait("return window.heard", 0)


@pytest.mark.parametrize("name", ["chromium"])
def test_a_page_that_shares_nothing_can_show_it(
    name: str, site: str, shop: Shop, widget: Widget
) -> None:
    """Isolated from other origins (COEP), with the pinned loader, its digest and CORS (SRI)."""
    shop.headers |= {
        "Cross-Origin-Embedder-Policy": "require-corp",
        "Cross-Origin-Opener-Policy": "same-origin",
        "Permissions-Policy": "cross-origin-isolated=(self)",
    }
    made = snippets.pinned(widget)
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
