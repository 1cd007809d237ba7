"""Our frame inside somebody else's, or in a sandbox: it works, or a page says why it does not."""

import pytest

from callbacks.models import CallRequest, Widget
from tests.support.browsers.pages import box, element
from tests.support.browsers.shop import Shop
from tests.support.browsers.start import NAMES, browser

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

SENT = """
document.getElementById("number").value = "06 12 34 56 78";
document.getElementById("email").value = "jo@example.fr";
document.getElementById("consent").checked = true;
document.querySelector("form button").click();
"""


def framed(site: str, widget: Widget, attributes: str = "") -> str:
    """A frame that somebody wrote by hand."""
    source = f"{site}/embed/{widget.public_id}/?lang=en"
    return f'<iframe title="x" height="700" {attributes} src="{source}"></iframe>'


def around(shop: Shop, inner: str) -> str:
    """The address of a page on a third origin that shows the shop's page `inner` in a frame."""
    shop.headers = {}
    builder = shop.url.replace("shop.localhost", "builder.localhost")
    outer = shop.page("/outer", f'<iframe title="x" height="800" src="{inner}"></iframe>', head="")
    return outer.replace(shop.url, builder)


@pytest.mark.parametrize("name", NAMES)
def test_where_every_site_above_is_listed_it_works(
    name: str, site: str, shop: Shop, widget: Widget
) -> None:
    outer = around(shop, shop.page("/inner", framed(site, widget)))
    widget.allowed_origins = [shop.url, outer.removesuffix("/outer")]
    widget.save()
    with browser(name) as window:
        window.open(outer)
        window.until(lambda: window.js_in_frame("return document.forms.length", 2), "the form")
        window.js_in_frame(SENT, 2)
        window.until(lambda: CallRequest.objects.count() == 1, "the request")


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("listed", [True, False], ids=["listed", "not listed"])
def test_the_loader_in_a_frame(
    name: str, listed: bool, site: str, shop: Shop, widget: Widget
) -> None:
    """One site above that is not on the list, and the visitor is left with the link."""
    outer = around(shop, shop.page("/inner", element(site, widget, 'mode="inline" open')))
    widget.allowed_origins = [shop.url, *([outer.removesuffix("/outer")] if listed else [])]
    widget.save()
    expected = "We'll call you back / box" if listed else "Call me back / box away"
    with browser(name) as window:
        window.open(outer)
        state = f"return `${{{box()}?.getAttribute('aria-label')}} / ${{{box()}?.className}}`"
        window.until(lambda: window.js_in_frame(state) == expected, expected)


@pytest.mark.parametrize("name", NAMES)
def test_a_sandboxed_frame_says_that_it_cannot_send(
    name: str, site: str, shop: Shop, widget: Widget
) -> None:
    """Its origin is nobody's, so nobody can tell whose form it is."""
    url = shop.page("/sandbox", framed(site, widget, 'sandbox="allow-forms allow-scripts"'))
    with browser(name) as window:
        window.open(url)
        window.until(lambda: "We'll call you back" in window.text_in_frame(), "the form")
        window.send_form_in_frame("06 12 34 56 78", "jo@example.fr")
        window.until(
            lambda: "sent from another website" in window.text_in_frame(), "the page that says so"
        )
        assert not CallRequest.objects.exists()


@pytest.mark.parametrize("name", NAMES)
def test_a_sandbox_that_leaves_its_origin_is_like_any_other(
    name: str, site: str, shop: Shop, widget: Widget
) -> None:
    sandbox = 'sandbox="allow-forms allow-scripts allow-same-origin"'
    url = shop.page("/sandbox", framed(site, widget, sandbox))
    with browser(name) as window:
        window.open(url)
        window.until(lambda: "We'll call you back" in window.text_in_frame(), "the form")
        window.send_form_in_frame("06 12 34 56 78", "jo@example.fr")
        window.until(lambda: CallRequest.objects.count() == 1, "the request")
