"""The lines of HTML that show a widget on a page."""

from django.utils.translation import gettext as _

from callbacks.models import Widget
from callbacks.widgets import snippets


def of(widget: Widget) -> list[tuple[str, str]]:
    """Return what each line shows, and the line, for each language of the widget."""
    kinds = [
        (_("Link that opens the form over the page"), snippets.unpinned, ""),
        (_("Floating button at the edge of the page"), snippets.unpinned, "floating"),
        (_("Form inside the page"), snippets.unpinned, "inline"),
        (_("Link with a script that never changes (SRI)"), snippets.pinned, ""),
    ]
    return [
        (f"{name} – {choice.name}", make(widget, mode, choice.code).line)
        for choice in snippets.languages_of(widget)
        for name, make, mode in kinds
    ]
