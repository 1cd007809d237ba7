"""The versions of the consent texts, as visitors were shown them."""

import hashlib
from datetime import datetime
from functools import lru_cache

from django.db.models import Max

from callbacks.core import database
from callbacks.core.statements import Question
from callbacks.models import ConsentText, Widget


@lru_cache(maxsize=256)  # a form asks for it twice, and texts are few
def text_digest(text: str) -> str:
    """The SHA-256 of a consent text, in hex: what an authority can compute by itself."""
    return hashlib.sha256(text.encode()).hexdigest()


def text_questions(widget: Widget, language: str, text: str) -> database.Questions:
    """What `text_version` has to know."""
    known = "FROM callbacks_consenttext WHERE widget_id = %s AND language = %s AND digest = %s"
    mine = (widget.pk, language, text_digest(text))
    return {
        "text_id": Question(f"SELECT id {known}", mine),
        "text_version": Question(f"SELECT version {known}", mine),
    }


def text_version(
    widget: Widget, language: str, text: str, found: database.Answers, now: datetime
) -> ConsentText:
    """The version of `text`; made when it is shown for the first time.

    To be called inside a transaction, with the answers to `text_questions`.
    """
    digest = text_digest(text)
    version = ConsentText(widget=widget, language=language, text=text, digest=digest)
    if found["text_id"] is not None:
        version.pk, version.version = found["text_id"], found["text_version"]
        return version
    # Two may be the first to show it: the second finds what the first has made.
    database.lock([f"consent-text:{widget.pk}"])
    others = ConsentText.objects.filter(widget=widget, language=language)
    known = others.filter(digest=digest).first()
    if known is not None:
        return known
    version.version = (others.aggregate(latest=Max("version"))["latest"] or 0) + 1
    version.created_at = now
    version.save()
    return version
