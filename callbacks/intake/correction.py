"""Correct the number of a request that still waits."""

from copy import copy

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from callbacks.abuse import block_list, limits, rejections
from callbacks.consent import proof as consent_proof
from callbacks.contact import number_sentences, phone_numbers
from callbacks.contact.e164 import Number
from callbacks.core import crypto, database
from callbacks.intake.errors import (
    BLOCKED_SENTENCE,
    Invalid,
    Refused,
    Rejected,
    Sentence,
    TooMany,
    as_too_many,
)
from callbacks.models import (
    CallRequest,
    ConsentEvent,
    RefusalKind,
    Status,
)

# Corrections of one request: for a slip, and for a slip in that. Each costs what a form costs, but
# only the first number was asked for by a form.
MOST_CORRECTIONS = 3


class CorrectedTooOften(Refused):
    """The number of this request was corrected `MOST_CORRECTIONS` times already."""

    def __init__(self) -> None:
        super().__init__("corrected too often")
        self.sentence: Sentence = _(
            "The number of this request has already been changed %(n)d times. To be called on "
            "another number, cancel this request and send the form again."
        ) % {"n": MOST_CORRECTIONS}


def may_be_corrected(call_request: CallRequest) -> bool:
    """Return whether the request has corrections left, of `MOST_CORRECTIONS`."""
    made = call_request.consent_proofs.filter(event=ConsentEvent.CORRECTED).count()
    return made < MOST_CORRECTIONS


def correct_number(call_request: CallRequest, typed: str, *, address: str = "") -> bool:
    """Change the number of a request that still waits; return False when it is too late.

    It is too late when the call is being placed or the request is over. The new number is held
    against all that a form is: the rules for numbers, the block list, and the limits per number,
    widget and account, each of which it uses once. `address`: that of the client who asks now.

    Raises:
        Invalid, TooMany, Rejected, CorrectedTooOften: why it is not corrected.
    """
    try:
        number = phone_numbers.parse(typed, call_request.widget.allowed_regions)
    except phone_numbers.NumberRefused as refused:
        raise Invalid(
            {"number": number_sentences.of(refused, call_request.widget.allowed_regions)}
        ) from None
    if number == call_request.number:
        return not call_request.is_over
    try:
        return _correct(call_request, number, address)
    except (TooMany, Rejected) as refused:
        rejections.record(call_request.widget, refused.kind, number=number, address=address)
        raise


def _correct(call_request: CallRequest, number: Number, address: str) -> bool:
    allowed = limits.of_request(call_request.widget, number)
    columns = crypto.number_columns(number)
    with transaction.atomic():
        now = database.lock(limits.keys_of(allowed))
        changed = CallRequest.objects.filter(
            pk=call_request.pk,
            status=Status.QUEUED,
            number_hash=call_request.number_hash,
            erased_at=None,
        ).update(**columns, is_verified=False, viewed_at=None)  # who typed it is to check it
        if not changed:
            return False
        # The row is locked by now: what is counted here stays true.
        if not may_be_corrected(call_request):
            raise CorrectedTooOften
        if block_list.is_blocked(number=number, email=call_request.email, address=address):
            raise Rejected(RefusalKind.BLOCKED, BLOCKED_SENTENCE)
        corrected = copy(call_request)
        corrected.number = number
        consent_proof.record_again(corrected, ConsentEvent.CORRECTED)
        with as_too_many():
            freed = limits.freed(number, now)
            limits.hit(limits.of_request(call_request.widget, number, freed, now), now)
    call_request.number, call_request.number_hash = number, columns["number_hash"]
    return True
