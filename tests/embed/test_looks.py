"""What can be measured of how it looks: on a phone, in the dark, for who wants nothing to move."""

import base64
from typing import Any

import pytest
from django.urls import reverse

from callbacks.models import Widget
from callbacks.widgets.colours import CONTROL_CONTRAST, contrast
from tests.support.browsers.pages import FORM, box, element, inside, loaded
from tests.support.browsers.shop import Shop
from tests.support.browsers.start import NAMES, browser
from tests.support.factories import make_request, make_widget

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

FITS = f"""
const {{ left, right, top, bottom }} = {box()}.getBoundingClientRect();
return left >= 0 && right <= innerWidth && top >= 0 && bottom <= innerHeight
  && document.documentElement.scrollWidth <= innerWidth;
"""
# Under 16px a phone zooms in; under 24px a finger misses (WCAG 2.5.8).
FIELDS = """
return [...document.querySelectorAll("input:not([type=hidden], [tabindex]), form button")].map(
  (e) => [e.id, parseFloat(getComputedStyle(e).fontSize), e.offsetHeight]);
"""
SHADE = """
async ({ png, x, y }) => {
  const image = new Image();
  image.src = png;
  await image.decode();
  const canvas = new OffscreenCanvas(image.width, image.height).getContext("2d");
  canvas.drawImage(image, 0, 0);
  return Math.max(...canvas.getImageData(x, y, 1, 1).data.slice(0, 3));
}
"""
# The colours of what surrounds each control, and of its border.
BORDERS = """
const hex = (colour) => "#" + colour.match(/\\d+/g).slice(0, 3)
  .map((channel) => Number(channel).toString(16).padStart(2, "0")).join("");
const ground = hex(getComputedStyle(document.querySelector("main")).backgroundColor);
return [...document.querySelectorAll("#number, #email, #consent, main .button")].map((e) =>
  [e.id || e.textContent, ground, hex(getComputedStyle(e).borderTopColor)]);
"""


@pytest.mark.parametrize("size", [(390, 844), (320, 568), (844, 390)], ids=str)
def test_a_phone(size: tuple[int, int], site: str, shop: Shop, widget: Widget) -> None:
    with browser("chromium") as window:
        window.page.set_viewport_size({"width": size[0], "height": size[1]})
        loaded(window, shop.page("/boats", element(site, widget)))
        window.click("call-me-back a")
        window.wait(FORM, 0)
        for _state in ("the form", "problems"):
            window.wait(
                f"return {box()}.getAttribute('aria-label').includes(\"We'll call you back\")"
            )
            window.wait(FITS)
            assert window.js("return document.documentElement.scrollWidth <= innerWidth", 0)
            fields = window.js(FIELDS, 0)
            assert [name for name, _size, _height in fields] == ["number", "email", "consent", ""]
            for name, font, height in fields:
                assert font >= 16, name
                assert height >= 24, name
            window.click("form button", 0)
            window.wait("return Boolean(document.getElementById('problem'))", 0)


@pytest.mark.parametrize(
    ("device", "theme", "is_dark"),
    [("dark", "auto", True), ("light", "dark", True), ("dark", "light", False)],
)
def test_no_white_box_in_the_dark(
    device: str, theme: str, is_dark: bool, site: str, shop: Shop, widget: Widget
) -> None:
    """Neither while the frame is on its way nor when it is there; and no dark one in the light."""
    held: list[Any] = []
    with browser("chromium") as window:
        window.page.emulate_media(color_scheme=device)
        window.page.route(f"{site}/embed/*/**", lambda route: held.append(route))
        loaded(window, shop.page("/boats", element(site, widget, f'theme="{theme}"')))
        window.click("call-me-back a")
        window.wait(f"return {box()}.open")
        window.until(lambda: held, "the request of the frame")
        assert (shade(window) < 64) is is_dark
        held.pop().continue_()
        window.wait(f"return {box()}.getAttribute('aria-label') === \"We'll call you back\"")
        window.until(lambda: (shade(window) < 64) is is_dark, "the colours of the frame")


