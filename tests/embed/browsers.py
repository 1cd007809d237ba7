"""Real browsers behind one small interface: Chromium by Playwright, Firefox and WebKitGTK by
Selenium. What is clicked and typed goes through the browser, as from a person.
"""

import json
import os
import shutil
import subprocess
import tempfile
import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests import programs

PATIENCE = 20.0
NAMES = ("chromium", "firefox", "webkit")
# The frame of the nth widget on the page; its shadow root is open.
FRAME = "document.querySelectorAll('call-me-back')[{0}]?.shadowRoot?.querySelector('iframe')"


class Browser:
    """One window. `widget` counts the widgets on the page; code is JavaScript with a `return`."""

    name = ""

    def open(self, url: str) -> None:
        raise NotImplementedError

    def js(self, code: str, widget: int | None = None) -> Any:
        """What the code gives, in the page or in the frame of a widget."""
        raise NotImplementedError

    def click(self, css: str, widget: int | None = None) -> None:
        raise NotImplementedError

    def hover(self, css: str) -> None:
        raise NotImplementedError

    def type(self, css: str, text: str, widget: int | None = None) -> None:
        raise NotImplementedError

    def escape(self, widget: int | None = None) -> None:
        """Presses the key where the focus is."""
        raise NotImplementedError

    def screenshot(self, path: Path) -> None:
        raise NotImplementedError

    def url(self) -> str:
        """The page's address."""
        raise NotImplementedError

    def send_form_in_frame(self, number: str, email: str) -> None:
        """Fills and sends the form in the page's only frame, without the help of a script."""
        raise NotImplementedError

    def text_in_frame(self) -> str:
        """What the page's only frame shows."""
        raise NotImplementedError

    def wait(self, code: str, widget: int | None = None) -> Any:
        """Returns what the code gives, once that is true; fails when it never is."""
        return self.until(lambda: self.js(code, widget), code)

    def until(self, condition: Callable[[], Any], what: str) -> Any:
        end = time.monotonic() + PATIENCE
        error: Exception | None = None
        while time.monotonic() < end:
            try:
                if found := condition():
                    return found
            except Exception as current:  # the frame is on its way to another page
                error = current
            time.sleep(0.05)
        raise AssertionError(f"{self.name}: waited in vain for {what}") from error


class Chromium(Browser):
    name = "chromium"

    def __init__(self, page: Any) -> None:
        self.page = page
        self.errors: list[str] = []
        page.on("pageerror", lambda error: self.errors.append(str(error)))

    def open(self, url: str) -> None:
        self.page.goto(url)

    def _in(self, widget: int | None) -> Any:
        if widget is None:
            return self.page
        frame = self.page.evaluate_handle(FRAME.format(widget)).as_element()
        assert frame, "there is no frame"
        return frame.content_frame()

    def js(self, code: str, widget: int | None = None) -> Any:
        return self._in(widget).evaluate(f"() => {{ {code} }}")

    def click(self, css: str, widget: int | None = None) -> None:
        self._in(widget).click(css)

    def hover(self, css: str) -> None:
        self.page.hover(css)

    def type(self, css: str, text: str, widget: int | None = None) -> None:
        self._in(widget).fill(css, text)

    def escape(self, widget: int | None = None) -> None:
        self.page.keyboard.press("Escape")

    def screenshot(self, path: Path) -> None:
        self.page.screenshot(path=str(path))

    def url(self) -> str:
        return str(self.page.url)

    def send_form_in_frame(self, number: str, email: str) -> None:
        frame = self.page.frame_locator("iframe")
        frame.locator("#number").fill(number)
        frame.locator("#email").fill(email)
        frame.locator("#consent").check()
        frame.locator("form button").click()

    def text_in_frame(self) -> str:
        return str(self.page.frame_locator("iframe").locator("body").inner_text())


