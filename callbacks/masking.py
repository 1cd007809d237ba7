"""Hides what looks like personal data in free text: in logs, and from staff who may not see it."""

import re

HIDDEN = "•••"

_PERSONAL = re.compile(
    r"[^\s@\"'<>=]+@[^\s@\"'<>]+\.[^\s@\"'<>]+"  # an email address
    r"|\+\d[\d .()-]{6,18}\d"  # a number in international form
    r"|\b0[1-9](?:[ .-]?\d{2}){4}\b"  # a French number in national form
    r"|(?i:bearer\s+)[A-Za-z0-9._~+/=-]+"
    r"|(?<=/r/)[A-Za-z0-9]+"  # the address of a request's page, which is its key
    r"|(?<=/password-reset/)[A-Za-z0-9_-]+/[A-Za-z0-9-]+"
)
# What people and programs put between the digits of a number.
_BETWEEN = r"[\s.()/_-]{0,3}"
# Digits that say who is called; what stands before them depends on the spelling.
_SUBSCRIBER_DIGITS = 9


def scrub(text: str) -> str:
    """`text` with whatever looks like a number, an email or a token replaced by `•••`."""
    return _PERSONAL.sub(HIDDEN, text)


def masked_text(text: str, *, number: str = "", email: str = "") -> str:
    """`text` scrubbed, and without `number` (E.164) and `email` however they are written."""
    digits = [char for char in number if char.isdigit()][-_SUBSCRIBER_DIGITS:]
    known = [_BETWEEN.join(digits)] if digits else []
    known += [re.escape(email)] if email else []
    if known:
        text = re.sub("|".join(known), HIDDEN, text, flags=re.IGNORECASE)
    return scrub(text)
