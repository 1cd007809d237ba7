"""Emails of ours: one way to send them, and one line in the log when the mail server is away."""

from collections.abc import Sequence

from django.core.mail import send_mail

from callbacks.core import availability


def send(subject: str, text: str, to: Sequence[str]) -> bool:
    """Send an email of plain text to these addresses; return whether the mail server took it.

    Call it outside a transaction: a mail server may take its time.

    Raises: `ValueError` for a subject or an address that no email can have.
    """
    try:
        send_mail(subject, text, None, to)
    except OSError as error:  # smtplib's errors are OSErrors as well
        availability.mail.failed(error)
        return False
    availability.mail.recovered()
    return True
