"""The call outcomes, in the admin: what the call service reported, with or without a request."""

from typing import Any

from django.contrib import admin
from django.db.models import Sum
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext, pgettext_lazy
from unfold.contrib.filters.admin import ChoicesDropdownFilter

from callbacks.contact.invisible import spelt_out
from callbacks.models import CallOutcome, OutcomeStatus, RefusedReport
from callbacks.staff.common.formatting import badge, moment
from callbacks.staff.common.read_only import ReadOnlyAdmin
from callbacks.staff.requests.list_page.filters import DayRangeFilter

FILTERS = frozenset(
    {"status__exact", "call_request__isempty", "received_at_from", "received_at_to"}
)


def outcome_badge(outcome: CallOutcome) -> SafeString:
    """Return the badge of an outcome, whatever word the service used."""
    return badge(
        outcome.rating, "called" if outcome.status == OutcomeStatus.QUALIFIED else "nothing"
    )


def figure(value: float | None) -> str:
    """Return a reported figure as it was reported: 42 and not 42.0."""
    return "" if value is None else f"{value:g}"


@admin.register(CallOutcome)
class CallOutcomeAdmin(ReadOnlyAdmin):
    seen_with = ("callbacks.view_callrequest",)
    list_display = (
        "at",
        "shown_status",
        "shown_duration",
        "shown_tags",
        "shown_campaign",
        "request_link",
    )
    list_display_links = None
    fields = list_display
    list_filter = (
        ("status", ChoicesDropdownFilter),
        ("call_request", admin.EmptyFieldListFilter),
        ("received_at", DayRangeFilter),
    )
    list_select_related = ("call_request",)
    sortable_by = ("at",)

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest) -> bool:
        return lookup in FILTERS and "\0" not in value

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Show the list, with the number of refused reports below its title."""
        refused = RefusedReport.objects.aggregate(n=Sum("count"))["n"] or 0
        sentence = ngettext(
            "%(n)d report with a wrong signature in the last 30 days",
            "%(n)d reports with a wrong signature in the last 30 days",
            refused,
        )
        context = {
            "title": gettext_lazy("Call outcomes"),
            "subtitle": sentence % {"n": refused} if refused else None,
        }
        answer: HttpResponse = super().changelist_view(request, context | (extra_context or {}))
        return answer

    @admin.display(description=gettext_lazy("received"), ordering="received_at")
    def at(self, outcome: CallOutcome) -> str:
        return moment(outcome.received_at)

    @admin.display(description=pgettext_lazy("of a call", "outcome"))
    def shown_status(self, outcome: CallOutcome) -> SafeString:
        return outcome_badge(outcome)

    @admin.display(description=gettext_lazy("duration (as reported)"))
    def shown_duration(self, outcome: CallOutcome) -> str:
        return figure(outcome.duration)

    @admin.display(description=gettext_lazy("tags"))
    def shown_tags(self, outcome: CallOutcome) -> str:
        return outcome.shown_tags

    @admin.display(description=gettext_lazy("campaign"), ordering="campaign")
    def shown_campaign(self, outcome: CallOutcome) -> str:
        return spelt_out(outcome.campaign)

    @admin.display(description=gettext_lazy("request"))
    def request_link(self, outcome: CallOutcome) -> SafeString | str:
        if outcome.call_request is None:
            return _("No request matches")
        address = reverse("admin:callbacks_callrequest_change", args=[outcome.call_request.pk])
        return format_html('<a class="staff-link" href="{}">{}</a>', address, outcome.call_request)
