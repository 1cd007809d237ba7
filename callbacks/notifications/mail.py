"""Send email, and log once when the mail server goes away and once when it is back."""

from collections.abc import Mapping, Sequence
from smtplib import SMTPDataError, SMTPNotSupportedError, SMTPRecipientsRefused
from urllib.parse import urlsplit

import structlog
from django.conf import settings
from django.core.mail import EmailMessage

from callbacks.core import availability

log = structlog.get_logger(__name__)

_NOT_IMPLEMENTED = 504  # RFC 5321, section 4.2.3


class Refused(Exception):
    """The mail server refuses this email for good, such as for an address that does not exist."""


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
