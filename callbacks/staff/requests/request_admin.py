"""The requests, in the admin: the columns of the list, and the addresses of their pages.

No form of the admin creates, changes or deletes a request.
"""

from typing import Any

from django.contrib import admin, messages
from django.contrib.admin import helpers
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern, path
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.contrib.filters.admin import ChoicesDropdownFilter, RelatedDropdownFilter

from callbacks.accounts.roles import may_act, may_block, may_erase, may_export, may_see_requests
from callbacks.models import CallRequest, Status
from callbacks.staff.common.formatting import badge, moment, status_badge, wait
from callbacks.staff.common.model_admin import StaffModelAdmin
from callbacks.staff.common.paginator import BoundedPaginator
from callbacks.staff.common.unmasking import MASKED
from callbacks.staff.requests import (
    ask_first,
    progress,
    request_views,
    reschedule_view,
    retry_all,
)
from callbacks.staff.requests.actions import STAFF_ACTIONS
from callbacks.staff.requests.export import view as export_view
from callbacks.staff.requests.list_page import carried_filters, neighbours, search, search_box, tabs
from callbacks.staff.requests.list_page.booked_filter import BookedFilter
from callbacks.staff.requests.list_page.change_list import RequestChangeList
from callbacks.staff.requests.list_page.filters import AttentionFilter, DayRangeFilter, SlotFilter
from callbacks.staff.requests.list_page.source_filters import CampaignFilter, PageFilter
from callbacks.staff.requests.list_page.topic_filter import TopicFilter
from callbacks.staff.requests.outcome_admin import outcome_badge
from callbacks.staff.requests.request_page import details
from callbacks.team_mails import looks


