"""Policies that are stricter still than a list of hosts."""

import re

import pytest

from callbacks.models import Widget
from tests.support.browsers.pages import DOCS, FORM, box, element, loaded
from tests.support.browsers.shop import Shop
from tests.support.browsers.start import NAMES, browser

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

# The policy of the documents: `strict-dynamic` trusts a script for its nonce, whatever its host;
# where a browser knows Trusted Types, a string that becomes HTML or the address of a script is an
# error. The page has a style sheet of its own, and hears what is blocked.
(POLICY,) = re.findall(r"^Content-Security-Policy: (.*'nonce-NONCE'.*)$", DOCS, re.MULTILINE)
MORE = "style-src 'self'; img-src 'self'; report-uri /stopped"
(LOADER,) = re.findall(r'^<script .*nonce="NONCE".*</script>$', DOCS, re.MULTILINE)


def of_this_page(text: str, site: str) -> str:
    """Return a line of the documents for a page with a nonce, and for our site."""
    return text.replace("https://callback.example.fr", site).replace("NONCE", "of-this-page")


@pytest.mark.parametrize("name", NAMES)
def test_a_nonce_and_trusted_types(name: str, site: str, shop: Shop, widget: Widget) -> None:
    shop.headers = {"Content-Security-Policy": f"{of_this_page(POLICY, site)}; {MORE}"}
    loader = of_this_page(LOADER, site)
    content = element(site, widget) + element(site, widget, 'mode="floating" accent="#0f766e"')
    url = shop.page("/strict", content, head=loader)
    with browser(name) as window:
        loaded(window, url)
        window.js(f"CallMeBack('open', '{widget.public_id}')")
        window.wait(FORM, 0)
        window.js("CallMeBack('close')")
        window.click("call-me-back[mode]")
        window.wait(FORM, 1)
        window.wait(f"return {box(1)}.getAttribute('aria-label') === \"We'll call you back\"")
        window.js("CallMeBack('destroy')")
        assert shop.stopped == []
        # The policy was in force: what it forbids is refused, and told.
        window.js("document.body.append(document.createElement('style'))")
        if window.js("return 'trustedTypes' in window"):
            tried = "try { document.body.innerHTML = 'x' } catch { return true }"
            assert window.js(tried)
        window.js("document.body.lastChild.textContent = 'p { color: red }'")
        window.until(lambda: shop.stopped, "the report")
