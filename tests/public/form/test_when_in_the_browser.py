"""The times of the form in a browser, by both clocks, and for everybody."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.urls import reverse
from playwright.sync_api import Browser, Page

from callbacks.core import clock
from callbacks.models import Widget
from callbacks.scheduling.slots import spelled
from tests.support.hours.december import TOWN_HALL, at, widget_with

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.django_db(transaction=True)]

type Opened = Callable[..., Page]


@pytest.fixture
def opened(browser: Browser, live_server: Any, settings: Any) -> Iterator[Opened]:
    """Open the form of a widget, with options of the browser."""
    settings.PUBLIC_URL = live_server.url
    contexts = []

    def open_form(widget: Widget, **options: Any) -> Page:
        options = {"locale": "en-GB"} | options
        context = browser.new_context(base_url=live_server.url, **options)
        contexts.append(context)
        page = context.new_page()
        page.goto(reverse("public:form", args=[widget.public_id]))
        return page

    with clock.set_to(at(1, 20)):
        yield open_form
    for context in contexts:
        context.close()


def widget(**fields: Any) -> Widget:
    return widget_with(**TOWN_HALL | {"slot_minutes": 30, "language": "en"} | fields)


def label_of(page: Page, value: str) -> str:
    return page.locator(f'option[value="{value}"]').inner_text()


def test_a_visitor_elsewhere_sees_both_clocks(opened: Opened) -> None:
    page = opened(widget(), timezone_id="America/New_York")
    both = "Wed 2 Dec, 03:00 (09:00 in Paris)"
    assert label_of(page, spelled(at(2, 9))) == both
    assert page.inner_text("#when-zone").startswith(f"Next opening: {both}. ")
    assert "Times are on your own clock." in page.inner_text("#when-zone")


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"when_closed": "message"}, "Next opening: Wed 2 Dec, 03:00 (09:00 in Paris)."),
        (
            {"is_paused": True, "paused_until": at(1, 21)},
            "You can ask for a call again from: Tue 1 Dec, 15:00 (21:00 in Paris).",
        ),
    ],
)
def test_a_visitor_elsewhere_reads_on_both_clocks_when_a_call_can_be_asked_for(
    opened: Opened, fields: dict[str, Any], sentence: str
) -> None:
    page = opened(widget(**fields), timezone_id="America/New_York")
    assert page.inner_text("#when-zone") == f"{sentence} Times are on your own clock."
    assert Axe().run(page).response["violations"] == []
    page = opened(widget(**fields), timezone_id="Europe/Brussels")
    assert "Times are in the time zone of Paris." in page.inner_text("#when-zone")


def test_a_visitor_in_the_zone_of_the_widget_sees_one(opened: Opened) -> None:
    page = opened(widget(), timezone_id="Europe/Brussels")
    assert label_of(page, spelled(at(2, 9))) == "Wed 2 Dec, 09:00"
    assert "Times are in the time zone of Paris." in page.inner_text("#when-zone")


def test_a_visitor_whose_region_counts_to_twelve_reads_such_a_clock(opened: Opened) -> None:
    page = opened(widget(), timezone_id="America/New_York", locale="en-US")
    assert label_of(page, spelled(at(2, 14))) == "Wed, Dec 2, 8:00 AM (2:00 PM in Paris)"
    page = opened(widget(), timezone_id="Europe/Brussels", locale="en-US")
    assert label_of(page, spelled(at(2, 14))) == "Wed, Dec 2, 2:00 PM"
    assert "Times are in the time zone of Paris." in page.inner_text("#when-zone")


def test_a_page_in_another_language_than_the_browser_shows_24_hours(opened: Opened) -> None:
    page = opened(widget(), timezone_id="America/New_York", locale="de-DE")
    assert label_of(page, spelled(at(2, 14))) == "Wed, Dec 2, 08:00 (14:00 in Paris)"


@pytest.mark.parametrize("color_scheme", ["light", "dark"])
def test_the_pages_are_accessible(opened: Opened, color_scheme: str) -> None:
    page = opened(widget(), color_scheme=color_scheme)
    assert Axe().run(page).response["violations"] == []
    page.fill("#number", "06 12 34 56 78")
    page.fill("#email", "jo@example.fr")
    page.check("#consent")
    page.click("form > button")
    page.wait_for_url("**/r/**")
    assert Axe().run(page).response["violations"] == []
    page.click("text=Choose another time")
    assert Axe().run(page).response["violations"] == []


def test_the_page_of_a_booking_shows_the_clock_of_the_visitor_s_region(opened: Opened) -> None:
    page = opened(widget(), timezone_id="America/New_York", locale="en-US")
    page.fill("#number", "06 12 34 56 78")
    page.fill("#email", "jo@example.fr")
    page.select_option("#when", spelled(at(3, 14)))
    page.check("#consent")
    page.click("form > button")
    page.wait_for_url("**/r/**")
    zone = page.inner_text("#zone").replace("\u202f", " ").replace("\u2009", " ")
    assert zone == (
        "Times are in the time zone of Paris. On your own clock: Thu, Dec 3, 8:00 – 8:30 AM."
    )