def shade(window: Any) -> int:
    """The brightest channel, 0 to 255, of a pixel of the frame where nothing stands."""
    x, y = window.js(
        f"const r = {box()}.querySelector('iframe').getBoundingClientRect(); "
        "return [r.left + 4, r.top + r.height / 2]"
    )
    png = "data:image/png;base64," + base64.b64encode(window.page.screenshot()).decode()
    paper = window.page.context.new_page()
    found = paper.evaluate(SHADE, {"png": png, "x": round(x), "y": round(y)})
    paper.close()
    return int(found)


@pytest.mark.parametrize(("wish", "moving"), [("reduce", 0), ("no-preference", 1)])
def test_nothing_moves_for_who_wants_that(wish: str, moving: int, site: str) -> None:
    request = make_request()
    with browser("chromium") as window:
        window.page.emulate_media(reduced_motion=wish)
        window.open(site + request.get_absolute_url())
        window.wait("return document.querySelector('main[data-status=queued]')?.offsetHeight")
        assert window.js("return document.getAnimations().length") == moving


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_two_things_to_do_about_a_request_look_alike(
    scheme: str, site: str, widget: Widget
) -> None:
    """The sender sees two buttons, anybody else two links; the link after them stands apart."""
    look = (
        "return [...document.querySelectorAll('.while-queued .button')].map((e) => {"
        " const { color, backgroundColor, borderColor, height } = getComputedStyle(e);"
        " return [e.localName, color, backgroundColor, borderColor, height].join(' '); })"
    )
    with browser("chromium") as window:
        window.page.emulate_media(color_scheme=scheme)
        window.open(site + widget.get_absolute_url())
        window.type("#number", "06 12 34 56 78")
        window.type("#email", "jo@example.fr")
        window.click("#consent")
        window.click("form button")
        found = []
        for name in ("button", "a"):
            window.wait("return document.querySelector('main[data-status=queued]')?.offsetHeight")
            looks = [line.split(" ", 1) for line in window.js(look)]
            assert [element for element, _look in looks] == [name, name]
            found += [look for _element, look in looks]
            window.open(window.url())
        assert len(set(found)) == 1
        assert window.js(
            "return document.querySelector('.never').getBoundingClientRect().top"
            " - document.querySelector('.while-queued').getBoundingClientRect().bottom >= 16"
        )


@pytest.mark.parametrize("name", NAMES)
def test_the_panel_of_a_paused_widget_is_as_high_as_its_text(
    name: str, site: str, shop: Shop
) -> None:
    paused = make_widget(allowed_origins=[shop.url], is_paused=True, language="en")
    padding = 24  # CSS pixels under the last line
    with browser(name) as window:
        loaded(window, shop.page("/paused", element(site, paused)))
        window.click("call-me-back a")
        window.wait(f"return {box()}?.className === 'box'")
        assert window.js("return document.querySelector('form')", 0) is None
        bottom = window.js(
            "return [...document.querySelectorAll('main > *')].at(-1)"
            ".getBoundingClientRect().bottom",
            0,
        )
        height = f"{inside('iframe')}.getBoundingClientRect().height"
        window.wait(f"return Math.abs({height} - {bottom + padding}) <= 1")
        assert window.js(f"return {box()}.getBoundingClientRect().height - {height}") <= 2


@pytest.mark.parametrize("theme", ["", "dark", "light"], ids=["the device's", "dark", "light"])
@pytest.mark.parametrize("device", ["dark", "light"])
def test_controls_are_seen_against_what_is_around_them(
    device: str, theme: str, site: str, widget: Widget
) -> None:
    """The box that nobody has ticked yet as well, which looked disabled in the dark."""
    call_request = make_request(widget=widget)
    form, status = (
        f"{site}{reverse(f'embed:{page}', args=[key])}?theme={theme}"
        for page, key in (("form", widget.public_id), ("status", call_request.token))
    )
    with browser("chromium") as window:
        window.page.emulate_media(color_scheme=device)
        seen = []
        for address in (form, status):
            window.open(address)
            seen += window.js(BORDERS)
        assert [name for name, _ground, _border in seen][:3] == ["number", "email", "consent"]
        assert len(seen) == 5
        for name, ground, border in seen:
            assert contrast(ground, border) >= CONTROL_CONTRAST, name
        is_dark = (theme or device) == "dark"
        assert {ground for _name, ground, _border in seen} == {"#20242c" if is_dark else "#ffffff"}
