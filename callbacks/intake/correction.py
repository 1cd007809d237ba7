"""Correct the number of a request that still waits."""

from copy import copy

from django.db import transaction

from callbacks.abuse import block_list, limits, rejections
from callbacks.consent import proof as consent_proof
from callbacks.contact import phone_numbers
from callbacks.core import crypto
from callbacks.intake.errors import BLOCKED_SENTENCE, Invalid, Rejected, TooMany, as_too_many
from callbacks.models import (
    CallRequest,
    ConsentEvent,
    RefusalKind,
    Status,
)


def correct_number(request: CallRequest, typed: str) -> bool:
    """Changes the number of a request that still waits; the visitor had mistyped it.

    The new number must pass the same rules and limits. Out: False when it is too late, because
    the call is being placed or the request is over. Raises `Invalid`, `TooMany` or `Rejected`.
    """
    try:
        number = phone_numbers.parse(typed, request.widget.allowed_regions)
    except phone_numbers.NumberRefused as refused:
        raise Invalid({"number": refused.message}) from None
    if number == request.number:
        return not request.is_over
    try:
        return _correct(request, number)
    except (TooMany, Rejected) as refused:
        rejections.record(request.widget, refused.kind, number=number, address=request.address)
        raise


def _correct(request: CallRequest, number: str) -> bool:
    allowed = limits.number_limits(number)
    columns = crypto.number_columns(number)
    with transaction.atomic():
        now = limits.lock_number(number)
        changed = CallRequest.objects.filter(
            pk=request.pk,
            status=Status.QUEUED,
            number_hash=request.number_hash,
            erased_at=None,
        ).update(**columns, is_verified=False)
        if not changed:
            return False
        if block_list.is_blocked(number=number):
            raise Rejected(RefusalKind.BLOCKED, BLOCKED_SENTENCE)
        corrected = copy(request)
        corrected.number = number
        consent_proof.record_again(corrected, ConsentEvent.CORRECTED)
        with as_too_many():
            limits.hit(allowed, now)
    request.number, request.number_hash = number, columns["number_hash"]
    return True
