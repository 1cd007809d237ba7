"""Hide what looks like personal data in free text: in logs, and from staff who may not see it."""

import re
from urllib.parse import unquote

from phonenumber_field.phonenumber import PhoneNumber

HIDDEN = "•••"

# The characters that may stand before and after the "@" of an email.
_LOCAL, _DOMAIN = r"[^\s@\"'<>=]", r"[^\s@\"'<>]"
# Every logged text passes here, and strangers choose parts of it, so the time must grow only
# linearly with the length of the text. That is why an email is searched only from the beginning of
# a run of characters. A search from each character would take quadratic time for a run without "@".
_PERSONAL = re.compile(
    rf"(?<!{_LOCAL}){_LOCAL}++@{_DOMAIN}+\.{_DOMAIN}+"  # an email address
    r"|\+\d[\d .()-]{6,18}\d"  # a number in international form
    r"|\b0[1-9](?:[ .-]?\d{2}){4}\b"  # a French number in national form
    r"|(?i:bearer\s+)[A-Za-z0-9._~+/=-]+"
    r"|cbk_[A-Za-z0-9_-]+"  # an API key (`accounts.api_keys`)
    r"|(?<=/r/)[A-Za-z0-9]+"  # the token in the link to a request's page
    r"|(?<=/m/)[0-9a-f]+"  # the code in the link that stops emails to an address
    r"|(?<=/m/team/)[0-9a-f-]+"  # the same, for an email to the team
    # the key in a link to choose a password
    r"|(?:(?<=/password-reset/)|(?<=/invitation/))[A-Za-z0-9_-]+/[A-Za-z0-9-]+"
)
# The separators that people and programs put between the digits of a number.
_BETWEEN = r"[\s.()/_-]{0,3}"
# The last digits of a number identify who is called. The digits before them depend on the spelling.
_SUBSCRIBER_DIGITS = 9
# Texts that staff might type to find a masked number or email by trial. It hides at least as much
# as a right guess would have hidden, so that the result does not confirm the guess.
_TYPED = re.compile(rf"\d(?:{_BETWEEN}\d){{{_SUBSCRIBER_DIGITS - 1},}}|(?<![^\s@])[^\s@]++@[^\s@]+")

# How much of one value is logged, in characters: its beginning, and its end (for tracebacks).
LOGGED_HEAD, LOGGED_TAIL = 6000, 2000
# How many more characters are scrubbed, so that no half of an email or number remains at the cut.
_MARGIN = 300
# How many layers of percent-encoding are decoded to find personal data.
_MOST_DECODED = 3


def scrub(text: str) -> str:
    """Return `text` with everything that looks like a number, an email or a token as `•••`.

    Where percent-encoding hides such a part, the text comes back decoded. The time is linear in the
    length of the text.
    """
    return _hidden(text, _PERSONAL)


def _hidden(text: str, pattern: re.Pattern[str]) -> str:
    """Return `text` with each match of `pattern` hidden, in its plain or percent-encoded form."""
    plain = text
    for _ in range(_MOST_DECODED):
        plain, before = unquote(plain), plain
        if plain == before:
            break
    return pattern.sub(HIDDEN, plain if pattern.search(plain) else text)


def scrubbed_and_cut(text: str) -> str:
    """Return `text` as it may be logged: scrubbed, and without the middle of a very long text."""
    if len(text) <= LOGGED_HEAD + LOGGED_TAIL + 2 * _MARGIN:
        return scrub(text)
    head = scrub(text[: LOGGED_HEAD + _MARGIN])[:-_MARGIN]
    tail = scrub(text[-LOGGED_TAIL - _MARGIN :])[_MARGIN:]
    return f"{head} […] {tail}"


def masked_note(text: str) -> str:
    """Return `text` scrubbed, and without anything that could be a number or an email."""
    return scrub(_hidden(text, _TYPED))


def masked_text(text: str, *, number: PhoneNumber | str = "", email: str = "") -> str:
    """Return `text` scrubbed, and without `number` (E.164) and `email` in any spelling."""
    digits = [char for char in str(number) if char.isdigit()][-_SUBSCRIBER_DIGITS:]
    known = [_BETWEEN.join(digits)] if digits else []
    known += [re.escape(email)] if email else []
    if known:
        text = _hidden(text, re.compile("|".join(known), flags=re.IGNORECASE))
    return scrub(text)
