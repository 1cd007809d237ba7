"""The proof of work in a real browser: nobody notices it, and the field for bots is nowhere."""

from collections.abc import Iterator
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.urls import reverse
from playwright.sync_api import Browser, Page, expect

from callbacks.models import CallRequest, Widget
from tests.support.factories import make_widget

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def page(browser: Browser, live_server: Any, settings: Any) -> Iterator[Page]:
    settings.PUBLIC_URL = live_server.url
    context = browser.new_context(locale="en-GB", base_url=live_server.url)
    yield context.new_page()
    context.close()


@pytest.fixture
def widget() -> Widget:
    return make_widget(language="en", proof_of_work="always")


def fill(page: Page) -> None:
    page.fill("#number", "06 12 34 56 78")
    page.fill("#email", "jo@example.fr")
    page.check("#consent")


def send(page: Page) -> None:
    page.click("form > button")


@pytest.mark.parametrize("name", ["public:form", "embed:form"])
def test_the_proof_of_work_is_solved_while_the_visitor_types(
    page: Page, widget: Widget, name: str
) -> None:
    page.goto(reverse(name, args=[widget.public_id]))
    assert page.input_value("[name=proof]") == ""
    fill(page)
    expect(page.locator("[name=proof]")).not_to_have_value("")
    send(page)
    page.wait_for_url("**/r/**")
    assert CallRequest.objects.count() == 1


def test_a_form_sent_too_soon_waits_for_it(page: Page, widget: Widget) -> None:
    """And is sent by itself, once, however often the button is pressed."""
    page.goto(widget.get_absolute_url())
    page.evaluate("""() => {
        const really = crypto.subtle.deriveBits.bind(crypto.subtle);
        const gate = new Promise((open) => (window.open_gate = open));
        crypto.subtle.deriveBits = async (...how) => (await gate, really(...how));
    }""")
    fill(page)
    button = page.locator("form > button")
    assert page.inner_text(".slow") == ""  # comes two seconds after the click
    button.click()
    button.click(force=True)
    assert button.get_attribute("aria-disabled") == "true"
    expect(page.locator(".slow")).not_to_be_empty()
    page.evaluate("open_gate()")
    page.wait_for_url("**/r/**")
    assert CallRequest.objects.count() == 1


def test_a_browser_that_cannot_do_it_loses_nothing(page: Page, widget: Widget) -> None:
    page.add_init_script("crypto.subtle.importKey = () => Promise.reject(new Error())")
    page.goto(widget.get_absolute_url())
    fill(page)
    send(page)
    page.wait_for_selector("#problem")
    assert "try later" in page.inner_text("#problem")
    assert page.input_value("#number") == "06 12 34 56 78"


def test_without_javascript_the_form_says_so(
    browser: Browser, live_server: Any, widget: Widget
) -> None:
    context = browser.new_context(java_script_enabled=False, base_url=live_server.url)
    page = context.new_page()
    page.goto(widget.get_absolute_url())
    assert "needs JavaScript" in page.inner_text("form")
    context.close()


def test_the_page_passes_axe_and_the_trap_cannot_be_reached(page: Page, widget: Widget) -> None:
    page.goto(widget.get_absolute_url())
    assert Axe().run(page).response["violations"] == []
    reached = []
    for _press in range(8):
        page.keyboard.press("Tab")
        reached.append(page.evaluate("document.activeElement.id"))
    assert "consent" in reached
    assert "website" not in reached
    assert page.get_by_role("textbox", name="Leave this field empty").count() == 0
