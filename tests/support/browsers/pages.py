"""What the shop puts into its pages, and what a script on them sees."""

from pathlib import Path

from django.conf import settings
from django.urls import reverse

from callbacks.models import Widget
from tests.support.browsers.window import Browser

EVENTS = """
window.told = [];
for (const type of ["open", "submitted", "called", "closed"])
  document.addEventListener("callmeback:" + type, (event) =>
    window.told.push(type + " " + event.detail.widget + " " + event.target.localName));
"""
LOADED = "return Boolean(customElements.get('call-me-back'))"
FORM = "return Boolean(document.querySelector('[name=page_url]'))"


def element(site: str, widget: Widget, attributes: str = "", text: str = "Call me back") -> str:
    """The lines that an integrator pastes."""
    link = site + reverse("public:form", args=[widget.public_id])
    return (
        f'<call-me-back widget="{widget.public_id}" {attributes}>'
        f'<a href="{link}">{text}</a></call-me-back>'
    )


def loaded(window: Browser, url: str) -> None:
    """Opens the page and waits for the loader."""
    window.open(url)
    window.wait(LOADED)
    window.js(EVENTS)


def told(window: Browser) -> list[str]:
    """The events on the page so far."""
    return [line.split(" ")[0] for line in window.js("return window.told")]


def box(widget: int = 0) -> str:
    """The dialog or panel of the nth widget, as an expression."""
    element = f"document.querySelectorAll('call-me-back')[{widget}]"
    return f"{element}?.shadowRoot?.querySelector('.box')"


def inside(css: str, widget: int = 0) -> str:
    """What the nth widget has in its shadow tree, as an expression."""
    return f"document.querySelectorAll('call-me-back')[{widget}].shadowRoot.querySelector('{css}')"


def frames(window: Browser) -> int:
    """How many frames the widgets have."""
    every = "[...document.querySelectorAll('call-me-back')]"
    count: int = window.js(
        f"return {every}.filter((e) => e.shadowRoot?.querySelector('iframe')).length"
    )
    return count


def top_of(css: str) -> str:
    """Where an element stands, as code: to see whether anything has moved."""
    return f"return document.querySelector('{css}').getBoundingClientRect().top"


DOCS = (Path(settings.BASE_DIR) / "docs" / "embedding.md").read_text()
