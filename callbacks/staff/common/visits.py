"""Where the visitors of a period asked from: the campaign, the page and the topic of each request.

The newest requests are read themselves, because the hourly figures know none of these. Their number
is limited, so it takes as long on a busy site. The overview counts what is read here, and the list
of requests finds the same again.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from urllib.parse import unquote

from callbacks.core import crypto, redaction
from callbacks.models import CallRequest

# The most requests that are read.
NEWEST = 2000
# The parameters that name a campaign, in the order in which people read them.
NAMING = ("utm_source", "utm_medium", "utm_campaign")
# How many layers of percent-encoding may be around an email.
LAYERS = 3


@dataclass(frozen=True)
class Label:
    """The name of a campaign or a page, as staff read it.

    `is_masked` is true if personal data in it was hidden, so that it may stand for several.
    """

    text: str
    is_masked: bool


@dataclass(frozen=True)
class Visit:
    """A request, and where its visitor asked from."""

    pk: int
    created_at: datetime
    status: str
    campaign: Label
    page: Label
    topic: str
    topic_label: str


@dataclass(frozen=True)
class Visits:
    """The newest visits of a period, and the time of the oldest one if there are more."""

    known: list[Visit]
    since: datetime | None


def read(widget: int | None, first: datetime, end: datetime | None = None) -> Visits:
    """Return the visits from `first` until before `end`, of one widget or all. It takes one query.

    Erased requests are left out: they have no page.
    """
    found = CallRequest.objects.filter(created_at__gte=first).order_by("-created_at", "-pk")
    if end is not None:
        found = found.filter(created_at__lt=end)
    if widget:
        found = found.filter(widget=widget)
    columns = ("pk", "created_at", "status", "email", "page_url", "campaign", "topic")
    rows = list(found.values_list(*columns, "topic_label", "erased_at")[:NEWEST])
    masked = cache(redaction.masked_note)
    known = [
        Visit(
            pk,
            created_at,
            status,
            _label(campaign_name(campaign), email, masked),
            _label(page_name(page_url), email, masked),
            topic or "",
            topic_label,
        )
        for pk, created_at, status, email, page_url, campaign, topic, topic_label, erased_at in rows
        if erased_at is None
    ]
    return Visits(known, rows[-1][1] if len(rows) == NEWEST else None)


def campaign_name(campaign: Mapping[str, str]) -> str:
    """Return the name of a campaign, such as "newsletter / email / spring"; "" without one.

    If no `utm_*` parameter names it, the names of the others do: their values, such as the ID of a
    click, differ from one visitor to the next.
    """
    values = [str(campaign[name]) for name in NAMING if campaign.get(name)]
    return " / ".join(values or sorted(campaign))


def page_name(page_url: str) -> str:
    """Return the address of a page without its scheme and its parameters."""
    return page_url.partition("?")[0].partition("://")[2]


def _label(text: str, email: str, masked: Callable[[str], str]) -> Label:
    shown = masked(_without(text, email))
    return Label(shown, is_masked=shown != text)


def _without(text: str, email: str) -> str:
    """Return `text` without the visitor's own email, or what a system sent in its place."""
    if text and crypto.is_unreadable(email):
        return redaction.HIDDEN
    if not text or not email:
        return text
    plain = text
    for _layer in range(LAYERS):
        plain = unquote(plain)
    # To hide is much slower than to look, and most labels have no email in them.
    if email.casefold() in plain.casefold():
        return redaction.masked_text(text, email=email)
    return text
