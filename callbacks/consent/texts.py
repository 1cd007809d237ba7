"""The versions of the consent texts, as visitors saw them."""

import hashlib
from datetime import datetime
from functools import lru_cache

from django.db.models import Max

from callbacks.core import database
from callbacks.core.statements import Question
from callbacks.models import ConsentText, Widget


@lru_cache(maxsize=256)  # a form computes it twice, and there are few texts
def text_digest(text: str) -> str:
    """Return the SHA-256 of a consent text, in hex, without a key.

    An authority can compute it without our help.
    """
    return hashlib.sha256(text.encode()).hexdigest()


def text_questions(widget: Widget, language: str, text: str) -> database.Questions:
    """Return the questions whose answers `text_version` needs."""
    known = "FROM callbacks_consenttext WHERE widget_id = %s AND language = %s AND digest = %s"
    mine = (widget.pk, language, text_digest(text))
    return {
        "text_id": Question(f"SELECT id {known}", mine),
        "text_version": Question(f"SELECT version {known}", mine),
    }


def text_version(
    widget: Widget, language: str, text: str, found: database.Answers, now: datetime
) -> ConsentText:
    """Return the version of `text`, and create it if the text is new.

    Call it inside a transaction. `found` are the answers to `text_questions`.
    """
    digest = text_digest(text)
    version = ConsentText(widget=widget, language=language, text=text, digest=digest)
    if found["text_id"] is not None:
        version.pk, version.version = found["text_id"], found["text_version"]
        return version
    # Two forms may show a new text at the same time. The second waits here and finds the version
    # that the first one created.
    database.lock([f"consent-text:{widget.pk}"])
    others = ConsentText.objects.filter(widget=widget, language=language)
    known = others.filter(digest=digest).first()
    if known is not None:
        return known
    version.version = (others.aggregate(latest=Max("version"))["latest"] or 0) + 1
    version.created_at = now
    version.save()
    return version
