"""The form token: signed, without a cookie, says that a form is ours and which one it is.

It holds the form's nonce (the request's idempotency key), the widget, which consent text was shown
and when, and which restore of a backup was the last one then. It expires; its nonce never does.
"""

import hashlib
import time
from dataclasses import dataclass
from datetime import timedelta

from django.core import signing
from django.utils.crypto import constant_time_compare, get_random_string

from callbacks.models import Widget

SALT = "callbacks.public.form.form_token"
MAX_AGE = timedelta(hours=2)


class Expired(Exception):
    """The token is missing, forged, another widget's or too old: the form is to be shown anew."""


class ConsentChanged(Expired):
    """The consent text is not the one that stood in the form."""


def new(widget: Widget, consent_text: str, restore_mark: str = "") -> str:
    """A token for a form that is shown now, with a nonce of its own (190 bits).

    `restore_mark`: what names the last restore of a backup (`call_switch.restored`).
    """
    # Whole milliseconds have always as many digits: no answer's length tells one from another.
    shown_at = int(time.time() * 1000)
    nonce, digest = get_random_string(32), _digest(consent_text)
    return signing.dumps([nonce, widget.public_id, digest, shown_at, restore_mark], salt=SALT)


@dataclass(frozen=True)
class Opened:
    """What a token says: the nonce of its form, for how long that has been shown, and the mark of
    the last restore before it was."""

    nonce: str
    age: timedelta
    restore_mark: str


def opened(token: str, widget: Widget, consent_text: str) -> Opened:
    """Reads the token of a form that came back.

    In: what came as its token, and the widget and consent text as they are now. Raises `Expired`,
    or `ConsentChanged` when it was given to another text than the one that would be recorded.
    """
    try:
        nonce, public_id, digest, shown_at, restore_mark = signing.loads(
            token, salt=SALT, max_age=MAX_AGE
        )
    except (signing.BadSignature, ValueError):  # or one of an earlier release
        raise Expired from None
    if public_id != widget.public_id:
        raise Expired
    if not constant_time_compare(digest, _digest(consent_text)):
        raise ConsentChanged
    age = timedelta(milliseconds=time.time() * 1000 - shown_at)
    return Opened(str(nonce), age, str(restore_mark))


def nonce_of(token: str, widget: Widget) -> str:
    """Return the nonce of a form of this widget, however long ago it was shown and with whatever
    consent text; "" when the token is forged or another widget's."""
    try:
        nonce, public_id, *_others = signing.loads(token, salt=SALT)
    except (signing.BadSignature, ValueError, TypeError):
        return ""
    return str(nonce) if public_id == widget.public_id else ""


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:16]
