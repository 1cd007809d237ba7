"""The lines that an integrator copies from a widget's page into their own."""

from django.utils.translation import gettext as _

from callbacks.models import Widget
from callbacks.widgets import snippets


def of(widget: Widget) -> list[tuple[str, str]]:
    """What each line gives, and the line."""
    return [
        (_("A link that opens the form over the page"), snippets.moving(widget).line),
        (_("A button that floats at the edge"), snippets.moving(widget, "floating").line),
        (_("The form inside the page"), snippets.moving(widget, "inline").line),
        (_("The link, with a script that never changes (SRI)"), snippets.pinned(widget).line),
    ]
