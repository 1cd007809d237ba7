"""Find the request that a form has already led to."""

from collections.abc import Mapping

from callbacks.consent import proof as consent_proof
from callbacks.contact import phone_numbers
from callbacks.contact.invisible import trimmed
from callbacks.core import crypto
from callbacks.intake import extra_form_fields
from callbacks.intake.errors import AlreadyUsed
from callbacks.intake.submission import asked_for
from callbacks.models import CallRequest, Widget
from callbacks.widgets.answers import Value


def taken_before(
    widget: Widget,
    nonce: str,
    number: str,
    email: str,
    when: str,
    answers: Mapping[str, Value] | None,
) -> CallRequest | None:
    """Return the request that a form has led to, or None if it was never accepted.

    It is returned even if the form would be refused now. `number`, `email`, `when` and
    `answers` are as they were typed. `answers` is None if they are not typed but copied.

    Raises:
        AlreadyUsed: the form was sent before with another number, email, time or answer, or for
            another widget.
    """
    earlier = CallRequest.objects.filter(nonce=nonce).first() if nonce else None
    if earlier is None:
        return None
    if earlier.widget_id != widget.pk:
        raise AlreadyUsed
    earlier.widget = widget
    # An erased request contains nothing to compare with. Its page says that it was erased.
    is_same = earlier.erased_at is not None or (
        asked_for(when) == earlier.asked_for
        and (answers is None or extra_form_fields.are_same(earlier, answers))
        and _is_about(earlier, widget, number, email)
    )
    if not is_same:
        raise AlreadyUsed
    return earlier


def _is_about(earlier: CallRequest, widget: Widget, number: str, email: str) -> bool:
    """Return whether the typed number and email are the request's.

    A number that the request had before a correction counts too. The values are compared by their
    fingerprints, and the number is read in every region, because the widget's regions may have
    changed.
    """
    # An identifier that a system sent is stored as it is.
    if earlier.email_hash not in {crypto.email_hash(trimmed(email)), crypto.email_hash(email)}:
        return False
    for regions in (widget.allowed_regions, phone_numbers.supported_regions()):
        meant = phone_numbers.search_forms(number, regions)
        if earlier.number_hash in map(crypto.number_hash, meant):
            return True
    return consent_proof.was_given_with(earlier, meant)
