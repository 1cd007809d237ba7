"""What stands on the element: language, theme, place, colours, what the form is filled with."""

import re

import pytest

from callbacks.models import Widget
from callbacks.widgets import loader
from tests.support.browsers.pages import DOCS, FORM, box, element, frames, loaded
from tests.support.browsers.shop import Shop
from tests.support.browsers.start import NAMES, browser

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

TYPES = (loader.STATIC / "embed" / "loader.d.ts").read_text()
LOADER = (loader.STATIC / "embed" / "loader.js").read_text()
FRAME = (loader.STATIC / "embed" / "frame.js").read_text()


def float_(code: str, widget: int = 0) -> str:
    element = f"document.querySelectorAll('call-me-back')[{widget}]"
    return f"const button = {element}.shadowRoot.querySelector('.float'); return {code}"


@pytest.mark.parametrize("name", NAMES)
def test_attributes(name: str, site: str, shop: Shop, widget: Widget) -> None:
    attributes = (
        'mode="floating" position="left" lang="fr" theme="dark" accent="#fde047" '
        'accent-text="#000000" prefill-number="06 11 22 33 44" prefill-email="jo@example.fr"'
    )
    content = element(site, widget, attributes) + element(site, widget, 'mode="floating"')
    with browser(name) as window:
        loaded(window, shop.page("/attributes", content))
        assert window.js(float_("button.getBoundingClientRect().left < innerWidth / 2", 0))
        assert window.js(float_("button.getBoundingClientRect().left > innerWidth / 2", 1))
        assert window.js(float_("getComputedStyle(button).backgroundColor")) == "rgb(253, 224, 71)"
        assert window.js(float_("getComputedStyle(button).color")) == "rgb(0, 0, 0)"
        window.js(float_("button.click()"))
        window.wait(FORM, 0)
        assert window.js("return document.documentElement.lang", 0) == "fr"
        assert window.js("return document.documentElement.dataset.theme", 0) == "dark"
        window.wait("return document.getElementById('number').value === '06 11 22 33 44'", 0)
        window.wait("return document.getElementById('email').value === 'jo@example.fr'", 0)

        # Another language and theme, as a page that is switched over changes them.
        window.js(
            "const e = document.querySelector('call-me-back'); e.lang = 'en'; "
            "e.setAttribute('theme', 'light')"
        )
        assert frames(window) == 0
        window.js(float_("button.click()"))
        window.wait(FORM, 0)
        assert window.js("return document.documentElement.lang", 0) == "en"
        assert window.js("return document.documentElement.dataset.theme", 0) == "light"

        # Without them, it is the browser's language and the device's theme.
        window.js("CallMeBack('close')")
        window.js(float_("button.click()", 1))
        window.wait(FORM, 1)
        assert window.js("return document.documentElement.lang", 1) == "en"
        assert window.js("return document.documentElement.dataset.theme ?? ''", 1) == ""


def test_the_keyboard_alone(site: str, shop: Shop, widget: Widget) -> None:
    with browser("chromium") as window:
        loaded(window, shop.page("/keyboard", element(site, widget)))
        window.page.keyboard.press("Tab")
        window.until(lambda: frames(window) == 1, "the frame, at the focus")
        assert not window.js(f"return {box()}.open")
        window.page.keyboard.press("Enter")
        window.wait(f"return {box()}.open")
        window.wait(FORM, 0)
        # Opened before the frame was there, too: the next key is the form's.
        window.wait(f"return {box()}.getAttribute('aria-label') === \"We'll call you back\"")
        window.page.keyboard.press("Tab")
        window.wait("return document.activeElement.id === 'number'", 0)
        window.page.keyboard.press("Escape")
        window.wait(f"return !{box()}.open")
        assert window.js("return document.activeElement.localName") == "a"


def test_editors_are_told_what_the_loader_knows() -> None:
    attributes = set(re.findall(r'attribute\("([\w-]+)"\)', LOADER)) | {"lang", "position", "open"}
    (listed,) = re.findall(r"interface CallMeBackAttributes {(.*?)\n}", TYPES, re.DOTALL)
    assert set(re.findall(r'^ {2}"?([\w-]+)"?\??:', listed, re.MULTILINE)) == attributes
    for attribute in attributes - {"open"}:
        assert f"`{attribute}`" in DOCS or f'`{attribute}="' in DOCS

    (commands,) = re.findall(r"const commands = {(.*?)\n  };", LOADER, re.DOTALL)
    known = set(re.findall(r"^ {4}(\w+)(?:: |\()", commands, re.MULTILINE))
    assert set(re.findall(r'\(command: "(\w+)"', TYPES)) == known
    assert all(f'CallMeBack("{command}"' in DOCS for command in known)

    events = set(re.findall(r'emit\("(\w+)"\)', LOADER))
    (of_statuses,) = re.findall(r"const EVENTS = \[(.*)\];", FRAME)
    events |= {"scheduled", *re.findall(r"\w+", of_statuses)}
    assert set(re.findall(r'"callmeback:(\w+)"', TYPES)) == events
    (names,) = re.findall(r"type CallMeBackEventName =(.*?);", TYPES, re.DOTALL)
    assert set(re.findall(r"\w+", names)) == events
    assert all(f"`callmeback:{event}`" in DOCS for event in events)
