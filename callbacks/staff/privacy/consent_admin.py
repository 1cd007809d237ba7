"""The versions of the consent texts, in the admin."""

from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext_lazy
from unfold.contrib.filters.admin import ChoicesDropdownFilter, RelatedDropdownFilter

from callbacks.models import ConsentText
from callbacks.staff.common.read_only import ReadOnlyAdmin
from callbacks.staff.privacy.consent_pages import SEE_TEXTS


@admin.register(ConsentText)
class ConsentTextAdmin(ReadOnlyAdmin):
    seen_with = SEE_TEXTS
    list_display = ("widget", "language", "version", "beginning", "created_at")
    list_display_links = ("beginning",)
    list_filter = (
        ("widget", RelatedDropdownFilter),
        ("language", ChoicesDropdownFilter),
    )
    list_select_related = ("widget",)
    fields = ("widget", "language", "version", "text", "digest", "created_at")

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest) -> bool:
        return lookup in {"widget__id__exact", "language__exact"} and "\0" not in value

    @admin.display(description=gettext_lazy("text"))
    def beginning(self, text: ConsentText) -> str:
        return text.text if len(text.text) <= 80 else f"{text.text[:79]}…"
