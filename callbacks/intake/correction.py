"""Correct the number of a request that still waits."""

from copy import copy

from django.db import transaction

from callbacks.abuse import block_list, limits, rejections
from callbacks.consent import proof as consent_proof
from callbacks.contact import number_sentences, phone_numbers
from callbacks.core import crypto, database
from callbacks.intake.accept import CorrectedTooOften, limits_of, may_be_corrected
from callbacks.intake.errors import BLOCKED_SENTENCE, Invalid, Rejected, TooMany, as_too_many
from callbacks.models import (
    CallRequest,
    ConsentEvent,
    RefusalKind,
    Status,
)


def correct_number(request: CallRequest, typed: str, *, address: str = "") -> bool:
    """Change the number of a request that still waits; return False when it is too late.

    It is too late when the call is being placed or the request is over. The new number is held
    against all that a form is: the rules for numbers, the block list, and the limits per number,
    widget and account, each of which it uses once. `address`: that of the client who asks now.

    Raises: Invalid, TooMany, NotTaken, CorrectedTooOften.
    """
    try:
        number = phone_numbers.parse(typed, request.widget.allowed_regions)
    except phone_numbers.NumberRefused as refused:
        raise Invalid(
            {"number": number_sentences.of(refused, request.widget.allowed_regions)}
        ) from None
    if number == request.number:
        return not request.is_over
    try:
        return _correct(request, number, address)
    except (TooMany, Rejected) as refused:
        rejections.record(request.widget, refused.kind, number=number, address=address)
        raise


def _correct(request: CallRequest, number: str, address: str) -> bool:
    allowed = limits_of(request.widget, number)
    columns = crypto.number_columns(number)
    with transaction.atomic():
        now = database.lock(limits.keys_of(allowed))
        changed = CallRequest.objects.filter(
            pk=request.pk,
            status=Status.QUEUED,
            number_hash=request.number_hash,
            erased_at=None,
        ).update(**columns, is_verified=False)
        if not changed:
            return False
        # The row is locked by now: what is counted here stays true.
        if not may_be_corrected(request):
            raise CorrectedTooOften
        if block_list.is_blocked(number=number, email=request.email, address=address):
            raise Rejected(RefusalKind.BLOCKED, BLOCKED_SENTENCE)
        corrected = copy(request)
        corrected.number = number
        consent_proof.record_again(corrected, ConsentEvent.CORRECTED)
        with as_too_many():
            limits.hit(limits_of(request.widget, number, limits.freed(number, now)), now)
    request.number, request.number_hash = number, columns["number_hash"]
    return True
