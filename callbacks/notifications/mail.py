"""Send email, and log once when the mail server goes away and once when it is back."""

from collections.abc import Sequence

from django.core.mail import send_mail

from callbacks.core import availability


def send(subject: str, text: str, to: Sequence[str]) -> bool:
    """Send a plain-text email to these addresses. Return whether the mail server accepted it.

    Call it outside a transaction, because a mail server may be slow.

    Raises:
        ValueError: no email can have this subject or one of these addresses.
    """
    try:
        send_mail(subject, text, None, to)
    except OSError as error:  # smtplib's errors are OSErrors as well
        availability.mail.failed(error)
        return False
    availability.mail.recovered()
    return True
