"""The form token: signed, without a cookie, says that a form is ours and which one it is.

It holds the form's nonce (the request's idempotency key), the widget, and which consent text was
shown, and when. It holds for so long from then.
"""

import hashlib
import time
from dataclasses import dataclass
from datetime import timedelta

from django.core import signing
from django.utils.crypto import constant_time_compare, get_random_string

from callbacks.models import Widget

SALT = "callbacks.public.form_token"
MAX_AGE = timedelta(hours=2)


class Expired(Exception):
    """The token is missing, forged, another widget's or too old: the form is to be shown anew."""


class ConsentChanged(Expired):
    """The consent text is not the one that stood in the form."""


def new(widget: Widget, consent_text: str) -> str:
    """A token for a form that is shown now, with a nonce of its own (190 bits)."""
    # Whole milliseconds have always as many digits: no answer's length tells one from another.
    shown_at = int(time.time() * 1000)
    return signing.dumps(
        [get_random_string(32), widget.public_id, _digest(consent_text), shown_at], salt=SALT
    )


@dataclass(frozen=True)
class Opened:
    """What a token says: the nonce of its form, and for how long that has been shown."""

    nonce: str
    age: timedelta


def opened(token: str, widget: Widget, consent_text: str) -> Opened:
    """Reads the token of a form that came back.

    In: what came as its token, and the widget and consent text as they are now. Raises `Expired`,
    or `ConsentChanged` when it was given to another text than the one that would be recorded.
    """
    try:
        nonce, public_id, digest, shown_at = signing.loads(token, salt=SALT, max_age=MAX_AGE)
    except (signing.BadSignature, ValueError):  # or one of an earlier release
        raise Expired from None
    if public_id != widget.public_id:
        raise Expired
    if not constant_time_compare(digest, _digest(consent_text)):
        raise ConsentChanged
    return Opened(str(nonce), timedelta(milliseconds=time.time() * 1000 - shown_at))


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:16]
