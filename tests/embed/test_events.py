"""What the page around the widget hears of the request: names of events, and nothing personal."""

import json
from datetime import timedelta
from typing import Any

import pytest

from callbacks.core import clock
from callbacks.models import CallRequest, Status, Widget
from tests.support.browsers.pages import FORM, element, loaded, told
from tests.support.browsers.shop import Shop
from tests.support.browsers.start import NAMES, browser
from tests.support.browsers.window import Browser

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

STATUS = "return document.querySelector('main[data-status]')?.dataset.status"


@pytest.mark.parametrize("name", NAMES)
def test_the_page_hears_what_becomes_of_the_request(
    name: str, site: str, shop: Shop, widget: Widget
) -> None:
    with browser(name) as window:
        loaded(window, shop.page("/boats", element(site, widget)))
        sent(window)
        heard(window, ["open", "submitted"])
        later: dict[str, Any] = {"is_scheduled": True, "due_at": clock.now() + timedelta(hours=2)}
        CallRequest.objects.update(**later)
        heard(window, ["open", "submitted", "scheduled"])

        # Neither a move nor the same page once more is heard as something new.
        CallRequest.objects.update(due_at=clock.now() + timedelta(hours=3))
        window.js("location.reload()", 0)
        window.wait("return document.readyState === 'complete'", 0)
        CallRequest.objects.update(status=Status.CALLING, is_scheduled=False)
        window.wait(f"{STATUS} === 'calling'", 0)
        CallRequest.objects.update(status=Status.FAILED)
        heard(window, ["open", "submitted", "scheduled", "failed"])

        details = {line.split(" ", 2)[2] for line in window.js("return window.told")}
        assert [json.loads(detail) for detail in details] == [{"widget": widget.public_id}]


@pytest.mark.parametrize("name", NAMES)
def test_a_click_on_call_me_again_is_heard_as_another_request(
    name: str, site: str, shop: Shop, widget: Widget
) -> None:
    with browser(name) as window:
        loaded(window, shop.page("/boats", element(site, widget)))
        sent(window)
        earlier = clock.now() - timedelta(minutes=2)
        CallRequest.objects.update(status=Status.CALLED, status_at=earlier, created_at=earlier)
        heard(window, ["open", "submitted", "called"])
        window.wait("return Boolean(document.querySelector('#call-again:not([hidden])'))", 0)
        window.click("#call-again button", 0)
        window.wait(f"{STATUS} === 'queued'", 0)
        heard(window, ["open", "submitted", "called", "submitted"])

        # The same page once more is no other request; what becomes of this one is heard.
        window.js("location.reload()", 0)
        window.wait(f"{STATUS} === 'queued'", 0)
        CallRequest.objects.update(status=Status.CALLED)
        heard(window, ["open", "submitted", "called", "submitted", "called"])


def test_a_request_that_the_visitor_cancels_in_the_panel_is_heard_of_once(
    site: str, shop: Shop, widget: Widget
) -> None:
    with browser("chromium") as window:
        loaded(window, shop.page("/boats", element(site, widget)))
        sent(window)
        window.click("form[action$='/cancel/'] button", 0)
        window.wait("return Boolean(document.querySelector('[name=confirmed]'))", 0)
        window.click("form button", 0)
        heard(window, ["open", "submitted", "cancelled"])
        window.js("CallMeBack('prefill', {})")  # after which the frame says everything again
        window.js("CallMeBack('close')")
        heard(window, ["open", "submitted", "cancelled", "closed"])


def sent(window: Browser) -> None:
    """Open the panel and send its form."""
    window.click("call-me-back a")
    window.wait(FORM, 0)
    window.type("#number", "06 12 34 56 78", 0)
    window.type("#email", "jo@example.fr", 0)
    window.click("#consent", 0)
    window.click("form button", 0)
    window.wait(f"{STATUS} === 'queued'", 0)


def heard(window: Browser, events: list[str]) -> None:
    window.until(lambda: told(window) == events, f"{events}, not {told(window)}")
