"""Our host is away, or takes for ever: the site's page is not slowed, and the link is a link."""

import socket
from collections.abc import Iterator
from typing import Any

import pytest

from callbacks.models import Widget
from tests.support.browsers.pages import FORM, box, element, inside, loaded
from tests.support.browsers.shop import Shop
from tests.support.browsers.start import NAMES, browser
from tests.support.factories import make_widget

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture(params=["away", "slow"])
def host(request: pytest.FixtureRequest) -> Iterator[str]:
    """An origin where nobody is, or where whoever comes waits in vain."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        if request.param == "away":
            server.close()
        yield f"http://callback.localhost:{port}"


@pytest.mark.parametrize("name", NAMES)
def test_a_loader_that_does_not_come(
    name: str, host: str, site: str, shop: Shop, widget: Widget
) -> None:
    shop.headers = {}
    loader = f'<script async src="{host}/embed/v1.js"></script>'
    url = shop.page("/late", element(site, widget), head=loader)
    with browser(name, loads=False) as window:
        window.open(url)
        # The page is read and laid out, and the end of it is there, without the loader.
        window.wait("return document.querySelector('#after')?.offsetHeight > 0")
        window.wait("return document.readyState !== 'loading'")
        window.click("call-me-back a")
        window.until(lambda: window.url() == site + widget.get_absolute_url(), "the form")


def test_a_frame_that_is_late_is_offered_as_a_link_until_it_is_there(
    site: str, shop: Shop, widget: Widget
) -> None:
    """With *Loading…* beside it, unless it comes at once or is given up."""
    frame, waiting = inside("iframe"), inside("p")
    shown = "getComputedStyle({}).visibility === 'visible'"
    url = shop.page("/boats", element(site, widget))
    held: list[Any] = []
    with browser("chromium") as window:
        window.page.clock.install()
        window.page.route(f"{site}/embed/*/**", lambda route: held.append(route))
        loaded(window, url)
        window.click("call-me-back a")
        window.until(lambda: held, "the request of the frame")
        link = f"return {box()}.querySelector('a')"
        (timing,) = window.js(f"return {waiting}.getAnimations().map((a) => a.effect.getTiming())")
        assert (timing["delay"], timing["duration"]) == (300, 0)
        window.wait(f"return {shown.format(waiting)}")
        assert window.js(f"return {waiting}.innerText").split() == [
            "Call",
            "me",
            "back",
            "Loading…",
        ]
        assert not window.js(f"return {shown.format(frame)}")
        height = window.js(f"return {box()}.offsetHeight")
        window.page.clock.fast_forward(9_000)
        window.wait(f"return {box()}.className === 'box away'")
        assert window.js(f"return {waiting}.innerText") == "Call me back"
        assert window.js(f"{link}.href") == site + widget.get_absolute_url()
        assert window.js(f"{link}.offsetHeight") > 0
        assert 0 < window.js(f"return {box()}.offsetHeight") < height
        held.pop().continue_()
        window.wait(FORM, 0)
        window.wait(f"return {box()}.className === 'box'")
        assert window.js(f"{link}.offsetHeight") == 0
        assert window.js(f"return {shown.format(frame)}")
        # What is there is not given up later.
        window.page.clock.fast_forward(9_000)
        assert window.js(f"return {box()}.className") == "box"


def test_a_frame_that_loads_without_the_form_is_known_to_be_away_before_anybody_clicks(
    site: str, shop: Shop
) -> None:
    stranger = make_widget(allowed_origins=["https://www.example.fr"])
    url = shop.page("/boats", element(site, stranger))
    with browser("chromium") as window:
        window.page.clock.install()
        loaded(window, url)
        window.hover("call-me-back a")

        def is_away() -> bool:
            window.page.clock.fast_forward(2_000)
            return bool(window.js(f"return {box()}?.className === 'box away'"))

        window.until(is_away, "the link")
        window.click("call-me-back a")
        window.until(lambda: window.url() == site + stranger.get_absolute_url(), "the form")


def test_a_widget_that_is_taken_off_the_page_while_it_loads_warns_of_nothing(
    site: str, shop: Shop, widget: Widget
) -> None:
    url = shop.page("/boats", element(site, widget))
    held: list[Any] = []
    with browser("chromium") as window:
        window.page.clock.install()
        window.page.route(f"{site}/embed/*/**", lambda route: held.append(route))
        loaded(window, url)
        window.js("window.warned = []; console.warn = (text) => window.warned.push(text)")
        window.click("call-me-back a")
        window.until(lambda: held, "the request of the frame")
        window.js("document.querySelector('call-me-back').remove()")
        window.page.clock.fast_forward(9_000)
        assert window.js("return window.warned") == []
