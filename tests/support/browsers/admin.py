"""Open the admin in a real browser: fixtures."""

from collections.abc import Iterator
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.contrib.auth.models import User
from playwright.sync_api import Browser, Page, Request, ViewportSize

from tests.support.browsers.playwright import chromium
from tests.support.staff.pages import signed_in

DESKTOP = ViewportSize(width=1440, height=900)
# Narrower than most phones: what fits here also fits at 390 px.
PHONE = ViewportSize(width=360, height=740)

STILL = """async () => {
  await document.fonts.ready;
  for (const _ of "123") await new Promise(requestAnimationFrame);
  const ends = (one) => one.effect.getComputedTiming().endTime < Infinity;
  const moving = document.getAnimations().filter((one) => one.playState === "running" && ends(one));
  await Promise.allSettled(moving.map((one) => one.finished));
}"""


@pytest.fixture
def browser() -> Browser:
    """Return the Chromium that all tests share."""
    return chromium()


@pytest.fixture
def page(browser: Browser, live_server: Any, chief: User) -> Iterator[Page]:
    """Yield a page on which the chief is signed in; `page.trouble` collects its errors."""
    context = browser.new_context(locale="en", base_url=live_server.url, viewport=DESKTOP)
    cookie = signed_in(chief).cookies["sessionid"]
    context.add_cookies(
        [{"name": "sessionid", "value": cookie.value, "url": f"{live_server.url}/admin/"}]
    )
    page = context.new_page()
    trouble: list[str] = []
    page.on("console", lambda m: trouble.append(m.text) if m.type in ("error", "warning") else None)
    page.on("pageerror", lambda error: trouble.append(str(error)))
    page.on(
        "request",
        lambda r: None if r.url.startswith((live_server.url, "data:")) else trouble.append(r.url),
    )
    page.trouble = trouble  # type: ignore[attr-defined]
    yield watched(page)
    context.close()


def watched(page: Page) -> Page:
    """Return the page, which notes from now on what it waits for: `settle` needs it."""
    awaited: set[Request] = set()
    page.awaited = awaited  # type: ignore[attr-defined]
    page.on("request", lambda request: awaited.add(request))
    page.on("requestfinished", lambda request: awaited.discard(request))
    page.on("requestfailed", lambda request: awaited.discard(request))
    return page


def settle(page: Page) -> None:
    """Wait until the `watched` page has all that it asked for, and nothing on it moves.

    Playwright's "networkidle" comes half a second later.
    """
    page.wait_for_load_state("load")
    is_awaiting = True
    while is_awaiting or page.awaited:  # type: ignore[attr-defined]
        is_awaiting = bool(page.awaited)  # type: ignore[attr-defined]
        page.evaluate(STILL)


def faults(page: Page) -> list[str]:
    """Return what axe finds on the page now, and whether it is wider than the window."""
    settle(page)
    found = Axe().run(page).response["violations"]
    width = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
    too_wide = ["too wide"] if page.evaluate(width) > 0 else []
    return [f"{one['id']} {one['nodes'][0]['html']}" for one in found] + too_wide
