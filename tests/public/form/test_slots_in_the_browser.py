"""The form of a widget with time slots on a phone."""

from typing import Any

import pytest
from playwright.sync_api import Browser

from callbacks.core import clock
from tests.support.hours.widgets import open_widget

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.mark.parametrize("language", ["en", "fr"])
def test_the_choice_of_a_time_fits_and_can_be_read_and_touched(
    browser: Browser, live_server: Any, language: str
) -> None:
    widget = open_widget(clock.now(), language=language, opening_hours="Mo 09:00-10:00")
    context = browser.new_context(
        base_url=live_server.url, viewport={"width": 360, "height": 740}, locale=language
    )
    page = context.new_page()
    page.goto(widget.get_absolute_url())
    select = page.locator("select")
    assert select.evaluate("(field) => parseFloat(getComputedStyle(field).fontSize)") >= 16
    assert select.evaluate("(field) => field.offsetHeight") >= 24
    for size in ("100%", "200%"):
        page.evaluate("(size) => { document.documentElement.style.fontSize = size }", size)
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), size
    context.close()
