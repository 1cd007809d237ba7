"""Who the visitor is, vouched for by the site that shows the form.

The site signs number and email with its widget's secret (HMAC-SHA256, hexadecimal) on its own
server; see docs/embedding.md. The signature covers both fields exactly as they are passed, so that
neither can be changed on the way, and for one widget and a short time.
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
# A site signs when it shows its page; a signature that leaks is soon worth nothing.
LONGEST = timedelta(hours=24)

_SECONDS = re.compile(r"[0-9]{1,12}\Z")


class Refused(Exception):
    """The signature is wrong or has expired."""


@dataclass(frozen=True)
class Claim:
    """What the site claims. `expires`: seconds since 1970 (UTC), as it was signed."""

    number: str
    email: str
    expires: str
    signature: str

    @classmethod
    def read(cls, sent: Mapping[str, str]) -> "Claim | None":
        """The claim in a form; None when the form makes none."""
        expires, signature = (sent.get(name, "") for name in FIELDS)
        if not expires and not signature:
            return None
        return cls(sent.get("number", ""), sent.get("email", ""), expires, signature)


def sign(widget: Widget, number: str, email: str, expires: str) -> str:
    """The signature, 64 hexadecimal digits."""
    text = "\n".join((VERSION, widget.public_id, expires, number, email))
    key = widget.identity_secret.encode()
    return hmac.new(key, text.encode(errors="replace"), hashlib.sha256).hexdigest()


def check(claim: Claim, widget: Widget, now: datetime) -> None:
    """Raises `Refused` unless the widget's site signed this, and lately."""
    # A secret that cannot be decrypted is empty, and anybody can sign with an empty one.
    if not widget.identity_secret:
        raise Refused
    # A line break inside a field would move its border.
    if not _SECONDS.match(claim.expires) or "\n" in claim.number + claim.email:
        raise Refused
    left = int(claim.expires) - now.timestamp()
    right = sign(widget, claim.number, claim.email, claim.expires)
    if not constant_time_compare(claim.signature.encode(errors="replace"), right.encode()):
        raise Refused
    if not 0 < left <= LONGEST.total_seconds():
        raise Refused
