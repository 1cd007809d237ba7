"""Start the real browsers that the tests drive."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from tests.support import programs
from tests.support.browsers import chromium, webdriver
from tests.support.browsers.window import Browser

# The same tests in two more browsers take minutes, so `make slow` runs them.
NAMES = ("chromium", *(pytest.param(it, marks=pytest.mark.minutes) for it in ("firefox", "webkit")))


@contextmanager
def browser(
    name: str,
    *,
    cookies: bool = False,
    scripts: bool = True,
    loads: bool = True,
    time_zone: str | None = None,
) -> Iterator[Browser]:
    """Start a browser, with third-party `cookies` allowed or refused, with or without `scripts`.

    If a page never `loads` completely, opening it waits only for its HTML. The clock of the visitor
    shows the time of `time_zone`, or of this machine.
    """
    opened, found = {
        "chromium": (chromium.started, programs.chromium),
        "firefox": (webdriver.firefox, programs.firefox),
        "webkit": (webdriver.webkit, programs.webkit_driver),
    }[name]
    if not found():
        pytest.skip(f"{name} is not installed")
    with opened(cookies, scripts, loads, time_zone) as window:
        yield window