class Selenium(Browser):
    def __init__(self, name: str, driver: Any) -> None:
        self.name = name
        self.driver = driver

    def open(self, url: str) -> None:
        self.driver.get(url)

    def _switch(self, widget: int | None) -> None:
        self.driver.switch_to.default_content()
        if widget is not None:
            frame = self.driver.execute_script(f"return {FRAME.format(widget)}")
            assert frame, "there is no frame"
            self.driver.switch_to.frame(frame)

    def js(self, code: str, widget: int | None = None) -> Any:
        self._switch(widget)
        return self.driver.execute_script(code)

    def _find(self, css: str, widget: int | None) -> Any:
        self._switch(widget)
        return self.driver.find_element("css selector", css)

    def click(self, css: str, widget: int | None = None) -> None:
        self._find(css, widget).click()

    def hover(self, css: str) -> None:
        from selenium.webdriver import ActionChains

        ActionChains(self.driver).move_to_element(self._find(css, None)).perform()

    def type(self, css: str, text: str, widget: int | None = None) -> None:
        element = self._find(css, widget)
        element.clear()
        element.send_keys(text)

    def escape(self, widget: int | None = None) -> None:
        from selenium.webdriver import ActionChains, Keys

        self._switch(widget)
        ActionChains(self.driver).send_keys(Keys.ESCAPE).perform()

    def screenshot(self, path: Path) -> None:
        self.driver.save_screenshot(str(path))

    def url(self) -> str:
        return str(self.driver.current_url)

    def send_form_in_frame(self, number: str, email: str) -> None:
        self._switch_to_only_frame()
        from selenium.webdriver import ActionChains

        for css, text in (("#number", number), ("#email", email)):
            self.driver.find_element("css selector", css).click()
            ActionChains(self.driver).send_keys(text).perform()
        for css in ("#consent", "form button"):
            self.driver.find_element("css selector", css).click()

    def text_in_frame(self) -> str:
        self._switch_to_only_frame()
        return str(self.driver.find_element("css selector", "body").text)

    def _switch_to_only_frame(self) -> None:
        self.driver.switch_to.default_content()
        self.driver.switch_to.frame(self.driver.find_element("css selector", "iframe"))


@contextmanager
def browser(name: str, *, cookies: bool = False, scripts: bool = True) -> Iterator[Browser]:
    """A browser of its own, with third-party `cookies` allowed or refused, `scripts` or none."""
    opened, found = {
        "chromium": (_chromium, programs.chromium),
        "firefox": (_firefox, programs.firefox),
        "webkit": (_webkit, programs.webkit_driver),
    }[name]
    if not found():
        pytest.skip(f"{name} is not installed")
    with opened(cookies, scripts) as started:
        yield started


CHROMIUM_ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@contextmanager
def _chromium(cookies: bool, scripts: bool) -> Iterator[Browser]:
    from playwright.sync_api import sync_playwright

    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        preferences = Path(folder, "Default", "Preferences")
        preferences.parent.mkdir()
        preferences.write_text(
            json.dumps(
                {
                    "profile": {
                        "cookie_controls_mode": 0 if cookies else 1,
                        "block_third_party_cookies": not cookies,
                    }
                }
            )
        )
        context = playwright.chromium.launch_persistent_context(
            folder,
            executable_path=str(programs.chromium()),
            args=CHROMIUM_ARGUMENTS,
            headless=True,
            java_script_enabled=scripts,
            locale="en-GB",
        )
        try:
            yield Chromium(context.pages[0])
        finally:
            context.close()


@contextmanager
def _firefox(cookies: bool, scripts: bool) -> Iterator[Browser]:
    from selenium import webdriver
    from selenium.webdriver.firefox.service import Service

    options = webdriver.FirefoxOptions()
    options.binary_location = str(programs.firefox())
    options.add_argument("-headless")
    # 5: cross-site cookies are kept apart, as Firefox ships; 1: third-party cookies are refused.
    options.set_preference("network.cookie.cookieBehavior", 0 if cookies else 1)
    options.set_preference("javascript.enabled", scripts)
    options.set_preference("intl.accept_languages", "en-GB")
    service = Service(str(programs.geckodriver()), log_output=subprocess.DEVNULL)
    driver = webdriver.Firefox(options=options, service=service)
    try:
        yield Selenium("firefox", driver)
    finally:
        driver.quit()


@contextmanager
def _webkit(cookies: bool, scripts: bool) -> Iterator[Browser]:
    from selenium import webdriver
    from selenium.webdriver.webkitgtk.service import Service

    options = webdriver.WebKitGTKOptions()
    options.binary_location = str(programs.webkit_browser())
    options.add_argument("--automation")
    if not cookies:
        options.add_argument("--enable-itp")
    if not scripts:
        options.add_argument("--enable-javascript=FALSE")
    options.set_capability("browserName", "MiniBrowser")
    with _display() as display:
        service = Service(
            str(programs.webkit_driver()),
            log_output=subprocess.DEVNULL,
            env=os.environ | {"DISPLAY": display, "LANG": "en_GB.UTF-8", "LANGUAGE": "en_GB"},
        )
        with warnings.catch_warnings():
            # Selenium's own, between two of its modules.
            warnings.simplefilter("ignore", DeprecationWarning)
            driver = webdriver.WebKitGTK(options=options, service=service)
        try:
            yield Selenium("webkit", driver)
        finally:
            driver.quit()


@contextmanager
def _display() -> Iterator[str]:
    """A screen that nobody sees: WebKitGTK has no mode without one."""
    reads, writes = os.pipe()
    server = subprocess.Popen(
        [shutil.which("Xvfb") or "Xvfb", "-displayfd", str(writes), "-screen", "0", "1280x900x24"],
        pass_fds=[writes],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    os.close(writes)
    try:
        with os.fdopen(reads) as told:
            yield f":{told.readline().strip()}"
    finally:
        server.terminate()
        server.wait()
