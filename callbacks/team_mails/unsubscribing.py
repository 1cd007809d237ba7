"""No more emails to one recipient: the link in each email, and what it does.

The link names the recipient by a code that nobody can guess. It opens nothing else.
"""

from django.conf import settings
from django.db import transaction
from django.urls import reverse
from django.utils.crypto import constant_time_compare
from django.utils.translation import get_language

from callbacks.accounts import audit_log
from callbacks.core import clock, crypto
from callbacks.models import TeamMailRecipient
from callbacks.widgets import languages

_PROOF_LENGTH = 24
_LONGEST_KEY = 18


def link(recipient: TeamMailRecipient) -> str:
    """Return the address of the page that stops these emails, in the active language."""
    path = reverse("public:stop_team_emails", args=[code_of(recipient)])
    return f"{settings.PUBLIC_URL}{path}?{languages.PARAMETER}={get_language()}"


def code_of(recipient: TeamMailRecipient) -> str:
    """Return the code in that link: the recipient's key, and a hash that proves it.

    It holds as long as `HASH_KEY`, and as long as the recipient has this address.
    """
    named = f"{recipient.pk}:{recipient.email_hash}"
    return f"{recipient.pk}-{crypto.fingerprint('stop team emails', named)[:_PROOF_LENGTH]}"


def recipient_of(code: str) -> TeamMailRecipient | None:
    """Return the recipient for whom `code_of` made this code, or None."""
    key, _, _proof = code.partition("-")
    if not (key.isascii() and key.isdigit() and len(key) <= _LONGEST_KEY):
        return None
    recipient = TeamMailRecipient.objects.select_related("widget").filter(pk=int(key)).first()
    if recipient is None or not constant_time_compare(code, code_of(recipient)):
        return None
    return recipient


def stop(recipient: TeamMailRecipient) -> None:
    """Send this recipient nothing more, not even what waits."""
    with transaction.atomic():
        row = TeamMailRecipient.objects.filter(pk=recipient.pk, stopped_at=None)
        if row.update(stopped_at=clock.now(), digest_due_at=None):
            audit_log.record(None, audit_log.UNSUBSCRIBED, recipient.widget, recipient=recipient.pk)
