"""Render the lists of a form that have hundreds of entries."""

from typing import Any

from django.template.loader import render_to_string
from django.utils.safestring import SafeString


class LongSelect:
    """Render a list of choices with one template, for a form widget whose list is long.

    Django's own widgets render a template for each choice, and another for its attributes. With
    all time zones, countries and holidays, that was most of the time that the page took.
    """

    def render(self, name: str, value: Any, attrs: Any = None, renderer: Any = None) -> SafeString:
        """Return the HTML of the list `name`, with `value` selected."""
        context = self.get_context(name, value, attrs)  # type: ignore[attr-defined]
        return render_to_string("staff/_long_select.html", context)
