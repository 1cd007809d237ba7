"""Where the visitors of the last 30 days asked from: requests by campaign and by page.

The newest requests are read themselves, because the hourly figures know neither. Their number is
limited, so the page takes as long on a busy site.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import datetime
from functools import cache
from typing import Any
from urllib.parse import unquote

from django.utils import timezone
from django.utils.translation import gettext as _

from callbacks.core import crypto, redaction
from callbacks.models import CallRequest, Status
from callbacks.staff.overview import charts
from callbacks.staff.overview.cells import shown

# The most requests that are read, and the most lines of each table.
NEWEST = 2000
MOST_LINES = 10
# The parameters that name a campaign, in the order in which people read them.
NAMING = ("utm_source", "utm_medium", "utm_campaign")
# How many layers of percent-encoding may be around an email.
LAYERS = 3


def sources(widget: int | None, first: datetime) -> dict[str, Any]:
    """Return the context of the two tables: requests made since `first`, of one widget or all.

    It takes one query. `sources_since` is the day of the oldest request that was read, if there
    are more in the period; otherwise None. Erased requests are left out: they have no page.
    """
    found = CallRequest.objects.filter(created_at__gte=first).order_by("-created_at", "-pk")
    if widget:
        found = found.filter(widget=widget)
    columns = ("created_at", "status", "email", "page_url", "campaign", "erased_at")
    rows = list(found.values_list(*columns)[:NEWEST])
    masked = cache(redaction.masked_note)

    def label(text: str, email: str) -> str:
        return masked(_without(text, email))

    campaigns: Counter[str] = Counter()
    pages: Counter[str] = Counter()
    called: Counter[tuple[str, str]] = Counter()
    for _created_at, status, email, page_url, campaign, erased_at in rows:
        if erased_at is not None:
            continue
        by_campaign = label(campaign_name(campaign), email)
        by_page = label(page_name(page_url), email)
        campaigns[by_campaign] += 1
        pages[by_page] += 1
        if status == Status.CALLED:
            called["campaign", by_campaign] += 1
            called["page", by_page] += 1
    return {
        "by_campaign": list(_lines("campaign", campaigns, called, _("Without a campaign"))),
        "has_campaigns": any(campaigns),
        "by_page": list(_lines("page", pages, called, _("Page not known"))),
        "sources_since": timezone.localdate(rows[-1][0]) if len(rows) == NEWEST else None,
    }


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


def _lines(
    kind: str, counts: Counter[str], called: Counter[tuple[str, str]], without: str
) -> Iterator[dict[str, Any]]:
    """Yield the lines of a table, most frequent first; `without` names those without a label."""
    most = max(counts.values(), default=0)
    for text, count in sorted(counts.items(), key=lambda one: (-one[1], one[0]))[:MOST_LINES]:
        yield {
            "label": text or without,
            "is_named": bool(text),
            "count": shown(count),
            "called": shown(called[kind, text]),
            "width": charts.length(count, most),
        }
