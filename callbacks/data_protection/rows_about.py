"""Find the rows that are about one data subject, by number or email."""

from django.db.models import Q, QuerySet

from callbacks.abuse import block_keys
from callbacks.contact.e164 import Number
from callbacks.core import crypto
from callbacks.models import (
    Block,
    BlockKind,
    CallOutcome,
    CallRequest,
    Refusal,
    TeamMailRecipient,
)


def requests_of(*, number: Number = "", email: str = "") -> QuerySet[CallRequest]:
    """Return the requests about a number (E.164) or an email.

    With both, these are the requests about either. With neither, there are none.
    """
    matches = Q(pk__in=[])
    if number:
        matches |= Q(number_hash=crypto.number_hash(number))
    if email:
        matches |= Q(email_hash=crypto.email_hash(email))
    return CallRequest.objects.filter(matches)


def same_person(call_request: CallRequest) -> QuerySet[CallRequest]:
    """Return the requests with the same number or email as this one, this one included.

    The numbers and emails are compared by their fingerprints, even if they cannot be decrypted.
    """
    matches = Q(pk=call_request.pk)
    if call_request.number_hash:
        matches |= Q(number_hash=call_request.number_hash)
    if call_request.email_hash:
        matches |= Q(email_hash=call_request.email_hash)
    return CallRequest.objects.filter(matches)


def block_of(number: Number) -> QuerySet[Block]:
    """Return the block list's entry for exactly this number."""
    return Block.objects.filter(key=block_keys.key_of(BlockKind.NUMBER, number))


def mail_block_of(email: str) -> QuerySet[Block]:
    """Return the block list's entry that stops emails to this address."""
    return Block.objects.filter(key=block_keys.key_of(BlockKind.MAIL, email))


def recipients_of(email: str) -> QuerySet[TeamMailRecipient]:
    """Return this address in the lists of recipients of team emails."""
    return TeamMailRecipient.objects.filter(email_hash=crypto.email_hash(email))


def refusals_of(number: Number) -> QuerySet[Refusal]:
    """Return the recorded refusals of this number."""
    return Refusal.objects.filter(number_hash=crypto.number_hash(number))


def outcomes_of(*, number: Number = "", email: str = "") -> QuerySet[CallOutcome]:
    """Return the call outcomes without a request that are about this number or this email."""
    matches = Q(pk__in=[])
    if number:
        matches |= Q(number_hash=crypto.number_hash(number))
    if email:
        matches |= Q(email_hash=crypto.email_hash(email))
    return CallOutcome.objects.filter(matches, call_request=None)
