"""Drive Chromium with Playwright."""

import json
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.support import programs
from tests.support.browsers.playwright import playwright
from tests.support.browsers.window import FRAME, Browser

ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


class Chromium(Browser):
    name = "chromium"

    def __init__(self, page: Any, until_it: str = "load") -> None:
        self.page = page
        self.until_it = until_it
        self.errors: list[str] = []
        page.on("pageerror", lambda error: self.errors.append(str(error)))

    def open(self, url: str) -> None:
        self.page.goto(url, wait_until=self.until_it)

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

    def click_on(self, element: str) -> None:
        self.page.evaluate_handle(element).as_element().click()

    def hover(self, css: str) -> None:
        self.page.hover(css)

    def type(self, css: str, text: str, widget: int | None = None) -> None:
        self._in(widget).fill(css, text)

    def select(self, css: str, value: str) -> None:
        self.page.select_option(css, value)

    def text(self, css: str) -> str:
        return str(self.page.inner_text(css))

    def escape(self, widget: int | None = None) -> None:
        self.page.keyboard.press("Escape")

    def screenshot(self, path: Path) -> None:
        self.page.screenshot(path=str(path))

    def url(self) -> str:
        return str(self.page.url)

    def js_in_frame(self, code: str, depth: int = 1) -> Any:
        frame = self.page.main_frame
        for _level in range(depth):
            frame = frame.child_frames[0]
        return frame.evaluate(f"() => {{ {code} }}")

    def send_form_in_frame(self, number: str, email: str) -> None:
        frame = self.page.frame_locator("iframe")
        frame.locator("#number").fill(number)
        frame.locator("#email").fill(email)
        frame.locator("#consent").check()
        frame.locator("form button").click()

    def text_in_frame(self) -> str:
        return str(self.page.frame_locator("iframe").locator("body").inner_text())


@contextmanager
def started(cookies: bool, scripts: bool, loads: bool, time_zone: str | None) -> Iterator[Browser]:
    with tempfile.TemporaryDirectory() as folder:
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
        context = playwright().chromium.launch_persistent_context(
            folder,
            executable_path=str(programs.chromium()),
            args=ARGUMENTS,
            headless=True,
            java_script_enabled=scripts,
            locale="en-GB",
            timezone_id=time_zone,
            viewport={"width": 1280, "height": 800},  # a laptop, into which the whole form fits
        )
        try:
            yield Chromium(context.pages[0], "load" if loads else "domcontentloaded")
        finally:
            context.close()
