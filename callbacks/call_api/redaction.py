"""The API's own words, fit to be kept and shown: short, on one line, without anybody's data."""

import html
import json
import re
import unicodedata
from collections.abc import Iterable, Iterator
from urllib.parse import quote, quote_plus

MAX_EXCERPT = 500  # characters
HIDDEN = "•••"

_BEARER = r"bearer(?:\s|%20|\+)+[^\s\"'<>,;]+"
# The header of a token is short; without a limit, "eyJeyJ…" would take the square of its length.
_JWT = r"eyJ[\w-]{5,400}\.[\w-]+(?:\.[\w-]*)?"
# What people and programs put between the digits of a number.
_BETWEEN = r"[\s.()/_-]{0,3}"
# Digits that say who is called. The nine of a French number are the same in each spelling
# (+33 6…, 0033 6…, 06…); what stands before them differs.
_SUBSCRIBER_DIGITS = 9


def excerpt(body: bytes, *, secrets: Iterable[str], number: str = "") -> str:
    """Returns at most 500 characters of ``body``: one line, each of ``secrets`` replaced.

    A secret is also found in upper or lower case and as JSON, HTML and URLs escape it, and
    ``number`` (E.164) also in national form, spaced or dotted. Bearer strings and JSON Web
    Tokens go, whoever's they are.
    """
    text = _one_line(_decode(body))
    # Most answers are shorter than a token, whose pattern would cost more than the call itself.
    possible = [secret for secret in secrets if _shortest(secret) <= len(text)]
    patterns = [re.escape(spelling) for secret in possible for spelling in _spellings(secret)]
    # The longest first: an alternation takes the first that fits, and one secret may begin
    # another.
    patterns.sort(key=len, reverse=True)
    patterns += [_BEARER, _JWT, *_number_patterns(number, text)]
    # Before it is cut, or half a secret would stay at the end.
    return re.sub("|".join(patterns), HIDDEN, text, flags=re.IGNORECASE)[:MAX_EXCERPT]


def _decode(body: bytes) -> str:
    try:
        return body.decode("utf-8")
    except UnicodeDecodeError:
        return body.decode("latin-1")  # every byte means something there


def _one_line(text: str) -> str:
    """Whitespace folded; control, format and unassigned characters gone (category C)."""
    kept = (char for char in text if char.isspace() or unicodedata.category(char)[0] != "C")
    return " ".join("".join(kept).split())


def _shortest(secret: str) -> int:
    """How long the secret is at least, however it is spelled; only folding makes it shorter."""
    return len(secret.replace(" ", "")) if secret.isprintable() else 0


def _spellings(secret: str) -> Iterator[str]:
    spellings = {
        secret,
        json.dumps(secret)[1:-1],
        json.dumps(secret).replace("/", "\\/")[1:-1],
        html.escape(secret),
        quote(secret, safe="", errors="replace"),
        quote(secret, safe="/", errors="replace"),
        quote(secret, safe="@", errors="replace"),
        quote_plus(secret, errors="replace"),
        # As it looks in a text that is UTF-8 but for one byte, and so was not read as such.
        secret.encode(errors="replace").decode("latin-1"),
    }
    # In the same form as the text that is searched.
    return filter(None, map(_one_line, spellings))


def _number_patterns(number: str, text: str) -> list[str]:
    digits = [char for char in number if char.isdecimal()][-_SUBSCRIBER_DIGITS:]
    if not digits or len(digits) > sum(map(str.isdecimal, text)):
        return []
    before = rf"[+(]?(?:\d{_BETWEEN}){{0,6}}"
    return [before + _BETWEEN.join(digits)]
