"""The demo's shop, page by page: what sites do to somebody else's script, on purpose or not."""

import threading
from collections.abc import Iterator

import pytest

from deploy.shop import FILES, Shop  # type: ignore[attr-defined]
from tests.support.browsers.pages import FORM, box, inside, loaded
from tests.support.browsers.start import NAMES, browser
from tests.support.browsers.window import Browser
from tests.support.factories import make_widget
from tests.support.servers import free_port

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

LOOKS = """
const { width, height } = element.getBoundingClientRect();
const style = getComputedStyle(element);
return [Math.round(width), Math.round(height), style.fontSize, style.fontStyle, style.letterSpacing,
  style.textTransform, style.whiteSpace, style.wordSpacing, style.textIndent].join();
"""
PLAIN = "16px,normal,normal,none,normal,0px,0px"


@pytest.fixture
def rivage(site: str) -> Iterator[str]:
    """The shop's address; its widget is the first."""
    port = free_port()
    url = f"http://shop.localhost:{port}"
    widget = make_widget(allowed_origins=[url])
    shop = Shop(port, site, widget.public_id)
    thread = threading.Thread(target=shop.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield url
    finally:
        shop.shutdown()
        thread.join()
        shop.server_close()


def looks(window: Browser, element: str) -> str:
    return str(window.js(f"const element = {element}; {LOOKS}"))


def is_on_top(window: Browser, element: str) -> bool:
    """Whether who clicks on the middle of it clicks on it."""
    return bool(
        window.js(
            f"const {{ left, top, width, height }} = {element}.getBoundingClientRect();"
            f"const at = [left + width / 2, top + height / 2];"
            f"const root = {element}.getRootNode();"
            f"return root.elementFromPoint(...at) === {element}"
        )
    )


def opened(window: Browser, widget: int = 0) -> None:
    window.wait(f"return {box(widget)}?.className === 'box'")
    window.wait(FORM, widget)


def test_the_first_page_leads_to_all_others(rivage: str) -> None:
    pages = {path for path, file in FILES.items() if file.suffix == ".html"} - {"/"}
    assert len(pages) == 5
    with browser("chromium") as window:
        loaded(window, f"{rivage}/")
        links = "return [...document.querySelectorAll('#pages a')].map((a) => a.pathname)"
        assert set(window.js(links)) == pages
        for page in pages:
            window.open(rivage + page)
            window.click("nav a")
            window.until(lambda: window.url() == f"{rivage}/", "the first page")
        assert window.errors == []


@pytest.mark.parametrize("name", NAMES)
def test_a_hostile_style_sheet_changes_nothing_in_the_widget(name: str, rivage: str) -> None:
    """Whatever size a theme gives to the root, panel and button have the same."""
    button = inside(".float", 2)
    with browser(name) as window:
        loaded(window, f"{rivage}/theme")
        window.click(".cookies button")
        for root in ("62.5%", "40px"):
            window.js(f"document.documentElement.style.fontSize = '{root}'")
            _width, height, rest = looks(window, button).split(",", 2)
            assert (height, rest) == ("48", PLAIN)
        window.click("#link a")
        opened(window)
        width, _height, _rest = looks(window, box()).split(",", 2)
        assert width == "432"
        assert looks(window, inside(".close")) == f"44,44,{PLAIN}"
        window.click_on(inside(".close"))
        window.wait(f"return !{box()}.open")
        window.click("#panel a")
        opened(window, 1)
        assert looks(window, box(1)).startswith("432,")


@pytest.mark.parametrize("name", NAMES)
def test_the_floating_button_is_above_everything_and_clear_of_the_cookie_bar(
    name: str, rivage: str
) -> None:
    """Also where an ancestor's transform would have taken it out of the window."""
    button = inside(".float", 2)
    gap = f"return Math.round(innerHeight - {button}.getBoundingClientRect().bottom)"
    with browser(name) as window:
        loaded(window, f"{rivage}/theme")
        assert window.js(gap) == 120
        assert is_on_top(window, button)
        window.js("document.querySelector('.cookies').style.height = '100%'")
        assert is_on_top(window, button)
        window.js("document.querySelector('.cookies').style.height = ''")
        window.click(".cookies button")
        window.until(lambda: window.js(gap) == 16, "the button at the edge")
        window.click_on(button)
        opened(window, 2)


@pytest.mark.parametrize("name", NAMES)
def test_a_copied_and_moved_script_knows_where_the_form_is(
    name: str, site: str, rivage: str
) -> None:
    """And only there it passes on what the page has told it."""
    with browser(name) as window:
        loaded(window, f"{rivage}/optimiser")
        assert not window.js("return Boolean(document.querySelector('script[data-src]'))")
        window.js("CallMeBack('prefill', { number: '0611223344' })")
        window.click(".act button")
        opened(window)
        assert window.js(f"return {inside('iframe')}.src").startswith(f"{site}/embed/")
        window.wait("return document.getElementById('number').value === '0611223344'", 0)


@pytest.mark.parametrize("name", NAMES)
def test_a_translated_page_has_a_translated_button_and_form(name: str, rivage: str) -> None:
    button = inside(".float")
    with browser(name) as window:
        loaded(window, f"{rivage}/translator")
        window.click_on(button)
        opened(window)
        assert window.js("return document.documentElement.lang", 0) == "en"
        window.click_on(inside(".close"))
        window.click("#translate")
        window.wait(f"return {button}.textContent === 'Rappelez-moi'")
        window.click_on(button)
        opened(window)
        window.wait("return document.documentElement.lang === 'fr'", 0)


@pytest.mark.parametrize("name", NAMES)
def test_from_right_to_left(name: str, rivage: str) -> None:
    """The button is at the end of the line, which is left; the panel reads as its form does."""
    button = inside(".float", 1)
    with browser(name) as window:
        loaded(window, f"{rivage}/right-to-left")
        assert window.js(f"return Math.round({button}.getBoundingClientRect().left)") == 16
        window.js(f"{button}.getRootNode().host.setAttribute('position', 'right')")
        end = f"{button}.getBoundingClientRect().right"
        assert window.js(f"return Math.round(document.documentElement.clientWidth - {end})") == 16
        window.click("#link a")
        opened(window)
        cross = f"{inside('.close')}.getBoundingClientRect()"
        assert window.js(f"return {cross}.left > {box()}.getBoundingClientRect().right - 60")
        heading = window.js("return document.querySelector('h1').textContent", 0)
        assert heading == "We'll call you back"


@pytest.mark.parametrize("name", NAMES)
def test_a_dialog_of_the_site_that_keeps_the_focus(name: str, rivage: str) -> None:
    """From a shadow tree inside it, and from the text in a link: × closes, the focus goes back.

    The focus goes to what was clicked, as in Safari, where a click focuses no button and no link:
    a dialog that closes by itself would give it to what had it before the click.
    """
    focused_by_no_click = "addEventListener('mousedown', (event) => event.preventDefault(), true)"
    help_button = "document.querySelector('shop-help').shadowRoot.querySelector('button')"
    with browser(name) as window:
        loaded(window, f"{rivage}/dialog")
        window.js(focused_by_no_click)
        window.click("#book")
        window.js("document.activeElement.blur()")
        window.click("call-me-back span")
        opened(window)
        window.wait(
            f"return {inside('iframe')}.getRootNode().activeElement?.localName === 'iframe'"
        )
        window.click_on(inside(".close"))
        window.wait(f"return !{box()}.open")
        window.wait("return document.activeElement.matches('call-me-back a')")
        window.js("document.activeElement.blur()")
        window.click_on(help_button)
        window.wait(f"return {box()}.open")
        window.click_on(inside(".close"))
        window.wait(f"return !{box()}.open")
        window.wait(f"return {help_button}.getRootNode().activeElement === {help_button}")
        # The site's dialog is open all the while.
        assert not window.js("return document.querySelector('.trap').hidden")
        window.click("#done")
        assert window.js("return document.querySelector('.trap').hidden")


def test_the_keyboard_in_the_panel_above_such_a_dialog(rivage: str) -> None:
    with browser("chromium") as window:
        loaded(window, f"{rivage}/dialog")
        window.click("#book")
        window.click("call-me-back a")
        opened(window)
        window.wait("return document.hasFocus()", 0)
        window.js("document.getElementById('number').focus()", 0)
        # Backwards, the way leads out of the page and in again.
        window.page.keyboard.press("Shift+Tab")
        window.wait("return !document.hasFocus()", 0)
        window.page.keyboard.press("Shift+Tab")
        active = f"{inside('iframe')}.getRootNode().activeElement?.className"
        window.wait(f"return {active} === 'close'")
        window.page.keyboard.press("Enter")
        window.wait(f"return !{box()}.open")
        assert not window.js("return document.querySelector('.trap').hidden")


def test_nothing_of_it_is_printed(rivage: str) -> None:
    with browser("chromium") as window:
        loaded(window, f"{rivage}/theme")
        window.js("document.querySelector('.cookies').remove()")
        shown = f"return {inside('.float', 2)}.checkVisibility()"
        assert window.js(shown)
        window.page.emulate_media(media="print")
        assert not window.js(shown)
