"""Sign and read the form token, which proves without a cookie that a form is ours.

The token holds the form's nonce (the request's idempotency key), the widget's public id, a digest
of the consent text that was shown, the time it was shown, and the mark of the last restore of a
backup. The token expires after `MAX_AGE`. The nonce never expires: it always leads to the same
request.
"""

import hashlib
import time
from dataclasses import dataclass
from datetime import timedelta

from django.core import signing
from django.utils.crypto import constant_time_compare, get_random_string

from callbacks.models import Widget

SALT = "callbacks.intake.form_token"
MAX_AGE = timedelta(hours=2)


class InvalidToken(Exception):
    """The token is missing, forged, too old, or for another widget: show a new form."""


class OtherWidget(InvalidToken):
    """The token is for the form of another widget, such as another topic."""


class ConsentChanged(InvalidToken):
    """The consent text has changed since the form was shown."""


def new(widget: Widget, consent_text: str, restore_mark: str = "") -> str:
    """Return a token, with a new random nonce (190 bits), for a form that is shown now.

    `restore_mark` identifies the last restore of a backup (`call_switch.note_restore`).
    """
    # Whole milliseconds always have the same number of digits, so the length of an answer tells an
    # observer nothing.
    shown_at = int(time.time() * 1000)
    nonce, digest = get_random_string(32), _digest(consent_text)
    return signing.dumps([nonce, widget.public_id, digest, shown_at, restore_mark], salt=SALT)


@dataclass(frozen=True)
class Opened:
    """The content of a valid token.

    `age` is the time since the form was shown. `restore_mark` identifies the last restore of a
    backup before that.
    """

    nonce: str
    age: timedelta
    restore_mark: str


def opened(token: str, widget: Widget, consent_text: str) -> Opened:
    """Return the content of the token of a form that was sent.

    Pass the widget and the consent text as they are now.

    Raises:
        InvalidToken: the token is missing, forged or too old.
        OtherWidget: the token is for another widget.
        ConsentChanged: the form showed another consent text than `consent_text`.
    """
    try:
        nonce, public_id, digest, shown_at, restore_mark = signing.loads(
            token, salt=SALT, max_age=MAX_AGE
        )
    except (signing.BadSignature, ValueError):  # ValueError: a token of an earlier release
        raise InvalidToken from None
    if public_id != widget.public_id:
        raise OtherWidget
    if not constant_time_compare(digest, _digest(consent_text)):
        raise ConsentChanged
    age = timedelta(milliseconds=time.time() * 1000 - shown_at)
    return Opened(str(nonce), age, str(restore_mark))


def nonce_of(token: str, widget: Widget) -> str:
    """Return the nonce of a form of this widget, or "" if the token is forged or of another widget.

    The age of the token and its consent text do not matter.
    """
    try:
        nonce, public_id, *_others = signing.loads(token, salt=SALT)
    except (signing.BadSignature, ValueError, TypeError):
        return ""
    return str(nonce) if public_id == widget.public_id else ""


def public_id_of(token: str) -> str:
    """Return the public ID of the widget whose form this is, or "" if the token is forged."""
    try:
        _nonce, public_id, *_others = signing.loads(token, salt=SALT)
    except (signing.BadSignature, ValueError, TypeError):
        return ""
    return str(public_id)


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:16]
