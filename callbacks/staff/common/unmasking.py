"""The veil over personal data: masked for everybody, until a person who may lifts it, on record.

It is lifted for one request, or one entry of the block list, and one session, for a quarter of an
hour.
"""

import time
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from django.http import HttpRequest

from callbacks.accounts import audit_log
from callbacks.accounts.roles import may_unmask
from callbacks.contact import email_addresses, phone_numbers
from callbacks.core import crypto, redaction
from callbacks.data_protection.subject_access import UNREADABLE
from callbacks.models import Block, CallRequest
from callbacks.staff.common.current_user import current_user

if TYPE_CHECKING:
    pass

SESSION_KEY = "unmasked"
SECONDS = 15 * 60


@dataclass(frozen=True)
class Veil:
    """How somebody sees the numbers and emails of a request, and texts that may hold them."""

    is_lifted: bool = False
    # When it falls again; None when it is not lifted.
    until: datetime | None = None

    def number(self, call_request: CallRequest) -> str:
        """Empty when it was erased."""
        if crypto.is_unreadable(call_request.number):
            return str(UNREADABLE)
        if self.is_lifted or not call_request.number:
            return phone_numbers.displayed(call_request.number)
        return phone_numbers.masked(call_request.number)

    def email(self, call_request: CallRequest) -> str:
        """Empty when there is none."""
        if crypto.is_unreadable(call_request.email):
            return str(UNREADABLE)
        return (
            call_request.email
            if self.is_lifted or not call_request.email
            else email_addresses.masked(call_request.email)
        )

    def text(self, call_request: CallRequest, text: str) -> str:
        """Somebody's words: a note, an answer of the service, the address of a page."""
        if self.is_lifted:
            return text
        if crypto.is_unreadable(
            call_request.number, call_request.email
        ):  # what to hide is not known
            return redaction.HIDDEN if text else ""
        return redaction.masked_text(text, number=call_request.number, email=call_request.email)

    def note(self, text: str) -> str:
        """Words of staff. All that could be a number or an email is hidden, whosever it is: what
        is hidden as the visitor's own would tell who writes a note of many numbers which it is."""
        return text if self.is_lifted else redaction.masked_note(text)


# For lists and confirmations, where it is never lifted.
CLOSED = Veil()


def lift(request: HttpRequest, row: CallRequest | Block, action: str = audit_log.UNMASK) -> None:
    """Lets this session see what is masked in the row for a while. The caller has checked that
    the person may; the audit trail tells, under `action`."""
    person = current_user(request)
    audit_log.record(person, action, row)
    now = time.time()
    request.session[SESSION_KEY] = _lifted(request, now) | {_key(row): now + SECONDS}


def of(request: HttpRequest, row: CallRequest | Block) -> Veil:
    """As this session sees the row."""
    until = _lifted(request, time.time()).get(_key(row))
    if until is None or not may_unmask(request.user):
        return CLOSED
    return Veil(is_lifted=True, until=datetime.fromtimestamp(until, UTC))


def _key(row: CallRequest | Block) -> str:
    return f"{row._meta.model_name}:{row.pk}"


def _lifted(request: HttpRequest, now: float) -> dict[str, float]:
    lifted: dict[str, float] = request.session.get(SESSION_KEY, {})
    # A time further ahead is of a clock that was ahead: nothing stays lifted by it.
    return {key: until for key, until in lifted.items() if now < until <= now + SECONDS}
