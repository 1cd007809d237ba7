"""Show what a request says about a person to other systems: in full or masked."""

from typing import Any

from callbacks.contact import email_addresses, number_display
from callbacks.core import crypto, redaction


def number(value: Any, *, in_full: bool) -> str | None:
    """Return a number (E.164) or its masked form; None if it is erased or cannot be decrypted."""
    if not value or crypto.is_unreadable(value):
        return None
    return str(value) if in_full else number_display.masked(value)


def email(value: str, *, in_full: bool) -> str | None:
    """Return an email or its masked form; None if there is none or it cannot be decrypted."""
    if not value or crypto.is_unreadable(value):
        return None
    return value if in_full else email_addresses.masked(value)


def text(value: str, *, number: Any, email: str, in_full: bool) -> str | None:
    """Return a text, such as a page's address, without what it may hold of the person.

    The name of a campaign may contain the number or the email. Return None if there is no text, or
    if nobody can say what to hide because number or email cannot be decrypted.
    """
    if in_full or not value:
        return value or None
    if crypto.is_unreadable(number, email):
        return None
    return redaction.masked_text(value, number=number, email=email)
