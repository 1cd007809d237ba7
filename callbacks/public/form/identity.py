"""Check who the visitor is, as signed by the site that shows the form.

The site signs the number and the email on its own server, with the widget's secret (HMAC-SHA256,
hexadecimal; see docs/embedding.md). The signature covers both fields exactly as they are passed, so
neither can be changed on the way. It is valid for one widget and for a limited time.
"""

import hashlib
import hmac
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils.crypto import constant_time_compare

from callbacks.models import Widget

VERSION = "callmeback-identity-1"
FIELDS = ("identity_expires", "identity_signature")
# A site signs each time it shows its page, so a leaked signature soon becomes useless.
LONGEST = timedelta(hours=24)

_SECONDS = re.compile(r"[0-9]{1,12}\Z")


class Refused(Exception):
    """The signature is wrong or has expired."""


@dataclass(frozen=True)
class Claim:
    """What the site claims; `expires` is in seconds since 1970 (UTC), exactly as it was signed."""

    number: str
    email: str
    expires: str
    signature: str

    @classmethod
    def read(cls, sent: Mapping[str, str]) -> "Claim | None":
        """Return the claim in the form `sent`, or None if the form makes none."""
        expires, signature = (sent.get(name, "") for name in FIELDS)
        if not expires and not signature:
            return None
        return cls(sent.get("number", ""), sent.get("email", ""), expires, signature)


def sign(widget: Widget, number: str, email: str, expires: str) -> str:
    """Return the signature: 64 hexadecimal digits."""
    text = "\n".join((VERSION, widget.public_id, expires, number, email))
    key = widget.identity_secret.encode()
    return hmac.new(key, text.encode(errors="replace"), hashlib.sha256).hexdigest()


def check(claim: Claim, widget: Widget, now: datetime) -> None:
    """Check that the widget's site signed `claim`, and that it is still valid at `now`.

    Raises:
        Refused: the signature is wrong, has expired, or is valid for longer than `LONGEST`.
    """
    # A secret that cannot be decrypted reads as "", and anybody can sign with an empty secret.
    if not widget.identity_secret:
        raise Refused
    # The fields are joined by line breaks, so a line break inside one could move text to another.
    if not _SECONDS.match(claim.expires) or "\n" in claim.number + claim.email:
        raise Refused
    left = int(claim.expires) - now.timestamp()
    right = sign(widget, claim.number, claim.email, claim.expires)
    if not constant_time_compare(claim.signature.encode(errors="replace"), right.encode()):
        raise Refused
    if not 0 < left <= LONGEST.total_seconds():
        raise Refused
