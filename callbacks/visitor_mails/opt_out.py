"""No more emails to an address: its owner's choice, from an email or from the status page.

The choice is an entry of the block list under the keyed hash of the address. It outlives the
request and its erasure. Staff see it and can remove it.
"""

from django.conf import settings
from django.urls import reverse
from django.utils.crypto import constant_time_compare
from django.utils.translation import get_language

from callbacks.abuse import block_list
from callbacks.core import crypto
from callbacks.models import CallRequest
from callbacks.widgets import languages

# The reason stored with the entry. Staff read it in the block list.
BY_VISITOR = "the visitor asked for no more emails"
_HASH_LENGTH, _PROOF_LENGTH = 40, 24


def link(recipient: str) -> str:
    """Return the address of the page that stops emails to a recipient (`crypto.email_hash`).

    The page is in the active language.
    """
    path = reverse("public:stop_emails", args=[code_of(recipient)])
    return f"{settings.PUBLIC_URL}{path}?{languages.PARAMETER}={get_language()}"


def code_of(recipient: str) -> str:
    """Return the code in that link: the keyed hash of the address, and a hash that proves it.

    It opens nothing else, and holds as long as `HASH_KEY`.
    """
    return recipient + crypto.fingerprint("stop emails", recipient)[:_PROOF_LENGTH]


def recipient_of(code: str) -> str | None:
    """Return the recipient for whom `code_of` made this code, or None."""
    recipient = code[:_HASH_LENGTH]
    return recipient if constant_time_compare(code, code_of(recipient)) else None


def stop(recipient: str) -> None:
    """Send no more emails to a recipient."""
    known = CallRequest.objects.filter(email_hash=recipient, erased_at=None)
    newest = known.order_by("-created_at").only("email").first()
    block_list.stop_mails(recipient, newest.email if newest else "", reason=BY_VISITOR)


def is_stopped(recipient: str) -> bool:
    """Return whether the recipient wants no more emails."""
    return block_list.stops_mails(recipient)
