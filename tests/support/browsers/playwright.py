"""Start Playwright once in each test process: a second one would refuse to start."""

from functools import cache

from playwright.sync_api import Browser, Playwright, sync_playwright

from tests.support import programs

ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-background-networking"]


@cache
def playwright() -> Playwright:
    """Return Playwright; start it the first time."""
    return sync_playwright().start()


@cache
def chromium() -> Browser:
    """Return the Chromium for all tests that need no special one; each has its own context."""
    return playwright().chromium.launch(executable_path=str(programs.chromium()), args=ARGUMENTS)


def end() -> None:
    """Stop what was started."""
    if chromium.cache_info().currsize:
        chromium().close()
    if playwright.cache_info().currsize:
        playwright().stop()
