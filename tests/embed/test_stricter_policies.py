"""Policies that are stricter still than a list of hosts."""

import pytest

from callbacks.models import Widget
from tests.support.browsers.pages import FORM, box, element, loaded
from tests.support.browsers.shop import Shop
from tests.support.browsers.start import NAMES, browser

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

# `strict-dynamic` trusts a script for its nonce, whatever its host; where a browser knows Trusted
# Types, a string that becomes HTML or the address of a script is an error.
POLICY = (
    "default-src 'none'; script-src 'nonce-of-this-page' 'strict-dynamic'; frame-src {site}; "
    "style-src 'self'; img-src 'self'; require-trusted-types-for 'script'; trusted-types 'none'; "
    "report-uri /stopped"
)


@pytest.mark.parametrize("name", NAMES)
def test_a_nonce_and_trusted_types(name: str, site: str, shop: Shop, widget: Widget) -> None:
    shop.headers = {"Content-Security-Policy": POLICY.format(site=site)}
    loader = f'<script async nonce="of-this-page" src="{site}/embed/v1.js"></script>'
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
