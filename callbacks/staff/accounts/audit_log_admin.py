"""The audit log in the admin: staff with the right to it read and search it."""

from typing import Any

from django.contrib import admin
from django.contrib.auth.models import User
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import DropdownFilter

from callbacks.accounts import audit_log
from callbacks.accounts.roles import SEE_TRAIL
from callbacks.models import AuditEntry
from callbacks.staff.accounts import audit_log_words
from callbacks.staff.common.current_user import current_user
from callbacks.staff.common.formatting import badge, second
from callbacks.staff.common.paginator import BoundedPaginator
from callbacks.staff.common.read_only import ReadOnlyAdmin
from callbacks.staff.requests.list_page.filters import DayRangeFilter

# The most accounts that one search may find.
MOST_NAMES = 50


class ActionFilter(DropdownFilter):  # type: ignore[misc]
    title = _("action")
    parameter_name = "action"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return list(audit_log.LABELS.items())

    def queryset(
        self, request: HttpRequest, queryset: QuerySet[AuditEntry]
    ) -> QuerySet[AuditEntry]:
        return queryset.filter(action=self.value()) if self.value() else queryset


@admin.register(AuditEntry)
class AuditEntryAdmin(ReadOnlyAdmin):
    seen_with = (SEE_TRAIL,)
    list_display = ("shown_at", "shown_person", "shown_action", "about", "shown_detail")
    fields = list_display
    list_display_links = None  # the list already shows all of an entry
    list_filter = (ActionFilter, ("at", DayRangeFilter))
    sortable_by = ("shown_at",)
    search_fields = ("person_name",)  # only shows the search box: see `get_search_results`
    search_help_text = _("Name of a person")
    paginator = BoundedPaginator

    def get_list_display(self, request: HttpRequest) -> Any:
        """Return the columns. What an entry links to depends on the reader."""
        reader = current_user(request)

        @admin.display(description=_("about"))
        def shown_about(entry: AuditEntry) -> SafeString | str:
            return audit_log_words.about(entry, reader)

        return (*self.list_display[:3], shown_about, "shown_detail")

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[AuditEntry], search_term: str
    ) -> tuple[QuerySet[AuditEntry], bool]:
        """Find entries by a person's name.

        The beginning of a name is enough for an account that exists; a deleted account is found by
        its whole name. The few accounts are searched first, so that the log is read by its index.
        """
        typed = search_term.replace("\0", "").strip()[:150]
        if not typed:
            return queryset, False
        accounts = User.objects.filter(username__istartswith=typed).order_by("username")
        names = {typed, *accounts.values_list("username", flat=True)[:MOST_NAMES]}
        return queryset.filter(person_name__in=names), False

    @admin.display(description=_("when"), ordering="at")
    def shown_at(self, entry: AuditEntry) -> SafeString:
        return format_html('<span class="staff-nowrap">{}</span>', second(entry.at))

    @admin.display(description=_("person"), ordering="person_name", empty_value="–")
    def shown_person(self, entry: AuditEntry) -> str | None:
        return entry.person_name or None

    @admin.display(description=_("action"), ordering="action")
    def shown_action(self, entry: AuditEntry) -> SafeString:
        return badge(str(audit_log.LABELS.get(entry.action, entry.action)), "nothing")

    @admin.display(description=_("detail"))
    def shown_detail(self, entry: AuditEntry) -> SafeString:
        return audit_log_words.detail(entry)
