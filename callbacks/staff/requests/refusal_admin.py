"""The refusals, in the admin: which forms were refused, when and why.

A refusal names nobody. It holds only the hashes of the number and of the IP address.
"""

from typing import Any

from django.contrib import admin
from django.db.models import Sum
from django.http import HttpRequest, HttpResponse
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy, ngettext
from unfold.contrib.filters.admin import ChoicesDropdownFilter, RelatedDropdownFilter

from callbacks.models import Refusal
from callbacks.staff.common.formatting import badge, moment
from callbacks.staff.common.read_only import ReadOnlyAdmin
from callbacks.staff.requests.list_page.filters import DayRangeFilter

FILTERS = frozenset({"kind__exact", "widget__id__exact", "minute_from", "minute_to"})


@admin.register(Refusal)
class RefusalAdmin(ReadOnlyAdmin):
    seen_with = ("callbacks.view_refusal",)
    list_display = ("at", "widget", "why", "count", "number_mark", "address_mark")
    list_display_links = None
    fields = ("at", "widget", "why", "count")
    list_filter = (
        ("kind", ChoicesDropdownFilter),
        ("widget", RelatedDropdownFilter),
        ("minute", DayRangeFilter),
    )
    list_select_related = ("widget",)
    sortable_by = ("at", "count")

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest) -> bool:
        return lookup in FILTERS and "\0" not in value

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Show the list, with the sum of all refusals below its title."""
        context = {"title": gettext_lazy("Refusals")}
        answer = super().changelist_view(request, context | (extra_context or {}))
        listed = getattr(answer, "context_data", None) or {}
        if "cl" in listed:
            total = listed["cl"].queryset.order_by().aggregate(n=Sum("count"))["n"] or 0
            sentence = ngettext("%(n)d refusal in all", "%(n)d refusals in all", total)
            listed["subtitle"] = sentence % {"n": total}
        return answer  # type: ignore[no-any-return]

    @admin.display(description=gettext_lazy("when"), ordering="minute")
    def at(self, refusal: Refusal) -> str:
        return moment(refusal.minute)

    @admin.display(description=gettext_lazy("why"))
    def why(self, refusal: Refusal) -> SafeString:
        return badge(refusal.get_kind_display(), "nothing")

    @admin.display(description=gettext_lazy("number (digest)"))
    def number_mark(self, refusal: Refusal) -> str:
        """Return the beginning of the number's hash.

        Equal marks mean equal numbers. A mark cannot be turned back into a number.
        """
        return refusal.number_hash[:8]

    @admin.display(description=gettext_lazy("IP address (digest)"))
    def address_mark(self, refusal: Refusal) -> str:
        return refusal.address_hash[:8]
