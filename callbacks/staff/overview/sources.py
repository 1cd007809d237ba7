"""Where the visitors of the last 30 days asked from: requests by campaign, by page and by topic."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from callbacks.models import Status
from callbacks.staff.common import visits
from callbacks.staff.common.urls import requests_list
from callbacks.staff.common.visits import Label
from callbacks.staff.overview import charts
from callbacks.staff.overview.cells import shown
from callbacks.staff.requests.list_page import source_filters
from callbacks.staff.requests.list_page.filters import midnight
from callbacks.staff.requests.list_page.topic_filter import TopicFilter

# The most lines of each table.
MOST_LINES = 10


@dataclass
class _Table:
    """Requests counted by a text. The filter `parameter` of the list finds those of a line."""

    parameter: str
    # What stands for requests without a text.
    without: str = ""
    asked: Counter[str] = field(default_factory=Counter)
    called: Counter[str] = field(default_factory=Counter)
    # What to show in place of a text.
    names: dict[str, str] = field(default_factory=dict)
    # The texts that stand for several, because personal data in them was hidden.
    masked: set[str] = field(default_factory=set)

    def count(self, text: str, status: str) -> None:
        self.asked[text] += 1
        self.called[text] += status == Status.CALLED

    def count_label(self, label: Label, status: str) -> None:
        self.count(label.text, status)
        if label.is_masked:
            self.masked.add(label.text)

    def lines(self, widget: int | None, first: date) -> Iterator[dict[str, Any]]:
        """Yield the most frequent lines, the most frequent first.

        Each leads to its requests, except if personal data was hidden in its text: an address must
        not contain it.
        """
        most = max(self.asked.values(), default=0)
        ordered = sorted(self.asked.items(), key=lambda one: (-one[1], one[0]))
        for text, count in ordered[:MOST_LINES]:
            query: dict[str, Any] = {self.parameter: text or source_filters.NONE}
            is_hidden = text in self.masked
            yield {
                "label": self.names.get(text, text) or self.without,
                "is_named": bool(text),
                "url": "" if is_hidden else requests_list(widget=widget, first=first, **query),
                "count": shown(count),
                "called": shown(self.called[text]),
                "width": charts.length(count, most),
            }


def sources(widget: int | None, first: date) -> dict[str, Any]:
    """Return the context of the tables: requests made since `first`, of one widget or all.

    It takes one query. `sources_since` is the day of the oldest request that was read, if there
    are more in the period; otherwise None.
    """
    found = visits.read(widget, midnight(first))
    campaigns = _Table(source_filters.CampaignFilter.parameter_name, _("Without a campaign"))
    pages = _Table(source_filters.PageFilter.parameter_name, _("Page not known"))
    topics = _Table(TopicFilter.parameter_name)
    for visit in found.known:
        campaigns.count_label(visit.campaign, visit.status)
        pages.count_label(visit.page, visit.status)
        if visit.topic:
            topics.count(visit.topic, visit.status)
            topics.names.setdefault(visit.topic, visit.topic_label)  # the newest
    return {
        "by_campaign": list(campaigns.lines(widget, first)),
        "has_campaigns": any(campaigns.asked),
        "by_page": list(pages.lines(widget, first)),
        "by_topic": list(topics.lines(widget, first)),
        "sources_since": found.since and timezone.localdate(found.since),
    }
