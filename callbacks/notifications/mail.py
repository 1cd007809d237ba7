"""Send email, and log once when the mail server goes away and once when it is back."""

import unicodedata
from collections.abc import Mapping, Sequence
from email import policy as email_policy
from email.message import EmailMessage as MIMEMessage
from email.policy import Policy
from smtplib import SMTPDataError, SMTPNotSupportedError, SMTPRecipientsRefused
from typing import Any
from urllib.parse import urlsplit

import structlog
from django.conf import settings
from django.core.mail import EmailMessage, EmailMultiAlternatives

from callbacks.core import availability

log = structlog.get_logger(__name__)

_NOT_IMPLEMENTED = 504  # RFC 5321, section 4.2.3
# The longest line that RFC 5322 allows is 998 characters. Python folds at 78, and would encode a
# link that is longer; no mail program could follow it then.
_LONGEST_LINE = 998


class Refused(Exception):
    """The mail server refuses this email for good, such as for an address that does not exist."""


class Email(EmailMultiAlternatives):
    """An email whose headers keep their links whole."""

    def message(self, *, policy: "Policy[Any] | None" = None) -> MIMEMessage:
        """Return the email as it is sent."""
        given = policy or email_policy.default
        whole = given.clone(max_line_length=_LONGEST_LINE, cte_type="7bit")
        return super().message(policy=whole)


def one_line(text: str) -> str:
    """Return `text` without control characters, which no header may contain."""
    categories = {"Cc", "Zl", "Zp"}
    return "".join(" " if unicodedata.category(c) in categories else c for c in text).strip()


def message_id(name: str) -> str:
    """Return the Message-ID of an email, from a name that is the same at each attempt to send it.

    Mail programs show an email once, however often it arrives with the same Message-ID.
    """
    return f"<{name}@{urlsplit(settings.PUBLIC_URL).hostname}>"


def send(
    subject: str, text: str, to: Sequence[str], headers: Mapping[str, str] | None = None
) -> bool:
    """Send a plain-text email to these addresses. Return whether the mail server accepted it.

    Call it outside a transaction, because a mail server may be slow.

    Raises:
        ValueError: no email can have this subject, one of these addresses or one of the headers.
    """
    try:
        return deliver(EmailMessage(subject, text, None, to, headers=dict(headers or {})))
    except Refused:
        return False


def deliver(message: EmailMessage) -> bool:
    """Send an email. Return False if the mail server is unavailable.

    Raises:
        Refused: the mail server works, and does not take this email.
        ValueError: as for `send`.
    """
    try:
        message.send()
    except OSError as error:  # smtplib's errors are OSErrors as well
        if code := _refusal_code(error):
            availability.mail.recovered()
            log.warning("mail_refused", code=code)
            raise Refused from None
        availability.mail.failed(error)
        return False
    availability.mail.recovered()
    return True


def _refusal_code(error: OSError) -> int | None:
    """Return the code with which the server refused all recipients or the content for good.

    Codes from 500 on are permanent (RFC 5321, section 4.2.1). Return None for any other error.
    """
    codes = []
    if isinstance(error, SMTPRecipientsRefused):
        codes = [code for code, _words in error.recipients.values()]
    elif isinstance(error, SMTPDataError):
        codes = [error.smtp_code]
    elif isinstance(error, SMTPNotSupportedError):  # it takes no address that is not ASCII
        codes = [_NOT_IMPLEMENTED]
    lowest = min(codes, default=0)
    return lowest if lowest >= 500 else None
