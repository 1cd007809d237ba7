"""The ready lines that a site's owner pastes into a page."""

from dataclasses import dataclass

from django.conf import settings
from django.utils import translation
from django.utils.html import format_html
from django.utils.safestring import SafeString

from callbacks.models import Widget
from callbacks.public.embed import scripts
from callbacks.widgets import colours, texts

# For the operator, on the command line.
NOT_SHOWN_YET = "No site may show this widget yet: list its origin in the admin."


@dataclass(frozen=True)
class Snippet:
    """`script` goes into the page once, `element` to where the link shall be."""

    script: SafeString
    element: SafeString

    @property
    def line(self) -> SafeString:
        return format_html("{} {}", self.script, self.element)


def moving(widget: Widget, mode: str = "") -> Snippet:
    """With the loader of today, whatever day it is: repaired without touching the page.

    `mode`: "" (the link itself), "floating" or "inline".
    """
    source = settings.PUBLIC_URL + scripts.moving_address()
    return Snippet(format_html('<script async src="{}"></script>', source), _element(widget, mode))


def pinned(widget: Widget, mode: str = "") -> Snippet:
    """With exactly the loader of now, checked by the browser (SRI): no repairs either."""
    script = format_html(
        '<script async src="{}" integrity="{}" crossorigin="anonymous"></script>',
        settings.PUBLIC_URL + scripts.address(scripts.LOADER),
        scripts.script(scripts.LOADER).integrity,
    )
    return Snippet(script, _element(widget, mode))


def link(widget: Widget) -> SafeString:
    """The link alone, in the widget's words: it leads to the form as a page."""
    code = widget.language or settings.LANGUAGE_CODE
    with translation.override(code):
        label = texts.of(widget, code).button
    address = settings.PUBLIC_URL + widget.get_absolute_url()
    return format_html('<a href="{}">{}</a>', address, label)


def _element(widget: Widget, mode: str) -> SafeString:
    attributes = format_html(' mode="{}"', mode) if mode else SafeString()
    if mode == "floating":
        palette = colours.palette(widget.accent_colour)
        attributes += format_html(
            ' accent="{}" accent-text="{}"', palette.button, palette.button_text
        )
    return format_html(
        '<call-me-back widget="{}"{}>{}</call-me-back>', widget.public_id, attributes, link(widget)
    )
