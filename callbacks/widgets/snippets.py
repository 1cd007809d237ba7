"""The ready lines that a site's owner pastes into a page."""

from dataclasses import dataclass
from urllib.parse import urlencode

from django.conf import settings
from django.utils import translation
from django.utils.html import format_html
from django.utils.safestring import SafeString

from callbacks.models import Widget
from callbacks.public.embed import scripts
from callbacks.public.http import language
from callbacks.widgets import colours, texts

# For the operator, on the command line.
NOT_SHOWN_YET = "No site may show this widget yet. Add the site to its allowed sites in the admin."


@dataclass(frozen=True)
class Snippet:
    """`script` goes into the page once, `element` to where the link shall be."""

    script: SafeString
    element: SafeString

    @property
    def line(self) -> SafeString:
        return format_html("{} {}", self.script, self.element)


def languages(widget: Widget) -> list[language.Choice]:
    """Return the languages that the widget's lines may be written in: its own, if it has one."""
    return [choice for choice in language.choices() if widget.language in ("", choice.code)]


def moving(widget: Widget, mode: str = "", code: str = "") -> Snippet:
    """With the loader of today, whatever day it is: repaired without touching the page.

    `mode`: "" (the link itself), "floating" or "inline". `code`: the language of the page that the
    line is for; "" for the widget's or the site's. The form then has the language of its link.
    """
    source = settings.PUBLIC_URL + scripts.moving_address()
    script = format_html('<script async src="{}"></script>', source)
    return Snippet(script, _element(widget, mode, code))


def pinned(widget: Widget, mode: str = "", code: str = "") -> Snippet:
    """With exactly the loader of now, checked by the browser (SRI): no repairs either."""
    script = format_html(
        '<script async src="{}" integrity="{}" crossorigin="anonymous"></script>',
        settings.PUBLIC_URL + scripts.address(scripts.LOADER),
        scripts.script(scripts.LOADER).integrity,
    )
    return Snippet(script, _element(widget, mode, code))


def link(widget: Widget, code: str = "") -> SafeString:
    """The link alone, in the widget's words: it leads to the form as a page, in that language."""
    asked = _asked(widget, code)
    code = asked or widget.language or settings.LANGUAGE_CODE
    with translation.override(code):
        label = texts.of(widget, code).button
    address = settings.PUBLIC_URL + widget.get_absolute_url()
    if asked:
        address += f"?{urlencode({language.PARAMETER: asked})}"
    return format_html('<a href="{}">{}</a>', address, label)


def _asked(widget: Widget, code: str) -> str:
    """Return the language to name in the line: a widget with one of its own knows no other."""
    return "" if widget.language else code


def _element(widget: Widget, mode: str, code: str) -> SafeString:
    attributes = format_html(' mode="{}"', mode) if mode else SafeString()
    if asked := _asked(widget, code):
        attributes += format_html(' lang="{}"', asked)
    if mode == "floating":
        palette = colours.palette(widget.accent_colour)
        attributes += format_html(
            ' accent="{}" accent-text="{}"', palette.button, palette.button_text
        )
    return format_html(
        '<call-me-back widget="{}"{}>{}</call-me-back>',
        widget.public_id,
        attributes,
        link(widget, code),
    )
