"""What a test does with a browser, whichever it is: what is clicked and typed goes through it, as
from a person."""

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

PATIENCE = 20.0
# The frame of the nth widget on the page; its shadow root is open.
FRAME = "document.querySelectorAll('call-me-back')[{0}]?.shadowRoot?.querySelector('iframe')"


class Browser:
    """One window. `widget` counts the widgets on the page; code is JavaScript with a `return`."""

    name = ""
    # What drives it: what it has of its own, a test of one browser alone may use.
    page: Any
    errors: list[str]

    def open(self, url: str) -> None:
        raise NotImplementedError

    def js(self, code: str, widget: int | None = None) -> Any:
        """What the code gives, in the page or in the frame of a widget."""
        raise NotImplementedError

    def click(self, css: str, widget: int | None = None) -> None:
        raise NotImplementedError

    def click_on(self, element: str) -> None:
        """Clicks the element that this expression gives, which may be in a shadow tree."""
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

    def js_in_frame(self, code: str, depth: int = 1) -> Any:
        """What the code gives in the page's only frame, or, deeper, in the only one inside it."""
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
