"""A widget with topics on somebody else's page: the visitor chooses one, or the page does."""

import json
from typing import Any

import pytest

from callbacks.models import CallRequest, Topic, Widget
from tests.support.browsers.pages import FORM, element, loaded, told
from tests.support.browsers.shop import Shop
from tests.support.browsers.start import browser
from tests.support.browsers.window import Browser
from tests.support.factories import make_widget

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
QUESTION = "return document.querySelectorAll('.topics a').length === 2"
STATUS = "return document.querySelector('main[data-status]')?.dataset.status"


@pytest.fixture
def sales(widget: Widget) -> Widget:
    """A topic of the widget, whose own widget no site may show."""
    target = make_widget(shows_sales_call_notice=False)
    for position, (key, one) in enumerate([("sales", target), ("support", make_widget())]):
        Topic.objects.create(
            widget=widget, key=key, labels={"en": key}, target=one, position=position
        )
    return target


def details(window: Browser) -> list[Any]:
    return [json.loads(line.split(" ", 2)[2]) for line in window.js("return window.told")]


def sent(window: Browser) -> None:
    window.wait(FORM, 0)
    window.type("#number", "06 12 34 56 78", 0)
    window.type("#email", "jo@example.fr", 0)
    window.click("#consent", 0)
    window.click("form button", 0)
    window.wait(f"{STATUS} === 'queued'", 0)
    window.until(lambda: told(window)[-1] == "submitted", "submitted")


def test_a_visitor_chooses_a_topic_in_the_panel(
    site: str, shop: Shop, widget: Widget, sales: Widget
) -> None:
    with browser("chromium") as window:
        url = shop.page("/boats", element(site, widget, 'prefill-email="old@example.fr"'))
        loaded(window, f"{url}?utm_source=news")
        window.click("call-me-back a")
        window.wait(QUESTION, 0)
        window.click(".topics a", 0)
        window.wait(FORM, 0)
        window.wait("return document.activeElement.localName === 'h1'", 0)
        assert window.js("return document.querySelector('#email').value", 0) == "old@example.fr"
        assert "Choose another topic" in window.js("return document.body.innerText", 0)
        sent(window)
        request = CallRequest.objects.get()
        assert (request.widget, request.campaign) == (sales, {"utm_source": "news"})
        own = {"widget": widget.public_id}
        assert told(window) == ["open", "submitted"]
        assert details(window) == [own, own | {"topic": "sales"}]


def test_the_page_sets_the_topic_and_changes_it(
    site: str, shop: Shop, widget: Widget, sales: Widget
) -> None:
    with browser("chromium") as window:
        loaded(window, shop.page("/boats", element(site, widget, 'topic="support"')))
        window.hover("call-me-back a")
        window.wait(FORM, 0)
        window.js("document.querySelector('call-me-back').setAttribute('topic', 'sales')")
        window.click("call-me-back a")
        window.wait(f"{FORM} && location.search.includes('topic=sales')", 0)
        assert "Choose another topic" not in window.js("return document.body.innerText", 0)
        sent(window)
        assert CallRequest.objects.get().widget == sales
        assert details(window)[-1] == {"widget": widget.public_id, "topic": "sales"}


def test_the_page_changes_the_topic_while_the_first_form_still_loads(
    site: str, shop: Shop, widget: Widget, sales: Widget
) -> None:
    with browser("chromium") as window:
        loaded(window, shop.page("/boats", element(site, widget, 'topic="support"')))
        # One piece of script, so that no answer of the frame comes in between.
        window.js(
            "const one = document.querySelector('call-me-back');"
            "one.dispatchEvent(new Event('pointerenter'));"
            "one.setAttribute('topic', 'sales');"
            "one.querySelector('a').click();"
        )
        window.wait(f"{FORM} && location.search.includes('topic=sales')", 0)


def test_a_topic_that_the_widget_does_not_have_leads_to_the_question(
    site: str, shop: Shop, widget: Widget, sales: Widget
) -> None:
    with browser("chromium") as window:
        loaded(window, shop.page("/boats", element(site, widget, 'topic="jobs"')))
        window.click("call-me-back a")
        window.wait(QUESTION, 0)
