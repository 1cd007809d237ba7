"""The erasures of personal data, in the admin."""

from django.contrib import admin
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.contrib.filters.admin import ChoicesDropdownFilter

from callbacks.models import (
    Erasure,
)
from callbacks.staff.common.read_only import ReadOnlyAdmin
from callbacks.staff.privacy.erasure_pages import SEE_ERASURES, counted
from callbacks.staff.requests.list_page.filters import DayRangeFilter


@admin.register(Erasure)
class ErasureAdmin(ReadOnlyAdmin):
    seen_with = SEE_ERASURES
    list_display = ("at", "cause", "what", "person", "paper")
    list_display_links = None
    list_filter = (("cause", ChoicesDropdownFilter), ("at", DayRangeFilter))
    list_select_related = ("person",)
    sortable_by = ("at",)

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest) -> bool:
        return lookup in {"cause__exact", "at_from", "at_to"} and "\0" not in value

    @admin.display(description=gettext_lazy("erased data"))
    def what(self, row: Erasure) -> str:
        return ", ".join(counted(row.counts)) or _("nothing")

    @admin.display(description=gettext_lazy("certificate"))
    def paper(self, row: Erasure) -> SafeString:
        address = reverse("admin:certificate", args=[row.certificate])
        return format_html('<a class="staff-link" href="{}">{}</a>', address, row.certificate)
