"""Why a form was not taken, as its page says it."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field

from django.http import HttpResponse

from callbacks.intake.correction import CorrectedTooOften
from callbacks.intake.errors import (
    AlreadyUsed,
    Invalid,
    Refused,
    Rejected,
    Sentence,
    ShownBeforeRestore,
    TooMany,
)

UNPROCESSABLE = 422
TOO_MANY = 429


@dataclass(frozen=True)
class Problem:
    """`errors` stand beside their fields, `sentence` is about the whole form.

    `keeps_identity`: whether the details that the site vouches for may fill the form once more.
    """

    sentence: Sentence = ""
    errors: Mapping[str, Sentence] = field(default_factory=dict)
    status: int = UNPROCESSABLE
    retry_after: int | None = None
    keeps_identity: bool = True

    def mark(self, response: HttpResponse) -> HttpResponse:
        """Says it to machines as well; for a limit, when to come back (seconds)."""
        response.status_code = self.status
        if self.retry_after is not None:
            response.headers["Retry-After"] = str(self.retry_after)
        return response


def of(refused: Refused) -> Problem:
    """What intake objected to."""
    match refused:
        case Invalid(errors=errors):
            # What the site vouches for cannot be changed: the visitor has to be able to.
            return Problem(errors=errors, keeps_identity=not errors.keys() & {"number", "email"})
        case TooMany(sentence=sentence, retry_after=wait):
            seconds = max(1, math.ceil(wait.total_seconds()))
            return Problem(sentence, status=TOO_MANY, retry_after=seconds)
        case (
            Rejected(sentence=sentence)
            | AlreadyUsed(sentence=sentence)
            | ShownBeforeRestore(sentence=sentence)
            | CorrectedTooOften(sentence=sentence)
        ):
            return Problem(sentence)
    raise NotImplementedError(type(refused))
