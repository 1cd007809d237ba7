"""Drive Firefox and WebKitGTK with Selenium."""

import os
import shutil
import subprocess
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from selenium import webdriver
from selenium.webdriver import ActionChains, Keys
from selenium.webdriver.firefox.service import Service as FirefoxService
from selenium.webdriver.webkitgtk.service import Service as WebKitService

from tests.support import programs
from tests.support.browsers.window import FRAME, PATIENCE, Browser


class Selenium(Browser):
    def __init__(self, name: str, driver: Any) -> None:
        self.name = name
        self.driver = driver
        driver.set_page_load_timeout(PATIENCE)
        driver.set_script_timeout(PATIENCE)

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

    def click_on(self, element: str) -> None:
        self._switch(None)
        self.driver.execute_script(f"return {element}").click()

    def hover(self, css: str) -> None:
        ActionChains(self.driver).move_to_element(self._find(css, None)).perform()

    def type(self, css: str, text: str, widget: int | None = None) -> None:
        element = self._find(css, widget)
        element.clear()
        element.click()  # in a frame, WebKit's driver does not focus the element itself
        element.send_keys(text)

    def select(self, css: str, value: str) -> None:
        self._find(f'{css} option[value="{value}"]', None).click()

    def text(self, css: str) -> str:
        return str(self._find(css, None).text)

    def escape(self, widget: int | None = None) -> None:
        self._switch(widget)
        ActionChains(self.driver).send_keys(Keys.ESCAPE).perform()

    def screenshot(self, path: Path) -> None:
        self.driver.save_screenshot(str(path))

    def url(self) -> str:
        return str(self.driver.current_url)

    def js_in_frame(self, code: str, depth: int = 1) -> Any:
        self.driver.switch_to.default_content()
        for _level in range(depth):
            self.driver.switch_to.frame(self.driver.find_element("css selector", "iframe"))
        return self.driver.execute_script(code)

    def send_form_in_frame(self, number: str, email: str) -> None:
        self._switch_to_only_frame()
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


# Starting Firefox takes longer than most tests. So the kind that most tests use is started once in
# each test process, and emptied after each test that passes.
USUAL = (False, True, True, None)
_kept: list[Any] = []
_EMPTY = """
const done = arguments[arguments.length - 1];
Services.clearData.deleteData(Ci.nsIClearDataService.CLEAR_ALL, { onDataDeleted: done });
"""


@contextmanager
def firefox(cookies: bool, scripts: bool, loads: bool, time_zone: str | None) -> Iterator[Browser]:
    is_usual = (cookies, scripts, loads, time_zone) == USUAL
    driver = _kept.pop() if is_usual and _kept else _firefox(cookies, scripts, loads, time_zone)
    is_empty = False
    try:
        yield Selenium("firefox", driver)
        if is_usual:
            _empty(driver)
            is_empty = True
    finally:
        if is_empty:
            _kept.append(driver)
        else:
            driver.quit()


def _firefox(cookies: bool, scripts: bool, loads: bool, time_zone: str | None) -> Any:
    options = webdriver.FirefoxOptions()
    options.binary_location = str(programs.firefox())
    options.add_argument("-headless")
    options.add_argument("-remote-allow-system-access")  # which `_empty` needs
    options.add_argument("--width=1280")
    options.add_argument("--height=1000")  # the whole form fits
    options.page_load_strategy = "normal" if loads else "eager"
    # Values: 5 keeps cross-site cookies apart (Firefox's default), 1 refuses third-party cookies.
    options.set_preference("network.cookie.cookieBehavior", 0 if cookies else 1)
    options.set_preference("javascript.enabled", scripts)
    options.set_preference("intl.accept_languages", "en-GB")
    service = FirefoxService(
        str(programs.geckodriver()), log_output=subprocess.DEVNULL, env=_environment(time_zone)
    )
    return webdriver.Firefox(options=options, service=service)


def _environment(time_zone: str | None, **more: str) -> dict[str, str]:
    """Return the environment of a browser whose clock shows the time of `time_zone`, if given."""
    return os.environ | ({"TZ": time_zone} if time_zone else {}) | more


def _empty(driver: Any) -> None:
    """Close all pages, and delete all that they left: cookies, storage, caches, permissions."""
    before = driver.window_handles
    driver.switch_to.new_window("tab")
    new = driver.current_window_handle
    for handle in before:
        driver.switch_to.window(handle)
        driver.close()
    driver.switch_to.window(new)
    with driver.context(driver.CONTEXT_CHROME):
        driver.execute_async_script(_EMPTY)


def end() -> None:
    """Stop the browser that is kept."""
    while _kept:
        _kept.pop().quit()


@contextmanager
def webkit(cookies: bool, scripts: bool, loads: bool, time_zone: str | None) -> Iterator[Browser]:
    options = webdriver.WebKitGTKOptions()
    options.binary_location = str(programs.webkit_browser())
    options.add_argument("--automation")
    options.page_load_strategy = "normal" if loads else "none"
    # Without an option, WebKitGTK accepts no third-party cookies.
    options.add_argument("--cookies-policy=always" if cookies else "--enable-itp")
    if not scripts:
        options.add_argument("--enable-javascript=FALSE")
    options.set_capability("browserName", "MiniBrowser")
    with _display() as display:
        service = WebKitService(
            str(programs.webkit_driver()),
            log_output=subprocess.DEVNULL,
            env=_environment(time_zone, DISPLAY=display, LANG="en_GB.UTF-8", LANGUAGE="en_GB"),
        )
        with warnings.catch_warnings():
            # The warning is between two modules of Selenium.
            warnings.simplefilter("ignore", DeprecationWarning)
            driver = webdriver.WebKitGTK(options=options, service=service)
        try:
            yield Selenium("webkit", driver)
        finally:
            driver.quit()


@contextmanager
def _display() -> Iterator[str]:
    """Run an invisible screen, because WebKitGTK cannot run without one."""
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
