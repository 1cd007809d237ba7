"""Send email, and log once when the mail server goes away and once when it is back."""

from collections.abc import Mapping, Sequence
from smtplib import SMTPDataError, SMTPRecipientsRefused
from urllib.parse import urlsplit

from django.conf import settings
from django.core.mail import EmailMessage

from callbacks.core import availability


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
        if _is_refusal(error):
            availability.mail.recovered()
            raise Refused from None
        availability.mail.failed(error)
        return False
    availability.mail.recovered()
    return True


def _is_refusal(error: OSError) -> bool:
    """Return whether the server refused the recipients or the content with a permanent code.

    Codes from 500 on are permanent (RFC 5321, section 4.2.1).
    """
    if isinstance(error, SMTPRecipientsRefused):
        return all(code >= 500 for code, _words in error.recipients.values())
    return isinstance(error, SMTPDataError) and error.smtp_code >= 500
