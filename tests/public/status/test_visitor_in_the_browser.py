"""What a visitor sees from the form to "do not call me again" on a small phone with large text."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.urls import reverse
from playwright.sync_api import Browser, Page, expect

from callbacks.models import CallRequest, Widget
from tests.support.factories import make_widget

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def page(browser: Browser, live_server: Any, settings: Any) -> Iterator[Page]:
    settings.PUBLIC_URL = live_server.url
    context = browser.new_context(
        locale="en-GB",
        base_url=live_server.url,
        viewport={"width": 360, "height": 740},
        color_scheme="dark",
    )
    yield context.new_page()
    context.close()


@pytest.fixture
def form(page: Page) -> Page:
    widget: Widget = make_widget(language="en")
    page.goto(reverse("public:form", args=[widget.public_id]))
    return page


def fits_at_twice_the_text(page: Page) -> bool:
    page.evaluate("document.documentElement.style.fontSize = '200%'")
    fits = page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    page.evaluate("document.documentElement.style.fontSize = ''")
    return bool(fits)


def send(page: Page) -> None:
    page.fill("#number", "06 12 34 56 78")
    page.fill("#email", "jo@gmial.com")
    page.check("#consent")
    page.click("form > button")
    page.wait_for_selector("main[data-status]")


def test_a_slip_in_the_email_is_mended_by_one_press_and_never_in_the_way(form: Page) -> None:
    form.fill("#email", "jo@gmial.com")
    form.click("h1")
    form.get_by_role("button", name="Did you mean gmail.com?").click()
    assert form.input_value("#email") == "jo@gmail.com"
    send(form)
    assert CallRequest.objects.get().email == "jo@gmial.com"


def test_every_page_fits_and_the_number_stays_in_full_while_news_come(form: Page) -> None:
    assert fits_at_twice_the_text(form)
    send(form)
    assert fits_at_twice_the_text(form)
    with form.expect_response("**/state/"):
        pass
    expect(form.locator("#text")).to_contain_text("+33\u00a06\u00a012\u00a034\u00a056\u00a078")
    form.locator("form[action$='/number/'] button").click()
    assert form.input_value("#number") == "+33 6 12 34 56 78"
    assert fits_at_twice_the_text(form)
    form.get_by_role("link", name="Keep this number").click()
    form.get_by_role("link", name="Do not call me again").click()
    assert fits_at_twice_the_text(form)
    form.get_by_role("button", name="Do not call me again").click()
    expect(form.locator("h1")).to_have_text("We won't call this number again")
    assert fits_at_twice_the_text(form)
    form.get_by_role("button", name="Allow calls to this number again").click()
    expect(form.get_by_role("alert")).to_contain_text("This number can be called again.")
    assert fits_at_twice_the_text(form)


def test_without_a_connection_the_page_says_when_it_knew_last(form: Page) -> None:
    """And nothing on it moves any more, as if there were news."""
    moving = "document.getAnimations().length"
    send(form)
    assert form.evaluate(moving) == 1
    form.context.set_offline(True)
    expect(form.locator("#connection")).to_contain_text("No connection: last known at")
    assert form.evaluate(moving) == 0
    form.context.set_offline(False)
    expect(form.locator("#connection")).to_be_empty()
    assert form.evaluate(moving) == 1
