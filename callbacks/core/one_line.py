"""Refuse a line break in text of one line, such as a name: it could split an email's subject."""

import unicodedata

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _


def single_line(text: str) -> None:
    """Raise `ValidationError` if the text holds a line break or another control character."""
    if any(unicodedata.category(character) in {"Cc", "Zl", "Zp"} for character in text):
        raise ValidationError(_("Enter this on one line, without control characters."))
