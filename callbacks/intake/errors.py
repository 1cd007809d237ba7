"""Why a request was not accepted, as a visitor is told. Nothing was changed."""

import math
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import timedelta

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext_lazy

from callbacks.abuse import limits
from callbacks.models import (
    RefusalKind,
)

Sentence = str | Promise
BLOCKED_SENTENCE = _(
    "We can't take a call request with these details. Please contact the company another way."
)
PAUSED_SENTENCE = _("We're not taking call requests at the moment. Please try again later.")
# What a refused visitor is told to wait.
WAITS = (
    *(timedelta(minutes=minutes) for minutes in (5, 15, 30)),
    *(timedelta(hours=hours) for hours in (1, 2, 4, 8, 12, 24)),
)


class Refused(Exception):
    """The request was not accepted; nothing was changed."""


class Invalid(Refused):
    """Something that was typed won't do. `errors`: a sentence for each field."""

    def __init__(self, errors: Mapping[str, Sentence]) -> None:
        super().__init__("invalid: " + ", ".join(errors))
        self.errors = dict(errors)


class TooMany(Refused):
    """A limit is reached. `retry_after`: how long until it is worth another try."""

    def __init__(self, kind: RefusalKind, sentence: Sentence, retry_after: timedelta) -> None:
        super().__init__("too many requests")
        self.kind = kind
        self.sentence = sentence
        self.retry_after = retry_after


class Rejected(Refused):
    """No request is taken with these details, or from this widget now: the block list, or a
    pause. `sentence` doesn't tell a stranger which number is on the list."""

    def __init__(self, kind: RefusalKind, sentence: Sentence) -> None:
        super().__init__("not taken")
        self.kind = kind
        self.sentence = sentence


class AlreadyUsed(Refused):
    """This form was sent before, with other content. `sentence` says so to the visitor."""

    sentence: Sentence = _(
        "You have already sent this form with different details. If you want another call, check "
        "the form and send it again."
    )


class ShownBeforeRestore(Refused):
    """This form was shown before a backup was restored: whether it was taken, nobody knows."""

    sentence: Sentence = _(
        "Since you opened this form, we have restored our records from a backup. If you had "
        "already sent it, you may have been called. If you still want a call, send it again."
    )


@contextmanager
def as_too_many() -> Iterator[None]:
    """A limit that is reached, as the visitor is told."""
    try:
        yield
    except limits.LimitReached as reached:
        wait = _coarse(reached.retry_after)
        raise TooMany(RefusalKind(reached.what), _come_back_in(wait), wait) from None


def wait_sentence(retry_after: timedelta) -> Sentence:
    return ngettext_lazy(
        "Too many people are waiting for a call right now. Please try again in about %(n)d minute.",
        "Too many people are waiting for a call right now. Please try again in about %(n)d "
        "minutes.",
        "n",
    ) % {"n": math.ceil(retry_after.total_seconds() / 60)}


def _coarse(wait: timedelta) -> timedelta:
    """The next longer of a few waits: which limit it was cannot be read from the exact one."""
    return next((step for step in WAITS if wait <= step), WAITS[-1])


def _come_back_in(wait: timedelta) -> Sentence:
    """The same for every limit, so that nobody learns whether a number has asked before."""
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
