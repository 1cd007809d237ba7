"""Book, move and cancel a call in every browser, in another time zone than the widget's."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from axe_playwright_python.base import AXE_FILE_PATH
from django.core.cache import cache
from django.urls import reverse

from callbacks.core import clock
from callbacks.models import CallRequest, Widget
from callbacks.scheduling.slots import spelled
from tests.support.browsers.start import NAMES, browser
from tests.support.browsers.window import Browser
from tests.support.hours.december import TOWN_HALL, at, widget_with

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.django_db(transaction=True)]

AXE = AXE_FILE_PATH.read_text()
# Rules that are broken, each with the HTML that breaks it.
BROKEN = """
return axe.run().then((found) =>
  found.violations.map((rule) => rule.id + " " + rule.nodes.map((node) => node.html)));
"""


@pytest.fixture
def widget(live_server: Any, settings: Any) -> Iterator[Widget]:
    """The widget of a town hall in Paris, on 1 December at 20:00."""
    cache.clear()
    settings.PUBLIC_URL = live_server.url
    with clock.set_to(at(1, 20)):
        yield widget_with(**TOWN_HALL, slot_minutes=30, language="en")


@pytest.mark.parametrize("scripts", [True, False], ids=["script", "no script"])
@pytest.mark.parametrize("name", NAMES)
def test_booking_moving_and_cancelling(
    name: str, scripts: bool, widget: Widget, live_server: Any
) -> None:
    with browser(name, scripts=scripts, time_zone="America/New_York") as window:
        window.open(live_server.url + reverse("public:form", args=[widget.public_id]))
        both_clocks(window, scripts)
        accessible(window, scripts)
        window.type("#number", "06 12 34 56 78")
        window.type("#email", "jo@example.fr")
        window.select("#when", spelled(at(3, 9, 30)))
        window.click("#consent")
        window.click("form > button")
        booked(window, "on December 3, between 09:30 and 10:00", "3:30" if scripts else "")
        accessible(window, scripts)
        window.click("a.button[href$='/time/']")
        window.until(lambda: window.text("h1") == "Choose another time", "the times")
        both_clocks(window, scripts)
        window.select("#when", spelled(at(4, 14)))
        window.click("form > button")
        booked(window, "on December 4, between 14:00 and 14:30", "8:00" if scripts else "")
        assert CallRequest.objects.get().slot_start == at(4, 14)
        window.click("a.button[href$='/cancel/']")
        window.until(lambda: window.text("h1") == "Cancel this request?", "the question")
        window.click("form > button.warning")
        window.until(lambda: "is cancelled" in window.text("h1"), "the end")
        assert CallRequest.objects.get().status == "cancelled"
        assert "time zone" not in window.text("main")


def both_clocks(window: Browser, scripts: bool) -> None:
    """The visitor's clock with the widget's beside it; without a script, the widget's alone.

    A browser may say that its visitor lives where clocks count to twelve.
    """
    option = f'#when option[value="{spelled(at(3, 14))}"]'
    if scripts:
        window.until(lambda: "(" in window.text(option), "the script")
    shown, place = window.text(option).strip(), window.text("#when-zone")
    if scripts:
        assert re.search(r" 0?8:00( AM)? \((14:00|2:00 PM) in Paris\)$", shown), shown
        assert "Times are on your own clock." in place
    else:
        assert shown == "Thu 3 Dec, 14:00"
        assert "Times are in the time zone of Paris." in place


def booked(window: Browser, time: str, own_time: str) -> None:
    """The page of the booking says when the call comes, and what the visitor's clock shows then."""
    window.until(lambda: time in window.text("#text"), time)
    if own_time:
        window.until(lambda: "clock" in window.text("#zone"), "the script")
    zone = window.text("#zone")
    assert zone.startswith("Times are in the time zone of Paris.")
    assert ("On your own clock: " in zone) is bool(own_time)
    assert own_time in zone


def accessible(window: Browser, scripts: bool) -> None:
    """No rule of axe is broken. What a page shows without a script, axe cannot read there."""
    if scripts:
        window.js(AXE)
        assert window.js(BROKEN) == []
