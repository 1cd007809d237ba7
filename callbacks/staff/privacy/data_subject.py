"""The person whom a number or an email stands for, and what is stored about them."""

from dataclasses import dataclass

from django.utils.safestring import SafeString

from callbacks.abuse import block_keys
from callbacks.contact import number_display, phone_numbers
from callbacks.contact.e164 import Number
from callbacks.core import crypto
from callbacks.data_protection import rows_about
from callbacks.models import (
    Block,
    BlockKind,
    CallRequest,
    ConsentProof,
    Widget,
)
from callbacks.staff.common import number_in_full


@dataclass(frozen=True)
class Subject:
    """A person, and how much is stored about them.

    One of `number` and `email` is empty.
    """

    number: Number
    email: str
    requests: int
    proofs: int
    is_blocked: bool
    # In how many lists of recipients of team emails the address is.
    recipients: int

    @property
    def shown(self) -> str:
        """Return the number or the email, in clear."""
        return number_display.displayed(self.number) if self.number else self.email

    @property
    def number_in_full(self) -> SafeString:
        """Return the number with a link to call it and a button to copy it."""
        return number_in_full.shown(self.number)

    @property
    def typed(self) -> str:
        """Return the text that finds this person again."""
        return self.number or self.email

    @property
    def is_nothing(self) -> bool:
        """Return whether nothing is stored."""
        return not (self.requests or self.is_blocked or self.recipients)


def subject(typed: str) -> Subject | None:
    """Return the person whom the text means, or None.

    The text is an email, or a number in any spelling.
    """
    typed = typed.strip()
    if "@" in typed:
        return _subject(email=typed)
    regions = {"FR"}
    for allowed in Widget.objects.values_list("allowed_regions", flat=True):
        regions.update(allowed)
    forms_of_it = phone_numbers.search_forms(typed, sorted(regions))
    if not forms_of_it:
        return None
    hashes = {crypto.number_hash(number): number for number in forms_of_it}
    known = CallRequest.objects.filter(number_hash__in=hashes).values_list("number_hash", flat=True)
    first = known.first()
    return _subject(number=hashes[first] if first else forms_of_it[0])


def _subject(number: Number = "", email: str = "") -> Subject:
    """Return the person with this number or email."""
    found = rows_about.requests_of(number=number, email=email).filter(erased_at=None)
    key = (
        block_keys.key_of(BlockKind.NUMBER, number)
        if number
        else block_keys.key_of(BlockKind.MAIL, email)
    )
    return Subject(
        number=number,
        email=email,
        requests=found.count(),
        proofs=ConsentProof.objects.filter(call_request__in=found).count(),
        is_blocked=Block.objects.filter(key=key).exists(),
        recipients=rows_about.recipients_of(email).count() if email else 0,
    )
