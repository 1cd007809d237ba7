"""Refuse what no database stores: the null character, and half a surrogate pair.

JSON can spell both, and a command line that is not UTF-8 becomes the second.
"""

import re

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

_NOT_STORABLE = re.compile("[\0\ud800-\udfff]")


def is_storable(text: str) -> bool:
    """Return whether any database stores this text as it is."""
    return not _NOT_STORABLE.search(text)


def check(text: str) -> None:
    """Raise `ValidationError` if the text holds a character that no database stores."""
    if found := _NOT_STORABLE.search(text):
        raise ValidationError(
            _("This contains a character that cannot be stored (%(code)s)."),
            params={"code": f"U+{ord(found[0]):04X}"},
        )
