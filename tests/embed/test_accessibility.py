"""axe finds nothing: on the host's page and, one by one, in each of its frames."""

from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe

from callbacks.models import CallRequest, Status, Widget
from tests.embed.browsers import browser
from tests.embed.pages import FORM, box, element, loaded
from tests.embed.shop import Shop

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def nothing_found(window: Any, where: str) -> None:
    for frame in window.page.frames:
        found = [
            f"{where}: {frame.url}: {rule['id']} {[node['html'] for node in rule['nodes']]}"
            for rule in Axe().run(frame).response["violations"]
        ]
        assert found == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_state(site: str, shop: Shop, widget: Widget, scheme: str) -> None:
    content = element(site, widget, 'mode="floating"') + element(site, widget, 'mode="inline"')
    url = shop.page("/boats", content)
    with browser("chromium") as window:
        window.page.emulate_media(color_scheme=scheme)
        loaded(window, url)
        nothing_found(window, "before")
        window.page.click("call-me-back .float")
        window.wait(FORM, 0)
        window.wait(f"return {box()}.className === 'box'")
        nothing_found(window, "the form")
        window.click("form button", 0)
        window.wait("return Boolean(document.getElementById('problem'))", 0)
        nothing_found(window, "problems")
        window.type("#number", "06 12 34 56 78", 0)
        window.type("#email", "jo@example.fr", 0)
        window.click("#consent", 0)
        window.click("form button", 0)
        for status in Status:
            CallRequest.objects.update(status=status)
            window.wait(f"return document.querySelector('main')?.dataset.status === '{status}'", 0)
            nothing_found(window, status)
            if status == Status.CALLED:
                break
        window.page.keyboard.press("Escape")
        window.page.click("call-me-back >> nth=1")
        window.wait(FORM, 1)
        nothing_found(window, "inline")
