"""Numbers and emails are masked for everybody, until a person with the right to see them asks.

The mask is then lifted for one request, or one entry of the block list. It is lifted in one session
only, and for a quarter of an hour. The audit log records it.
"""

import time
from dataclasses import dataclass
from datetime import UTC, datetime

from django.http import HttpRequest

from callbacks.accounts import audit_log
from callbacks.accounts.roles import may_unmask
from callbacks.contact import email_addresses, number_display
from callbacks.core import crypto, redaction
from callbacks.data_protection.subject_access import UNREADABLE
from callbacks.models import Block, CallRequest
from callbacks.staff.common.current_user import current_user
from callbacks.widgets.answers import Answer

SESSION_KEY = "unmasked"
SECONDS = 15 * 60


@dataclass(frozen=True)
class Masking:
    """How a session sees the personal data of one row: masked, or in clear."""

    is_lifted: bool = False
    # When the data is masked again; None while it is masked.
    until: datetime | None = None

    def number(self, call_request: CallRequest) -> str:
        """Return the number as the session sees it. It is empty if it was erased."""
        if crypto.is_unreadable(call_request.number):
            return str(UNREADABLE)
        if self.is_lifted or not call_request.number:
            return number_display.displayed(call_request.number)
        return number_display.masked(call_request.number)

    def email(self, call_request: CallRequest) -> str:
        """Return the email as the session sees it. It is empty if there is none."""
        if crypto.is_unreadable(call_request.email):
            return str(UNREADABLE)
        return (
            call_request.email
            if self.is_lifted or not call_request.email
            else email_addresses.masked(call_request.email)
        )

    def text(self, call_request: CallRequest, text: str) -> str:
        """Return a text that may hold the number or the email, as the session sees it.

        Such texts are notes, answers of the call service, and addresses of pages.
        """
        if self.is_lifted:
            return text
        # Without the number and the email, nothing says which part of the text to hide.
        if crypto.is_unreadable(call_request.number, call_request.email):
            return redaction.HIDDEN if text else ""
        return redaction.masked_text(text, number=call_request.number, email=call_request.email)

    def answer(self, call_request: CallRequest, answer: Answer) -> str:
        """Return an answer to an additional field as the session sees it."""
        if answer.is_unreadable:
            return str(UNREADABLE)
        if answer.is_personal and not self.is_lifted:
            return redaction.HIDDEN
        return self.text(call_request, answer.text)

    def note(self, text: str) -> str:
        """Return a note of staff as the session sees it.

        Everything that could be a number or an email is hidden, not only those of the visitor.
        Hiding the visitor's number alone would reveal it: a colleague could write many numbers in
        one note, and see which one disappears.
        """
        return text if self.is_lifted else redaction.masked_note(text)


# For lists and confirmations, which never show data in clear.
MASKED = Masking()


def lift(request: HttpRequest, row: CallRequest | Block, action: str = audit_log.UNMASK) -> None:
    """Let this session see the personal data of one row for `SECONDS`, and record it.

    The caller has checked that the person may see it. `action` is the name in the audit log.
    """
    person = current_user(request)
    audit_log.record(person, action, row)
    now = time.time()
    request.session[SESSION_KEY] = _lifted(request, now) | {_key(row): now + SECONDS}


def of(request: HttpRequest, row: CallRequest | Block) -> Masking:
    """Return how this session sees the row."""
    until = _lifted(request, time.time()).get(_key(row))
    if until is None or not may_unmask(request.user):
        return MASKED
    return Masking(is_lifted=True, until=datetime.fromtimestamp(until, UTC))


def _key(row: CallRequest | Block) -> str:
    """Return the key of the row in the session."""
    return f"{row._meta.model_name}:{row.pk}"


def _lifted(request: HttpRequest, now: float) -> dict[str, float]:
    """Return when the mask falls again, in seconds since 1970, by the key of each unmasked row."""
    lifted: dict[str, float] = request.session.get(SESSION_KEY, {})
    # A later end was written by a clock that was ahead. It must not keep the data in clear.
    return {key: until for key, until in lifted.items() if now < until <= now + SECONDS}
