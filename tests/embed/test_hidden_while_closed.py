"""The floating button of a widget that is set to hide is away while it is closed."""

import json
from datetime import timedelta

import pytest

from callbacks.core import clock
from callbacks.models import OpenPeriod, WhenClosed, Widget
from callbacks.widgets import cache as widget_cache
from callbacks.widgets import snippets
from tests.support.browsers.pages import element, frames, loaded
from tests.support.browsers.shop import Shop
from tests.support.browsers.start import NAMES, browser
from tests.support.factories import make_widget

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

HIDDEN = "document.querySelector('call-me-back').shadowRoot.querySelector('.float').hidden"
SHOWN = (
    "const button = document.querySelector('call-me-back').shadowRoot.querySelector('.float');"
    "return button.getBoundingClientRect().height > 0"
)
HIDES = 'mode="floating" when-closed="hide"'
POLICY = "default-src 'none'; script-src {site}; frame-src {site}; report-uri /stopped"


def hiding(shop: Shop, *, opens: timedelta) -> Widget:
    """A widget that hides its button and opens after this time."""
    widget = make_widget(
        allowed_origins=[shop.url],
        shows_sales_call_notice=False,
        has_hours=True,
        opening_hours="24/7",
        when_closed=WhenClosed.HIDE,
    )
    now = clock.now()
    OpenPeriod.objects.create(widget=widget, starts_at=now + opens, ends_at=now + timedelta(days=9))
    return widget


@pytest.mark.parametrize("name", NAMES)
def test_the_button_shows_whether_it_is_open(name: str, site: str, shop: Shop) -> None:
    """On a page whose policy lets the frame in and nothing else of ours: no `connect-src`."""
    shop.headers = {"Content-Security-Policy": POLICY.format(site=site)}
    is_closed = hiding(shop, opens=timedelta(days=1))
    is_open = hiding(shop, opens=-timedelta(days=1))
    closed_page = shop.page("/closed", element(site, is_closed, HIDES))
    open_page = shop.page("/open", element(site, is_open, HIDES))
    with browser(name) as window:
        loaded(window, closed_page)
        window.until(lambda: frames(window) == 1, "the frame, without a click")
        window.wait("return 'opens' in document.querySelector('main').dataset", 0)
        assert window.js(f"return {HIDDEN}")
        assert not window.js(SHOWN)
        loaded(window, open_page)
        window.wait(SHOWN)
        reports = [json.loads(one)["csp-report"]["violated-directive"] for one in shop.stopped]
        assert not {"connect-src", "frame-src"}.intersection(reports)


def test_the_button_comes_at_the_next_opening_without_a_reload(site: str, shop: Shop) -> None:
    widget = hiding(shop, opens=timedelta(minutes=5))
    url = shop.page("/soon", element(site, widget, HIDES))
    with browser("chromium") as window:
        window.page.clock.install()
        loaded(window, url)
        window.wait("return 'opens' in document.querySelector('main').dataset", 0)
        assert not window.js(SHOWN)
        OpenPeriod.objects.update(starts_at=clock.now() - timedelta(minutes=1))
        widget_cache.forget()
        window.page.clock.fast_forward("05:30")
        window.wait(SHOWN)


def test_the_button_is_there_if_the_frame_never_answers(site: str, shop: Shop) -> None:
    widget = hiding(shop, opens=timedelta(days=1))
    url = shop.page("/away", element(site, widget, HIDES))
    with browser("chromium") as window:
        window.page.clock.install()
        window.page.route(f"{site}/embed/{widget.public_id}/**", lambda route: None)
        loaded(window, url)
        window.until(lambda: frames(window) == 1, "the frame")
        assert not window.js(SHOWN)
        window.page.clock.fast_forward("00:09")
        window.wait(SHOWN)


def test_a_button_that_does_not_hide_loads_nothing_and_stays(site: str, shop: Shop) -> None:
    widget = hiding(shop, opens=timedelta(days=1))
    url = shop.page("/plain", element(site, widget, 'mode="floating"'))
    with browser("chromium") as window:
        loaded(window, url)
        window.wait(SHOWN)
        assert frames(window) == 0
        window.page.click("call-me-back .float")
        window.wait("return 'opens' in document.querySelector('main').dataset", 0)
        assert window.js(SHOWN)


def test_the_line_of_the_admin_says_so_for_a_widget_that_hides(shop: Shop) -> None:
    widget = hiding(shop, opens=timedelta(days=1))
    assert 'when-closed="hide"' in snippets.unpinned(widget, "floating").line
    assert "when-closed" not in snippets.unpinned(widget, "inline").line
    widget.when_closed = WhenClosed.MESSAGE
    assert "when-closed" not in snippets.unpinned(widget, "floating").line
