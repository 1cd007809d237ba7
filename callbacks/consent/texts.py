"""The versions of the consent texts, as visitors saw them."""

import hashlib
from datetime import datetime
from functools import lru_cache

from django.db.models import Max

from callbacks.core import database
from callbacks.models import ConsentText, Widget


@lru_cache(maxsize=256)  # a form computes it twice, and there are few texts
def text_digest(text: str) -> str:
    """Return the SHA-256 of a consent text, in hex, without a key.

    An authority can compute it without our help.
    """
    return hashlib.sha256(text.encode()).hexdigest()


def lock_key(widget: Widget) -> str:
    """Return the key that is locked while a new text of the widget gets its version."""
    return f"consent-text:{widget.pk}"


def text_version(
    widget: Widget,
    language: str,
    text: str,
    now: datetime,
    *,
    known: tuple[int | None, int | None],
) -> ConsentText:
    """Return the version of `text`, and create it if the text is new.

    Call it inside a transaction. `known` is the primary key and the version that the text had when
    the facts were asked for, or None twice.
    """
    digest = text_digest(text)
    version = ConsentText(widget=widget, language=language, text=text, digest=digest)
    pk, number = known
    if pk is not None and number is not None:
        version.pk, version.version = pk, number
        return version
    # Two forms may show a new text at the same time. The second waits here and finds the version
    # that the first one created.
    database.lock([lock_key(widget)])
    others = ConsentText.objects.filter(widget=widget, language=language)
    made = others.filter(digest=digest).first()
    if made is not None:
        return made
    version.version = (others.aggregate(latest=Max("version"))["latest"] or 0) + 1
    version.created_at = now
    version.save()
    return version
