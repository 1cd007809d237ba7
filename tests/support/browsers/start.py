"""The real browsers that the tests drive."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from tests.support import programs
from tests.support.browsers import chromium, webdriver
from tests.support.browsers.window import Browser

NAMES = ("chromium", "firefox", "webkit")


@contextmanager
def browser(
    name: str, *, cookies: bool = False, scripts: bool = True, loads: bool = True
) -> Iterator[Browser]:
    """A browser of its own, with third-party `cookies` allowed or refused, `scripts` or none.
    Where a page never `loads` whole, opening it waits for its own text alone."""
    opened, found = {
        "chromium": (chromium.started, programs.chromium),
        "firefox": (webdriver.firefox, programs.firefox),
        "webkit": (webdriver.webkit, programs.webkit_driver),
    }[name]
    if not found():
        pytest.skip(f"{name} is not installed")
    with opened(cookies, scripts, loads) as window:
        yield window
