"""Cut a text into pieces, and refuse a piece with a sentence that says where it stands."""

import re
from contextlib import suppress
from typing import NamedTuple, NoReturn

from django.core.exceptions import ValidationError
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

# "24/7", a number, a word, a text in quotes, or one other character. White space is left out.
_TOKEN = re.compile(r'24/7|[0-9]+|[^\W\d_]+|"[^"]*"|\S')


class Token(NamedTuple):
    """A piece of the text. `position` counts from 1; `text` is empty at the end."""

    text: str
    position: int

    @property
    def is_number(self) -> bool:
        """Return whether it consists of digits from 0 to 9."""
        return self.text.isascii() and self.text.isdigit()


class Tokens:
    """The pieces of one text, read from left to right."""

    def __init__(self, text: str) -> None:
        self._tokens = [
            # A dash between days or times stands for a hyphen. A name in quotes keeps its dashes.
            Token("-" if match.group() == "–" else match.group(), match.start() + 1)
            for match in _TOKEN.finditer(text)
        ]
        self._next = 0

    def one_of(self, words: tuple[str, ...], expected: Promise) -> int:
        """Read one of `words`, and return its place."""
        number = number_in(words, self.peek().text)
        if number is None:
            self.unknown(expected % {"words": ", ".join(words)})
        self.pop()
        return number

    def peek(self, ahead: int = 0) -> Token:
        """Return a token without reading it: the next, or one further ahead."""
        if self._next + ahead < len(self._tokens):
            return self._tokens[self._next + ahead]
        return Token("", 0)

    def pop(self) -> Token:
        """Read the next token."""
        token = self.peek()
        self._next += 1
        return token

    def take(self, text: str) -> bool:
        """Read the next token if it is `text`, and return whether it is."""
        taken = self.peek().text == text
        self._next += taken
        return taken

    def unknown(self, expected: str | Promise) -> NoReturn:
        """Refuse the next token, because something else is expected."""
        token = self.peek()
        if not token.text:
            raise ValidationError(
                _("The opening hours end too soon. Expected: %(expected)s."),
                params={"expected": expected},
                code="incomplete",
            )
        self.refuse(token, _("not understood. Expected: %(expected)s."), expected=expected)

    def refuse(self, token: Token, problem: Promise, **params: object) -> NoReturn:
        """Raise a sentence that says what is wrong, and where."""
        text = token.text if len(token.text) <= 20 else f"{token.text[:20]}…"
        raise ValidationError(
            _("At character %(position)d, “%(text)s”: %(problem)s"),
            params={
                "position": token.position,
                "text": text,
                "problem": problem % params if params else problem,
            },
            code="not_understood",
        )


def number_in(words: tuple[str, ...], text: str) -> int | None:
    """Return the place of `text` in `words`, or None if it is not one of them."""
    with suppress(ValueError):
        return words.index(text.capitalize())
    return None
