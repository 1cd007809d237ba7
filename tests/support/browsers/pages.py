"""Build what the shop puts into its pages, and read what a script on them sees."""

from pathlib import Path

from django.conf import settings
from django.urls import reverse

from callbacks.models import Widget
from tests.support.browsers.window import Browser

EVENTS = """
window.told = [];
const types = ["open", "submitted", "scheduled", "called", "failed", "cancelled", "closed"];
for (const type of types)
  document.addEventListener("callmeback:" + type, (event) =>
    window.told.push(type + " " + event.target.localName + " " + JSON.stringify(event.detail)));
"""
LOADED = "return Boolean(customElements.get('call-me-back'))"
FORM = "return Boolean(document.querySelector('[name=page_url]'))"


def element(site: str, widget: Widget, attributes: str = "", text: str = "Call me back") -> str:
    """Return the HTML that the owner of a site pastes."""
    link = site + reverse("public:form", args=[widget.public_id])
    return (
        f'<call-me-back widget="{widget.public_id}" {attributes}>'
        f'<a href="{link}">{text}</a></call-me-back>'
    )


def loaded(window: Browser, url: str) -> None:
    """Open the page, and wait until the loader has run."""
    window.open(url)
    window.wait(LOADED)
    window.js(EVENTS)


def told(window: Browser) -> list[str]:
    """Return the names of the events on the page so far."""
    return [line.split(" ")[0] for line in window.js("return window.told")]


def box(widget: int = 0) -> str:
    """Return a JavaScript expression for the dialog or panel of the nth widget."""
    element = f"document.querySelectorAll('call-me-back')[{widget}]"
    return f"{element}?.shadowRoot?.querySelector('.box')"


def inside(css: str, widget: int = 0) -> str:
    """Return a JavaScript expression for an element in the nth widget's shadow tree."""
    return f"document.querySelectorAll('call-me-back')[{widget}].shadowRoot.querySelector('{css}')"


def frames(window: Browser) -> int:
    """Return the number of frames of all widgets."""
    every = "[...document.querySelectorAll('call-me-back')]"
    count: int = window.js(
        f"return {every}.filter((e) => e.shadowRoot?.querySelector('iframe')).length"
    )
    return count


def top_of(css: str) -> str:
    """Return code for the top of an element, in pixels, to see if it has moved."""
    return f"return document.querySelector('{css}').getBoundingClientRect().top"


DOCS = (Path(settings.BASE_DIR) / "docs" / "embedding.md").read_text()
