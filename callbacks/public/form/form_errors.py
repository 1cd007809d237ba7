"""Turn a refusal by `intake` into what the form's page says about it."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field

from django.http import HttpResponse
from django.utils.translation import gettext_lazy as _

from callbacks.intake.correction import CorrectedTooOften
from callbacks.intake.errors import (
    BLOCKED_SENTENCE,
    AlreadyUsed,
    Closed,
    Invalid,
    Refused,
    Rejected,
    Sentence,
    ShownBeforeRestore,
    TooMany,
)
from callbacks.intake.rescheduling import RescheduledTooOften

UNPROCESSABLE = 422
IDENTITY_SENTENCE = _(
    "We couldn't verify the details that this website passed on, or they have expired. Check them "
    "and send the form again."
)
CONSENT_SENTENCE = _("The consent text has changed. Read it, tick the box and send the form again.")
OTHER_FORM_SENTENCE = _("The form has changed. Check it, tick the box and send it again.")
EXPIRED_SENTENCE = _("This form has expired. Please send it again.")
TOO_MANY = 429


@dataclass(frozen=True)
class Problem:
    """Why a form was not accepted: `errors` by field name, `sentence` about the whole form.

    `status` is the HTTP status, and `retry_after` is in seconds. `keeps_identity` says whether the
    details that the site signed may be filled in again. `names_contact` says whether the page goes
    on with how to reach the company; `is_final`, whether it does so even if the widget has no
    contact, because sending the form again will not help.
    """

    sentence: Sentence = ""
    errors: Mapping[str, Sentence] = field(default_factory=dict)
    status: int = UNPROCESSABLE
    retry_after: int | None = None
    keeps_identity: bool = True
    names_contact: bool = False
    is_final: bool = False

    def mark(self, response: HttpResponse) -> HttpResponse:
        """Set the HTTP status of `response`, and `Retry-After` (seconds) if a limit was reached."""
        response.status_code = self.status
        if self.retry_after is not None:
            response.headers["Retry-After"] = str(self.retry_after)
        return response


def of(refused: Refused) -> Problem:
    """Return the problem that the form's page shows for the refusal `refused`."""
    match refused:
        case Invalid(errors=errors):
            # Signed details cannot be edited. Drop them, so that the visitor can correct the field.
            return Problem(errors=errors, keeps_identity=not errors.keys() & {"number", "email"})
        case TooMany(sentence=sentence, retry_after=wait):
            seconds = max(1, math.ceil(wait.total_seconds()))
            return Problem(sentence, status=TOO_MANY, retry_after=seconds, names_contact=True)
        case Rejected(sentence=sentence):
            return Problem(sentence, names_contact=True, is_final=sentence is BLOCKED_SENTENCE)
        case (
            Closed(sentence=sentence)
            | CorrectedTooOften(sentence=sentence)
            | RescheduledTooOften(sentence=sentence)
        ):
            return Problem(sentence, names_contact=True)
        case AlreadyUsed(sentence=sentence) | ShownBeforeRestore(sentence=sentence):
            return Problem(sentence)
    raise NotImplementedError(type(refused))
