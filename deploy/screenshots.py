#!/usr/bin/env python
"""Take the screenshots in docs/screenshots/ again: `make screenshots`.

The site runs without a worker, so that each request keeps the status that a screenshot shows. The
shop of the demo shows the widget. This needs Chromium.
"""

import base64
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from deploy import booking_screenshots  # noqa: E402
from deploy.shop import Shop  # noqa: E402
from tests.support import programs  # noqa: E402
from tests.support.servers import free_port  # noqa: E402
from tests.support.site_processes import Site  # noqa: E402

FOLDER = ROOT / "docs" / "screenshots"
PHONE, DESKTOP = (390, 844), (1100, 740)
SHOWN = 240  # width of one phone on the sheet, in pixels
IN_A_ROW = 4
SETTLED = 300  # ms that the panel needs to reach its height
DIALOG = ".act call-me-back"
SHEET = """
<style>
body {{ display: flex; flex-wrap: wrap; gap: 20px; margin: 0; padding: 24px; background: {ground} }}
img {{ border-radius: 16px; box-shadow: 0 2px 16px rgb(0 0 0 / 35%) }}
</style>
{images}
"""


@dataclass(frozen=True)
class Running:
    site: Site
    widget: str
    shop: str

    @property
    def form(self) -> str:
        """The address of the form as a page."""
        return f"{self.site.url}/w/{self.widget}/"


@contextmanager
def running() -> Iterator[Running]:
    """Run the site and the shop, each on its own origin, until the block ends."""
    port = free_port()
    shop_url = f"http://shop.localhost:{port}"
    with (
        tempfile.TemporaryDirectory() as folder,
        Site(Path(folder), require_two_factor="false") as site,
    ):
        site.start("web")
        widget = site.create_widget(allowed_origins=[shop_url], accent_colour="#0f766e")
        shop = Shop(port, site.url, widget)
        thread = threading.Thread(target=shop.serve_forever, daemon=True)
        thread.start()
        try:
            yield Running(site, widget, shop_url)
        finally:
            shop.shutdown()
            shop.server_close()


def main() -> None:
    from playwright.sync_api import sync_playwright

    FOLDER.mkdir(exist_ok=True)
    with running() as place, sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=str(programs.chromium()), args=["--no-sandbox", "--disable-gpu"]
        )
        desktop(browser, place)
        for scheme, language in (("light", "en-GB"), ("dark", "fr-FR")):
            states(browser, place, scheme, language)
        bookings(browser, place)
        browser.close()


def desktop(browser: Any, place: Running) -> None:
    """Take the shop with the dialog open, and the form as a page."""
    page = _page(browser, DESKTOP, "light", "en-GB")
    page.goto(place.shop)
    _opened(page)
    page.screenshot(path=str(FOLDER / "shop.png"))
    page.goto(place.form)
    page.screenshot(path=str(FOLDER / "form.png"))
    page.context.close()


def states(browser: Any, place: Running, scheme: str, language: str) -> None:
    """Take what a visitor sees on a phone, from the form to the call or to a failure."""
    page = _page(browser, PHONE, scheme, language)
    page.goto(place.form)
    pictures = [page.screenshot()]
    page.goto(place.shop)
    # The shop is in English, and the form would follow it.
    page.locator(DIALOG).evaluate("(widget, code) => { widget.lang = code }", language[:2])
    frame = _opened(page)
    pictures.append(page.screenshot())
    frame.locator("form button").click()
    frame.locator("#problem").wait_for()
    page.wait_for_timeout(SETTLED)
    pictures.append(page.screenshot())
    frame.locator("#number").fill("06 12 34 56 78" if scheme == "light" else "06 12 34 56 79")
    frame.locator("#email").fill("jo@example.fr")
    frame.locator("#consent").check()
    frame.locator("form button").click()
    for status in ("queued", "calling", "called", "failed", "uncertain"):
        place.site.query(f"CallRequest.objects.update(status='{status}')")
        if status in ("failed", "uncertain"):  # the page of a finished request asks no more
            frame.locator("main").evaluate("location.reload()")
        frame.locator(f"main[data-status={status}]").wait_for()
        page.wait_for_timeout(SETTLED)
        pictures.append(page.screenshot())
    page.context.close()
    _sheet(browser, pictures, FOLDER / f"states-{scheme}.png", scheme)


def bookings(browser: Any, place: Running) -> None:
    """Take time slots and opening hours, as visitors and as staff see them."""
    booked = booking_screenshots.prepare(place.site)
    for scheme, language, number in (
        ("light", "en-GB", "06 12 34 56 80"),
        ("dark", "fr-FR", "06 12 34 56 81"),
    ):
        page = _page(browser, PHONE, scheme, language)
        pictures = booking_screenshots.of_visitors(page, booked, number)
        page.context.close()
        _sheet(browser, pictures, FOLDER / f"booking-{scheme}.png", scheme)
        page = _page(browser, booking_screenshots.STAFF, scheme, language)
        booking_screenshots.of_staff(page, booked, FOLDER, scheme)
        page.context.close()


def _page(browser: Any, size: tuple[int, int], scheme: str, language: str) -> Any:
    context = browser.new_context(
        viewport={"width": size[0], "height": size[1]},
        color_scheme=scheme,
        locale=language,
        timezone_id="Europe/Paris",
        reduced_motion="reduce",
    )
    return context.new_page()


def _opened(page: Any) -> Any:
    """Open the dialog, and return its frame once it is as high as its content."""
    page.click(f"{DIALOG} a")
    frame = page.frame_locator(f"{DIALOG} iframe")
    frame.locator("#number").wait_for()
    page.wait_for_timeout(SETTLED)
    return frame


def _sheet(browser: Any, pictures: list[bytes], path: Path, scheme: str) -> None:
    images = "".join(
        f'<img src="data:image/png;base64,{base64.b64encode(p).decode()}" width="{SHOWN}">'
        for p in pictures
    )
    rows = -(-len(pictures) // IN_A_ROW)
    width = IN_A_ROW * (SHOWN + 20) + 28
    height = rows * (SHOWN * PHONE[1] // PHONE[0] + 20) + 28
    page = browser.new_page(viewport={"width": width, "height": height})
    page.set_content(SHEET.format(images=images, ground="#e7e5df" if scheme == "light" else "#000"))
    page.screenshot(path=str(path))
    page.close()


if __name__ == "__main__":
    main()
