"""Define what a test does with any browser: it clicks and types like a person."""

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

PATIENCE = 20.0
# The frame of the nth widget on the page. Its shadow root is open.
FRAME = "document.querySelectorAll('call-me-back')[{0}]?.shadowRoot?.querySelector('iframe')"


class Browser:
    """One window; `widget` is the place of a widget on the page, code is JavaScript."""

    name = ""
    # The driver's own page object, for tests of one browser only.
    page: Any
    errors: list[str]

    def open(self, url: str) -> None:
        raise NotImplementedError

    def js(self, code: str, widget: int | None = None) -> Any:
        """Run the code (with a `return`) in the page or in a widget's frame; return its value."""
        raise NotImplementedError

    def click(self, css: str, widget: int | None = None) -> None:
        raise NotImplementedError

    def click_on(self, element: str) -> None:
        """Click the element that this expression returns; it may be in a shadow tree."""
        raise NotImplementedError

    def hover(self, css: str) -> None:
        raise NotImplementedError

    def type(self, css: str, text: str, widget: int | None = None) -> None:
        raise NotImplementedError

    def select(self, css: str, value: str) -> None:
        """Choose the option with this value in a menu of the page itself."""
        raise NotImplementedError

    def text(self, css: str) -> str:
        """Return the text that is shown in an element of the page, also without scripts."""
        raise NotImplementedError

    def escape(self, widget: int | None = None) -> None:
        """Press Escape where the focus is."""
        raise NotImplementedError

    def screenshot(self, path: Path) -> None:
        raise NotImplementedError

    def url(self) -> str:
        """Return the page's address."""
        raise NotImplementedError

    def js_in_frame(self, code: str, depth: int = 1) -> Any:
        """Run the code in the only frame at this depth, and return its value."""
        raise NotImplementedError

    def send_form_in_frame(self, number: str, email: str) -> None:
        """Fill in and send the form in the page's only frame, without the help of a script."""
        raise NotImplementedError

    def text_in_frame(self) -> str:
        """Return the text of the page's only frame."""
        raise NotImplementedError

    def wait(self, code: str, widget: int | None = None) -> Any:
        """Return the code's value once it is true; fail if it never is."""
        return self.until(lambda: self.js(code, widget), code)

    def until(self, condition: Callable[[], Any], what: str) -> Any:
        end = time.monotonic() + PATIENCE
        error: Exception | None = None
        while time.monotonic() < end:
            try:
                if found := condition():
                    return found
            except Exception as current:  # the frame is loading another page
                error = current
            time.sleep(0.05)
        raise AssertionError(f"{self.name}: waited in vain for {what}") from error
