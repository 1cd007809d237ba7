"""Reduce typed text to what can be dialled, before anything decides which number it is."""

import re
import unicodedata

from callbacks.contact.invisible import is_invisible

# In characters. The longest usual spelling ("tel:+33 (0)6 …, poste 1234") is shorter. A longer text
# is not worth the parser's time.
MAX_LENGTH = 40

# What people put between digits: Unicode's spaces (no-break, narrow, thin…), its dashes, and these
# characters.
_SEPARATOR_CATEGORIES = frozenset({"Zs", "Pd"})
_SEPARATORS = frozenset("\t./()[]·•\u2044\u2212\u2215\uff0e\uff0f\uff08\uff09")

EXTENSION = re.compile(
    r"(?s)^(?P<number>.*?\d)[\s()\-.]*"
    r"(?:;?\s*ext(?:ension|n)?\.?\s*=?|poste?\.?|int(?:erne)?\.?|p\.|x|\#|;|,+)"
    r"[\s:.]*\d{1,9}[\s)#]*$"
)


def cleaned(typed: str) -> str | None:
    """Return `typed` in lower case, with ASCII digits and without invisible characters.

    Returns None if the text is too long.
    """
    typed = typed.strip()
    if len(typed) > MAX_LENGTH:
        return None
    seen = (c for c in typed if not is_invisible(c))
    text = "".join(str(unicodedata.decimal(c)) if c.isdecimal() else c for c in seen)
    return text.lower().strip().removeprefix("tel:").strip()


def dialled(text: str) -> str | None:
    """Return the digits only, with a "+" before a country code.

    Returns None if the text contains anything other than digits and separators.
    """
    kept = "".join(
        c
        for c in text.replace("\uff0b", "+")
        if c not in _SEPARATORS and unicodedata.category(c) not in _SEPARATOR_CATEGORIES
    )
    if not re.fullmatch(r"\+?[0-9]+", kept):
        return None
    return re.sub(r"^\+?00", "+", kept)
