"""The loaders that sites have pinned: each one works with the form of now."""

import pytest

from callbacks.models import CallRequest, Widget
from callbacks.widgets import loader
from tests.support.browsers.pages import FORM, box, element, loaded, told
from tests.support.browsers.shop import Shop
from tests.support.browsers.start import browser

KEPT = sorted(path.name for path in loader.KEPT.iterdir())


@pytest.mark.browser
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("loader", KEPT)
def test_a_pinned_loader_still_takes_a_request(
    loader: str, site: str, shop: Shop, widget: Widget
) -> None:
    head = f'<script async src="{site}/embed/{loader}"></script>'
    with browser("chromium") as window:
        loaded(window, shop.page("/pinned", element(site, widget), head=head))
        window.click("call-me-back a")
        window.wait(FORM, 0)
        window.wait(f"return {box()}.querySelector('iframe').offsetHeight > 200")
        window.type("#number", "06 12 34 56 78", 0)
        window.type("#email", "jo@example.fr", 0)
        window.click("#consent", 0)
        window.click("form button", 0)
        window.until(lambda: told(window) == ["open", "submitted"], "the event")
        window.escape(0)
        window.wait(f"return !{box()}.open")
    assert CallRequest.objects.get().widget == widget
