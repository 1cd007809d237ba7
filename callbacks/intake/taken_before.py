"""The request that a form has led to already."""

from callbacks.consent import proof as consent_proof
from callbacks.contact import email_addresses, phone_numbers
from callbacks.core import crypto
from callbacks.intake.errors import AlreadyUsed
from callbacks.models import (
    CallRequest,
    Widget,
)


def taken_before(widget: Widget, nonce: str, number: str, email: str) -> CallRequest | None:
    """Return the request that a form has led to, whatever would refuse the form by now; None when
    it was never taken.

    `number` and `email`: as they were typed. Raises `AlreadyUsed` when others were sent before.
    """
    earlier = CallRequest.objects.filter(nonce=nonce).first() if nonce else None
    if earlier is None:
        return None
    if earlier.widget_id != widget.pk:
        raise AlreadyUsed
    # An erased request holds nothing to compare with: its page says that it was erased.
    if earlier.erased_at is None and not _is_about(earlier, widget, number, email):
        raise AlreadyUsed
    return earlier


def _is_about(earlier: CallRequest, widget: Widget, number: str, email: str) -> bool:
    """Return whether what was typed is what the request holds, or held before it was corrected.

    By fingerprints, and in any region: the widget may allow others by now.
    """
    try:
        email = email_addresses.clean(email) if email.strip() else ""
    except email_addresses.EmailRefused:
        return False
    if crypto.email_hash(email) != earlier.email_hash:
        return False
    for regions in (widget.allowed_regions, phone_numbers.supported_regions()):
        meant = phone_numbers.search_forms(number, regions)
        if earlier.number_hash in map(crypto.number_hash, meant):
            return True
    return consent_proof.was_given(earlier, meant)
