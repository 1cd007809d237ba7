"""Hides what looks like personal data in free text: in logs, and from staff who may not see it."""

import re
from urllib.parse import unquote

from phonenumber_field.phonenumber import PhoneNumber

HIDDEN = "•••"

# Characters that may stand before the "@" of an email, and behind it.
_LOCAL, _DOMAIN = r"[^\s@\"'<>=]", r"[^\s@\"'<>]"
# Everything that is logged passes here, and strangers choose parts of it: the time must grow with
# the text's length and no faster. So an email is only looked for where a run of characters begins:
# begun at each of them, a run without "@" would take the square of its length.
_PERSONAL = re.compile(
    rf"(?<!{_LOCAL}){_LOCAL}++@{_DOMAIN}+\.{_DOMAIN}+"  # an email address
    r"|\+\d[\d .()-]{6,18}\d"  # a number in international form
    r"|\b0[1-9](?:[ .-]?\d{2}){4}\b"  # a French number in national form
    r"|(?i:bearer\s+)[A-Za-z0-9._~+/=-]+"
    r"|(?<=/r/)[A-Za-z0-9]+"  # the address of a request's page, which is its key
    # A link to choose a password.
    r"|(?:(?<=/password-reset/)|(?<=/invitation/))[A-Za-z0-9_-]+/[A-Za-z0-9-]+"
)
# What people and programs put between the digits of a number.
_BETWEEN = r"[\s.()/_-]{0,3}"
# Digits that say who is called; what stands before them depends on the spelling.
_SUBSCRIBER_DIGITS = 9
# What staff might type to find a masked number or email by trying: at least as much as is hidden
# when it is the right one.
_TYPED = re.compile(rf"\d(?:{_BETWEEN}\d){{{_SUBSCRIBER_DIGITS - 1},}}|(?<![^\s@])[^\s@]++@[^\s@]+")

# How much of one value is logged, in characters: its beginning, and its end for tracebacks.
LOGGED_HEAD, LOGGED_TAIL = 6000, 2000
# What is scrubbed beyond that, so that no half of an email or a number is left at the cut.
_MARGIN = 300
# How often something may be percent-encoded and still be found.
_MOST_DECODED = 3


def scrub(text: str) -> str:
    """Return `text` with all that looks like a number, an email or a token replaced by `•••`.

    Where percent-encoding hides one, the text comes back decoded. The time is linear in the
    length of the text.
    """
    return _hidden(text, _PERSONAL)


def _hidden(text: str, pattern: re.Pattern[str]) -> str:
    """Return `text` without what the pattern finds in it, as it is and decoded."""
    plain = text
    for _ in range(_MOST_DECODED):
        plain, before = unquote(plain), plain
        if plain == before:
            break
    return pattern.sub(HIDDEN, plain if pattern.search(plain) else text)


def scrubbed_and_cut(text: str) -> str:
    """Return `text` as it may be logged: scrubbed, and without the middle of a very long one."""
    if len(text) <= LOGGED_HEAD + LOGGED_TAIL + 2 * _MARGIN:
        return scrub(text)
    head = scrub(text[: LOGGED_HEAD + _MARGIN])[:-_MARGIN]
    tail = scrub(text[-LOGGED_TAIL - _MARGIN :])[_MARGIN:]
    return f"{head} […] {tail}"


def masked_note(text: str) -> str:
    """Return `text` scrubbed, and without all that could be a number or an email."""
    return scrub(_hidden(text, _TYPED))


def masked_text(text: str, *, number: PhoneNumber | str = "", email: str = "") -> str:
    """`text` scrubbed, and without `number` (E.164) and `email` however they are written."""
    digits = [char for char in str(number) if char.isdigit()][-_SUBSCRIBER_DIGITS:]
    known = [_BETWEEN.join(digits)] if digits else []
    known += [re.escape(email)] if email else []
    if known:
        text = _hidden(text, re.compile("|".join(known), flags=re.IGNORECASE))
    return scrub(text)
