"""The lines that an integrator copies from a widget's page into their own."""

from django.conf import settings
from django.utils import translation
from django.utils.html import format_html
from django.utils.translation import gettext as _

from callbacks.models import Widget
from callbacks.public import texts


def of(widget: Widget) -> list[tuple[str, str]]:
    """What each line gives, and the line."""
    code = widget.language or settings.LANGUAGE_CODE
    with translation.override(code):
        label = texts.of(widget, code).button
    address = settings.PUBLIC_URL + widget.get_absolute_url()
    return [(_("A link to the form"), format_html('<a href="{}">{}</a>', address, label))]
