"""Shorten the service's own words and remove personal data, so that they may be kept and shown."""

import html
import json
import re
import unicodedata
from collections.abc import Iterable, Iterator
from urllib.parse import quote, quote_plus

MAX_EXCERPT = 500  # characters
HIDDEN = "•••"

_BEARER = r"bearer(?:\s|%20|\+)+[^\s\"'<>,;]+"
# The header of a JSON Web Token is short. Without the limit of 400, the time to search "eyJeyJ…"
# would grow with the square of its length.
_JWT = r"eyJ[\w-]{5,400}\.[\w-]+(?:\.[\w-]*)?"
# What may stand between the digits of a written number.
_BETWEEN = r"[\s.()/_-]{0,3}"
# The last digits identify the person called. In a French number these nine are the same in each
# spelling (+33 6…, 0033 6…, 06…); only what stands before them differs.
_SUBSCRIBER_DIGITS = 9


def excerpt(body: bytes, *, secrets: Iterable[str], number: str = "") -> str:
    """Return at most 500 characters of `body`, on one line, with `secrets` and `number` replaced.

    A secret is also found in upper or lower case, and as JSON, HTML and URLs escape it. `number`
    (E.164) is also found in national form, with spaces or dots. Bearer strings and JSON Web Tokens
    are always replaced, whether or not they are ours.
    """
    text = _one_line(_decode(body))
    # Most answers are shorter than a token. Searching for its pattern would take longer than the
    # call itself.
    possible = [secret for secret in secrets if _shortest(secret) <= len(text)]
    patterns = [re.escape(spelling) for secret in possible for spelling in _spellings(secret)]
    # The longest first: an alternation takes the first pattern that matches, and one secret may be
    # the beginning of another.
    patterns.sort(key=len, reverse=True)
    patterns += [_BEARER, _JWT, *_number_patterns(number, text)]
    # Replaced before the text is cut. Otherwise half a secret could remain at the end.
    return re.sub("|".join(patterns), HIDDEN, text, flags=re.IGNORECASE)[:MAX_EXCERPT]


def _decode(body: bytes) -> str:
    """Return `body` as text, from UTF-8 if it is valid."""
    try:
        return body.decode("utf-8")
    except UnicodeDecodeError:
        return body.decode("latin-1")  # every byte is a character in this encoding


def _one_line(text: str) -> str:
    """Return `text` on one line, without control, format and unassigned characters (category C)."""
    kept = (char for char in text if char.isspace() or unicodedata.category(char)[0] != "C")
    return " ".join("".join(kept).split())


def _shortest(secret: str) -> int:
    """Return the least number of characters in which the secret can be written.

    No escaping makes it shorter; only removing spaces and unprintable characters does.
    """
    return len(secret.replace(" ", "")) if secret.isprintable() else 0


def _spellings(secret: str) -> Iterator[str]:
    """Yield the forms in which the secret may appear in an answer."""
    spellings = {
        secret,
        json.dumps(secret)[1:-1],
        json.dumps(secret).replace("/", "\\/")[1:-1],
        html.escape(secret),
        quote(secret, safe="", errors="replace"),
        quote(secret, safe="/", errors="replace"),
        quote(secret, safe="@", errors="replace"),
        quote_plus(secret, errors="replace"),
        # As it looks in a text that one byte makes invalid UTF-8, so that it is read as Latin-1.
        secret.encode(errors="replace").decode("latin-1"),
    }
    # Put on one line in the same way as the text that is searched.
    return filter(None, map(_one_line, spellings))


def _number_patterns(number: str, text: str) -> list[str]:
    """Return the patterns that find `number` in `text`; none if `text` has too few digits."""
    digits = [char for char in number if char.isdecimal()][-_SUBSCRIBER_DIGITS:]
    if not digits or len(digits) > sum(map(str.isdecimal, text)):
        return []
    before = rf"[+(]?(?:\d{_BETWEEN}){{0,6}}"
    return [before + _BETWEEN.join(digits)]
