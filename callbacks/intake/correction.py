"""Correct the number of a request that is still waiting."""

from copy import copy

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from callbacks.abuse import block_list, limits, next_request, refusals
from callbacks.consent import proof as consent_proof
from callbacks.contact.e164 import Number
from callbacks.core import crypto, database
from callbacks.hours import sales_hours
from callbacks.intake.errors import (
    BLOCKED_SENTENCE,
    Invalid,
    Refused,
    Rejected,
    Sentence,
    TooMany,
    as_too_many,
)
from callbacks.intake.request_form import cleaned_number
from callbacks.lifecycle import hours_changed
from callbacks.models import (
    CallRequest,
    ConsentEvent,
    RefusalKind,
    Status,
)
from callbacks.scheduling import open_periods, slots
from callbacks.scheduling.slot_places import Slot

CLOSED_THERE_SENTENCE = _(
    "We can't call this number at the time you chose, because the law does not allow sales calls "
    "there at that hour. Cancel this request and ask for a call at another time."
)
# The most corrections of one request: one for a mistake, the others for a mistake in a correction.
# Each counts towards the limits as a form does. But only the first number was sent by a form, so
# there is a maximum.
MOST_CORRECTIONS = 3


class CorrectedTooOften(Refused):
    """The number of this request was already corrected `MOST_CORRECTIONS` times."""

    def __init__(self) -> None:
        super().__init__("corrected too often")
        self.sentence: Sentence = _(
            "The number of this request has already been changed %(n)d times. To be called on "
            "another number, cancel this request and send the form again."
        ) % {"n": MOST_CORRECTIONS}


def may_be_corrected(call_request: CallRequest) -> bool:
    """Return whether the request has had fewer than `MOST_CORRECTIONS` corrections."""
    made = call_request.consent_proofs.filter(event=ConsentEvent.CORRECTED).count()
    return made < MOST_CORRECTIONS


def correct_number(call_request: CallRequest, typed: str, *, address: str = "") -> bool:
    """Change the number of a request that still waits; return False if it is too late.

    It is too late once the call is being placed or the request is over. The new number must pass
    the same checks as a form: the rules for numbers, the block list, and the limits per number,
    widget and account. It counts once towards each limit. `address` is the IP address of the client
    who corrects.

    Raises:
        Invalid: the number may not be called, or not in the time slot that was chosen.
        TooMany: a limit is reached.
        Rejected: the block list covers the number or the visitor.
        CorrectedTooOften: the request has no corrections left.
    """
    number = cleaned_number(typed, call_request.widget)
    if number == call_request.number:
        return not call_request.is_over
    if not _may_be_called_then(call_request, number):
        raise Invalid({"number": CLOSED_THERE_SENTENCE})
    try:
        return _correct(call_request, number, address)
    except (TooMany, Rejected) as refused:
        refusals.record(call_request.widget, refused.kind, number=number, address=address)
        raise


def _may_be_called_then(call_request: CallRequest, number: Number) -> bool:
    """Return whether the request's time slot, if it has one, is also open where `number` is.

    Only the legal hours for sales calls depend on the number (`Widget.sales_hours`).
    """
    widget, start, end = call_request.widget, call_request.slot_start, call_request.slot_end
    zone = open_periods.zone_of(widget, str(number))
    if (
        start is None
        or end is None
        or zone == open_periods.zone_of(widget, str(call_request.number))
    ):
        return True
    return slots.is_open(widget, zone, Slot(start, end))


def _correct(call_request: CallRequest, number: Number, address: str) -> bool:
    """Check the number and write it in one transaction; return False if it is too late."""
    allowed = limits.of_request(call_request.widget, number)
    columns = crypto.number_columns(number)
    with transaction.atomic():
        now = database.lock(limits.keys_of(allowed))
        # The site has not signed the new number. The visitor who typed it may see it in full,
        # to check it: so the page counts as not viewed.
        zone = sales_hours.consumer_zone(str(number))
        changed = CallRequest.objects.filter(
            pk=call_request.pk,
            status=Status.QUEUED,
            number_hash=call_request.number_hash,
            erased_at=None,
        ).update(
            **columns,
            consumer_zone=zone,
            is_verified=False,
            viewed_at=None,
        )
        if not changed:
            return False
        # The update has locked the row, so the number of corrections cannot change any more.
        if not may_be_corrected(call_request):
            raise CorrectedTooOften
        if call_request.widget.sales_hours and zone != call_request.consumer_zone:
            # Housekeeping works out the times anew, by the clocks of the new number.
            hours_changed.flag(call_request.widget)
        if block_list.is_blocked(number=number, email=call_request.email, address=address):
            raise Rejected(RefusalKind.BLOCKED, BLOCKED_SENTENCE)
        corrected = copy(call_request)
        corrected.number = number
        consent_proof.record_later_event(corrected, ConsentEvent.CORRECTED)
        with as_too_many():
            freed = next_request.freed(number, now)
            limits.hit(limits.of_request(call_request.widget, number, freed, now), now)
    call_request.number, call_request.number_hash = number, columns["number_hash"]
    return True