@admin.register(CallRequest)
class CallRequestAdmin(StaffModelAdmin):
    list_display = (
        "asked",
        "shown_status",
        "shown_number",
        "shown_reason",
        "waited",
        "attempts_made",
        "shown_widget",
        "shown_email",
    )
    list_filter = (
        AttentionFilter,
        ("status", ChoicesDropdownFilter),
        ("widget", RelatedDropdownFilter),
        TopicFilter,
        ("reason", ChoicesDropdownFilter),
        ("created_at", DayRangeFilter),
        SlotFilter,
        BookedFilter,
        CampaignFilter,
        PageFilter,
    )
    list_filter_submit = True
    list_select_related = ("widget",)
    list_per_page = 50
    list_fullwidth = True
    sortable_by = ("asked",)
    search_fields = ("number",)  # only shows the search box: `search.find` searches
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER
    paginator = BoundedPaginator
    actions = [ask_first.list_action(action) for action in STAFF_ACTIONS.values()]
    change_list_template = "staff/requests.html"
    list_before_template = "staff/_requests_top.html"
    list_after_template = "staff/_export.html"
    change_form_template = "staff/request.html"
    view_on_site = False

    # -- permissions ------------------------------------------------------------------------
    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: object = None) -> bool:
        """Return False: a form would write back all columns, and so undo a move made meanwhile."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False

    def has_view_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return may_see_requests(request.user)

    def has_act_permission(self, request: HttpRequest) -> bool:
        return may_act(request.user)

    def has_block_permission(self, request: HttpRequest) -> bool:
        return may_block(request.user)

    def has_erase_permission(self, request: HttpRequest) -> bool:
        return may_erase(request.user)

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest) -> bool:
        return lookup in carried_filters.FILTERS and "\0" not in value

    # -- pages ------------------------------------------------------------------------------
    def get_urls(self) -> list[URLPattern]:
        wrap, name = self.admin_site.admin_view, "callbacks_callrequest"
        return [
            path("do/<slug:name>/", wrap(request_views.act), name=f"{name}_act"),
            path("<int:pk>/note/", wrap(request_views.note), name=f"{name}_note"),
            path("<int:pk>/move/", wrap(reschedule_view.page), name=f"{name}_reschedule"),
            path("<int:pk>/visitor/", wrap(request_views.visitor_page), name=f"{name}_visitor"),
            path("<int:pk>/show/", wrap(request_views.show), name=f"{name}_show"),
            path("retried/<int:first>-<int:last>/", wrap(progress.page), name=f"{name}_retried"),
            path(
                "retry-all/",
                wrap(lambda request: retry_all.page(request, self)),
                name=f"{name}_retry_all",
            ),
            path(
                "export/",
                wrap(lambda request: export_view.view(request, self)),
                name=f"{name}_export",
            ),
            *super().get_urls(),
        ]

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Show the list, or answer what was typed in its search box."""
        selected = request.POST.getlist(helpers.ACTION_CHECKBOX_NAME)
        if not all(key.isascii() and key.isdigit() and len(key) <= 18 for key in selected):
            messages.warning(request, _("Nothing was changed. Select the requests again."))
            return HttpResponseRedirect(request.get_full_path())
        context = {
            "title": gettext_lazy("Requests"),
            "may_export": may_export(request.user),
            "search_text": search.shown(request.GET.get("q", "")),
            "tabs": tabs.tabs(request) if self.has_view_permission(request) else [],
        }
        if "q" in request.POST and self.has_view_permission(request):
            answer = search_box.look_up(request)
            if isinstance(answer, HttpResponse):
                return answer
            request.no_hit = answer  # type: ignore[attr-defined]
            context |= {"no_hit": answer, "search_text": answer.typed}
        page = super().changelist_view(request, context | (extra_context or {}))
        listed = getattr(page, "context_data", None) or {}
        if "cl" in listed and retry_all.is_offered(request) and "no_hit" not in context:
            number = retry_all.count(listed["cl"].queryset, request.GET.get("todo"))
            query = carried_filters.cleaned(request.GET.urlencode())
            listed["retry_all"] = retry_all.button(number, query)
        return page  # type: ignore[no-any-return]

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[RequestChangeList]:
        return RequestChangeList

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[CallRequest], search_term: str
    ) -> tuple[QuerySet[CallRequest], bool]:
        """Return the requests that the reference in the address means."""
        if hasattr(request, "no_hit"):
            return queryset.none(), False
        return search.find(queryset, search_term), False

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """Show the page of one request."""
        context = {"show_history": False, "title": _("Request"), "subtitle": None}
        found = self.row(request, object_id)
        if found is not None and self.has_view_permission(request):
            context |= details(found, request)
            context["neighbours"] = neighbours.of(found, request, self)
            if may_act(request.user) and request.method == "GET":
                looks.record(found)
        return super().change_view(request, object_id, form_url, context | (extra_context or {}))  # type: ignore[no-any-return]

    # -- columns ----------------------------------------------------------------------------
    @admin.display(description=gettext_lazy("requested"), ordering="created_at")
    def asked(self, call_request: CallRequest) -> SafeString:
        return format_html(
            '<span class="staff-nowrap">{}</span><br><span class="staff-faint">{}</span>',
            moment(call_request.created_at),
            call_request,
        )

    @admin.display(description=gettext_lazy("number"))
    def shown_number(self, call_request: CallRequest) -> SafeString:
        return format_html('<span class="staff-number">{}</span>', MASKED.number(call_request))

    @admin.display(description=gettext_lazy("email"))
    def shown_email(self, call_request: CallRequest) -> SafeString:
        return format_html('<span class="staff-email">{}</span>', MASKED.email(call_request))

    @admin.display(description=gettext_lazy("status"))
    def shown_status(self, call_request: CallRequest) -> SafeString:
        shown = status_badge(call_request, timezone.now())
        outcome = getattr(call_request, "last_outcome", None)
        if outcome is not None:
            shown = format_html("{} {}", shown, outcome_badge(outcome))
        if getattr(call_request, "is_outside_hours", False):
            flag = badge(_("Outside opening hours"), Status.UNCERTAIN)
            shown = format_html("{}<br>{}", shown, flag)
        return shown

    @admin.display(description=gettext_lazy("reason"))
    def shown_reason(self, call_request: CallRequest) -> SafeString:
        return format_html(
            '<span class="staff-reason">{}</span>', call_request.get_reason_display()
        )

    @admin.display(description=gettext_lazy("widget, topic"))
    def shown_widget(self, call_request: CallRequest) -> SafeString:
        shown = format_html('<span class="staff-widget">{}</span>', call_request.widget)
        if call_request.topic:
            shown = format_html(
                '{}<br><span class="staff-faint">{}</span>', shown, call_request.topic_label
            )
        return shown

    @admin.display(description=gettext_lazy("wait"))
    def waited(self, call_request: CallRequest) -> SafeString:
        return format_html(
            '<span class="staff-nowrap">{}</span>', wait(call_request, timezone.now())
        )
