"""The HTML that a company pastes into a page to show the widget."""

from dataclasses import dataclass
from urllib.parse import urlencode

from django.conf import settings
from django.utils import translation
from django.utils.html import format_html
from django.utils.safestring import SafeString

from callbacks.models import WhenClosed, Widget
from callbacks.widgets import colours, languages, loader, texts

# Printed on the command line, for the operator.
NOT_SHOWN_YET = "No site may show this widget yet. Add the site to its allowed sites in the admin."


@dataclass(frozen=True)
class Snippet:
    """The HTML for a page: `script` once per page, `element` where the link should appear."""

    script: SafeString
    element: SafeString

    @property
    def line(self) -> SafeString:
        """Return script and element together, as one line to paste."""
        return format_html("{} {}", self.script, self.element)


def languages_of(widget: Widget) -> list[languages.Choice]:
    """Return the languages that a snippet may name: only the widget's own, if it has one."""
    return [choice for choice in languages.choices() if widget.language in ("", choice.code)]


def unpinned(widget: Widget, mode: str = "", code: str = "") -> Snippet:
    """Return the snippet whose loader is always the current one, so repairs need no new snippet.

    `mode` is "" (the link itself), "floating" or "inline". `code` is the language of the page that
    gets the snippet, or "" for the widget's or the site's language. The form then has the language
    of its link.
    """
    source = settings.PUBLIC_URL + loader.unpinned_address()
    script = format_html('<script async src="{}"></script>', source)
    return Snippet(script, _element(widget, mode, code))


def pinned(widget: Widget, mode: str = "", code: str = "") -> Snippet:
    """Return the snippet with exactly today's loader, which the browser verifies (SRI).

    It gets no repairs. `mode` and `code` are as in `unpinned`.
    """
    script = format_html(
        '<script async src="{}" integrity="{}" crossorigin="anonymous"></script>',
        settings.PUBLIC_URL + loader.address(loader.LOADER),
        loader.script(loader.LOADER).integrity,
    )
    return Snippet(script, _element(widget, mode, code))


def link(widget: Widget, code: str = "") -> SafeString:
    """Return only the link to the form as a page, with the widget's text.

    `code` is the language of the text and of the form; see `unpinned`.
    """
    asked = _asked(widget, code)
    code = asked or widget.language or settings.LANGUAGE_CODE
    with translation.override(code):
        label = texts.of(widget, code).button
    address = settings.PUBLIC_URL + widget.get_absolute_url()
    if asked:
        address += f"?{urlencode({languages.PARAMETER: asked})}"
    return format_html('<a href="{}">{}</a>', address, label)


def _asked(widget: Widget, code: str) -> str:
    """Return the language to name in the snippet; "" if the widget has a language of its own."""
    return "" if widget.language else code


def _element(widget: Widget, mode: str, code: str) -> SafeString:
    """Return the element that the loader turns into the widget.

    Until then it shows a plain link to the form.
    """
    attributes = format_html(' mode="{}"', mode) if mode else SafeString()
    if asked := _asked(widget, code):
        attributes += format_html(' lang="{}"', asked)
    if widget.campaign_names:
        attributes += format_html(' campaign="{}"', " ".join(widget.campaign_names))
    if mode == "floating":
        palette = colours.palette(widget.accent_colour)
        attributes += format_html(
            ' accent="{}" accent-text="{}"', palette.button, palette.button_text
        )
        if widget.has_hours and widget.when_closed == WhenClosed.HIDE:
            attributes += SafeString(' when-closed="hide"')
    return format_html(
        '<call-me-back widget="{}"{}>{}</call-me-back>',
        widget.public_id,
        attributes,
        link(widget, code),
    )
