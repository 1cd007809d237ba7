"""Why a request was not accepted, with the sentence for the visitor. Nothing was changed."""

import math
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime, timedelta

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext_lazy

from callbacks.abuse import limits
from callbacks.models import (
    RefusalKind,
)

Sentence = str | Promise
# The page goes on with how to reach the company.
BLOCKED_SENTENCE = _("We can't take a call request with these details.")
ADDRESS_SENTENCE = _("Too many requests from your internet connection. Please try again later.")
# The waiting times that a refused visitor may be told.
WAITS = (
    *(timedelta(minutes=minutes) for minutes in (5, 15, 30)),
    *(timedelta(hours=hours) for hours in (1, 2, 4, 8, 12, 24)),
)


class Refused(Exception):
    """The request was not accepted, and nothing was changed."""


class Invalid(Refused):
    """A field is wrong. `errors` has one sentence for each wrong field, by the field's name.

    `codes` says to programs what is wrong with a field, such as "too_short", where that is known.
    """

    def __init__(
        self, errors: Mapping[str, Sentence], codes: Mapping[str, str] | None = None
    ) -> None:
        super().__init__("invalid: " + ", ".join(errors))
        self.errors = dict(errors)
        self.codes = dict(codes or {})


class TooMany(Refused):
    """A limit is reached, or the queue is too long.

    `retry_after` is how long to wait before another try.
    """

    def __init__(self, kind: RefusalKind, sentence: Sentence, retry_after: timedelta) -> None:
        super().__init__("too many requests")
        self.kind = kind
        self.sentence = sentence
        self.retry_after = retry_after


class Rejected(Refused):
    """The request is refused by the block list, or because the widget is paused.

    `sentence` does not tell a stranger whether a number is on the block list.
    """

    def __init__(self, kind: RefusalKind, sentence: Sentence) -> None:
        super().__init__("not taken")
        self.kind = kind
        self.sentence = sentence


class Closed(Refused):
    """The widget takes no requests outside its opening hours. `opens_at` is the next opening."""

    def __init__(self, opens_at: datetime | None) -> None:
        super().__init__("closed")
        self.opens_at = opens_at
        self.sentence: Sentence = _("We're closed now, and we take no call requests until we open.")


class AlreadyUsed(Refused):
    """This form was sent before, with other content. `sentence` tells the visitor."""

    sentence: Sentence = _(
        "You have already sent this form with different details. If you want another call, check "
        "the form and send it again."
    )


class ShownBeforeRestore(Refused):
    """The form was shown before a backup was restored, so nobody knows whether it was sent."""

    sentence: Sentence = _(
        "Since you opened this form, we have restored our records from a backup. If you had "
        "already sent it, you may have been called. If you still want a call, send it again."
    )


@contextmanager
def as_too_many() -> Iterator[None]:
    """Turn `LimitReached` inside the block into `TooMany`, with its sentence for the visitor."""
    try:
        yield
    except limits.LimitReached as reached:
        if reached.kind is None:
            raise
        if reached.kind is RefusalKind.ADDRESS:
            raise TooMany(reached.kind, ADDRESS_SENTENCE, reached.retry_after) from None
        wait = _coarse(reached.retry_after)
        raise TooMany(reached.kind, _come_back_in(wait), wait) from None


def wait_sentence(retry_after: timedelta) -> Sentence:
    """Return the sentence for a queue that is too long; `retry_after` is rounded up to minutes."""
    return ngettext_lazy(
        "Too many people are waiting for a call right now. Please try again in about %(n)d minute.",
        "Too many people are waiting for a call right now. Please try again in about %(n)d "
        "minutes.",
        "n",
    ) % {"n": math.ceil(retry_after.total_seconds() / 60)}


def _coarse(wait: timedelta) -> timedelta:
    """Return the next longer time of `WAITS`.

    The exact time would reveal which limit was reached.
    """
    return next((step for step in WAITS if wait <= step), WAITS[-1])


def _come_back_in(wait: timedelta) -> Sentence:
    """Return the sentence for a limit that is reached. `wait` is one of `WAITS`.

    It is the same for every limit, so that nobody learns whether a number was used before.
    """
    minutes = int(wait.total_seconds() // 60)
    if minutes < 60:
        return ngettext_lazy(
            "We can't take another request right now. Please try again in about %(n)d minute.",
            "We can't take another request right now. Please try again in about %(n)d minutes.",
            "n",
        ) % {"n": minutes}
    return ngettext_lazy(
        "We can't take another request right now. Please try again in about %(n)d hour.",
        "We can't take another request right now. Please try again in about %(n)d hours.",
        "n",
    ) % {"n": minutes // 60}
