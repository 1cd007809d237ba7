"""The filters of the list of requests by campaign and by page. The overview links to them.

They find what the overview counts: among the newest requests of the range of days (the last 30
days without one), by the text that staff read.
"""

from datetime import timedelta
from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from callbacks.models import CallRequest
from callbacks.staff.common import visits
from callbacks.staff.common.visits import Label, Visit
from callbacks.staff.requests.list_page.filters import a_day, midnight

# In the address, what no campaign or page is called: the requests without one.
NONE = " "


class _SourceFilter(admin.SimpleListFilter):
    parameter_name: str
    without: Any = ""

    def label_of(self, visit: Visit) -> Label:
        raise NotImplementedError

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        """Return what stands in the address, so that the page names it. No other can be chosen."""
        text = request.GET.get(self.parameter_name, "")
        return [(text, self.without if text == NONE else text)] if text else []

    def queryset(
        self, request: HttpRequest, queryset: QuerySet[CallRequest]
    ) -> QuerySet[CallRequest]:
        wanted = self.value()
        if not wanted:
            return queryset
        first = a_day(request.GET.get("created_at_from"))
        last = a_day(request.GET.get("created_at_to"))
        widget = request.GET.get("widget__id__exact", "")
        found = visits.read(
            int(widget) if widget.isascii() and widget.isdigit() and len(widget) <= 18 else None,
            midnight(first or timezone.localdate() - timedelta(days=29)),
            midnight(last + timedelta(days=1)) if last else None,
        )
        labels = ((visit.pk, self.label_of(visit)) for visit in found.known)
        text = "" if wanted == NONE else wanted
        same = [pk for pk, label in labels if label.text == text and not label.is_masked]
        return queryset.filter(pk__in=same)


class CampaignFilter(_SourceFilter):
    """Filter by the name of a campaign, such as "newsletter / email / spring"."""

    title = _("campaign")
    parameter_name = "from_campaign"
    without = _("Without a campaign")

    def label_of(self, visit: Visit) -> Label:
        return visit.campaign


class PageFilter(_SourceFilter):
    """Filter by the page on which visitors asked, such as "www.example.fr/boats"."""

    title = _("page")
    parameter_name = "from_page"
    without = _("Page not known")

    def label_of(self, visit: Visit) -> Label:
        return visit.page
