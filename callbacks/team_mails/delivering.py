"""Hand one email to the team to the mail server."""

from collections.abc import Callable

from django.conf import settings
from django.utils import translation

from callbacks.core import crypto
from callbacks.models import TeamMailRecipient
from callbacks.notifications import mail, outbox
from callbacks.team_mails import building
from callbacks.team_mails.words import Words
from callbacks.widgets import languages


def check(recipient: TeamMailRecipient) -> None:
    """Raise what is raised if this recipient can be sent nothing now.

    Raises:
        outbox.Dropped: they have unsubscribed.
        outbox.NotSent: there is no mail server, or no key decrypts the address.
    """
    if recipient.stopped_at is not None:
        raise outbox.Dropped("unsubscribed")
    if not settings.MAIL_IS_SET:
        raise outbox.NotSent("mail_away")
    if crypto.is_unreadable(recipient.email):
        raise outbox.NotSent("unreadable")


def deliver(recipient: TeamMailRecipient, say: Callable[[], Words], name: str) -> None:
    """Send what `say` returns, in the recipient's language; for `name`, see `building.email`.

    Raises:
        outbox.NotSent: the mail server did not accept it.
    """
    with translation.override(languages.supported(recipient.language) or settings.LANGUAGE_CODE):
        email = building.email(recipient, say(), name)
    try:
        is_accepted = mail.deliver(email)
    except (mail.Refused, ValueError):
        raise outbox.NotSent(outbox.REFUSED, is_permanent=True) from None
    if not is_accepted:
        raise outbox.NotSent("mail_away")
