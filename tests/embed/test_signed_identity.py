"""A site that knows its customer passes who they are, signed, by message."""

import time

import pytest
from django.urls import reverse

from callbacks.models import CallRequest, Widget
from callbacks.public.form import identity
from tests.support.browsers.pages import FORM, box, element, loaded
from tests.support.browsers.shop import Shop
from tests.support.browsers.start import NAMES, browser
from tests.support.browsers.window import Browser

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

NUMBER, EMAIL = "+33612345678", "jo@example.fr"


def passed(widget: Widget, signature: str = "") -> str:
    """The command that the site's own script gives."""
    expires = str(int(time.time()) + 600)
    signature = signature or identity.sign(widget, NUMBER, EMAIL, expires)
    return (
        f"CallMeBack('prefill', {{ identity: {{ number: '{NUMBER}', email: '{EMAIL}', "
        f"expires: {expires}, signature: '{signature}' }} }})"
    )


def opened(window: Browser, site: str, shop: Shop, widget: Widget, signature: str = "") -> None:
    loaded(window, shop.page("/account", element(site, widget)))
    window.js(passed(widget, signature))
    window.click("call-me-back a")
    window.wait(FORM, 0)
    window.wait("return document.getElementById('number').readOnly", 0)
    assert window.js(f"return {box()}.querySelector('iframe').src.includes('612345678')") is False
    assert window.js("return document.getElementById('email').value", 0) == EMAIL
    window.click("#consent", 0)
    window.click("form button", 0)


@pytest.mark.parametrize("name", NAMES)
def test_a_signed_identity_is_shown_and_verified(
    name: str, site: str, shop: Shop, widget: Widget
) -> None:
    with browser(name) as window:
        opened(window, site, shop, widget)
        window.wait("return Boolean(document.querySelector('main[data-status]'))", 0)
    request = CallRequest.objects.get()
    assert (request.number, request.email, request.is_verified) == (NUMBER, EMAIL, True)


def test_a_wrong_one_is_refused_and_the_visitor_goes_on(
    site: str, shop: Shop, widget: Widget
) -> None:
    with browser("chromium") as window:
        opened(window, site, shop, widget, signature="0" * 64)
        window.wait('return document.body.innerText.includes("couldn\'t verify")', 0)
        assert not CallRequest.objects.exists()
        # The loader has spoken to the new page once it knows the title.
        window.js("document.title = 'Again'; CallMeBack('prefill', {})")
        window.wait("return document.querySelector('[name=page_title]').value === 'Again'", 0)
        assert not window.js("return document.getElementById('number').readOnly", 0)
        window.click("form button", 0)
        window.wait("return Boolean(document.querySelector('main[data-status]'))", 0)
    assert CallRequest.objects.get().is_verified is False


def test_no_address_holds_personal_data(widget: Widget) -> None:
    assert reverse("embed:form", args=[widget.public_id]).count("/") == 3
