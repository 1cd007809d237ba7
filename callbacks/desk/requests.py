"""The list of requests, and the page of one. Nothing here can be typed in, changed or deleted."""

from typing import Any, cast

from django.contrib import admin, messages
from django.contrib.admin import helpers
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST
from unfold.admin import ModelAdmin
from unfold.contrib.filters.admin import ChoicesDropdownFilter, RelatedDropdownFilter

from callbacks import numbers
from callbacks.actions import add_note
from callbacks.desk import confirm, search
from callbacks.desk.actions import STAFF_ACTIONS
from callbacks.desk.detail import details
from callbacks.desk.display import moment, status_badge, wait
from callbacks.desk.filters import AttentionFilter, DayRangeFilter
from callbacks.desk.paginator import BoundedChangeList, BoundedPaginator
from callbacks.models import CallRequest

# What an address of the list may contain besides search, order and page.
FILTERS = frozenset(
    {
        "todo",
        "status__exact",
        "reason__exact",
        "widget__id__exact",
        "created_at_from",
        "created_at_to",
    }
)


@admin.register(CallRequest)
class CallRequestAdmin(ModelAdmin):  # type: ignore[misc]
    list_display = (
        "asked",
        "shown_number",
        "shown_status",
        "shown_reason",
        "waited",
        "attempts_made",
        "widget",
        "shown_email",
    )
    list_filter = (
        AttentionFilter,
        ("status", ChoicesDropdownFilter),
        ("widget", RelatedDropdownFilter),
        ("reason", ChoicesDropdownFilter),
        ("created_at", DayRangeFilter),
    )
    list_filter_submit = True
    list_select_related = ("widget",)
    list_per_page = 50
    list_fullwidth = True
    sortable_by = ("asked",)
    search_fields = ("number",)  # shows the box; what is found is `search.find`'s
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER
    paginator = BoundedPaginator
    actions = [confirm.list_action(action) for action in STAFF_ACTIONS.values()]
    change_list_template = "desk/requests.html"
    change_form_template = "desk/request.html"
    view_on_site = False

    # -- who may what -----------------------------------------------------------------------
    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: object = None) -> bool:
        """Never: a form that saves would write back every column, the status among them."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False

    def has_view_permission(self, request: HttpRequest, obj: object = None) -> bool:
        names = ("callbacks.view_callrequest", "callbacks.change_callrequest")
        return any(request.user.has_perm(name) for name in names)

    def has_act_permission(self, request: HttpRequest) -> bool:
        """Whether the person may retry, mark, cancel and close."""
        return request.user.has_perm("callbacks.change_callrequest")

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest) -> bool:
        return lookup in FILTERS

    # -- addresses --------------------------------------------------------------------------
    def get_urls(self) -> list[URLPattern]:
        wrap = self.admin_site.admin_view
        return [
            path("do/<slug:name>/", wrap(self.act_view), name="callbacks_callrequest_act"),
            path(
                "<int:pk>/note/",
                wrap(require_POST(self.note_view)),
                name="callbacks_callrequest_note",
            ),
            path(
                "search/",
                wrap(require_POST(self.search_view)),
                name="callbacks_callrequest_search",
            ),
            *super().get_urls(),
        ]

    def act_view(self, request: HttpRequest, name: str) -> HttpResponse:
        if name not in STAFF_ACTIONS:
            raise Http404
        if not self.has_act_permission(request):
            raise PermissionDenied
        return confirm.answer(request, name)

    def note_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        if not self.has_act_permission(request):
            raise PermissionDenied
        found = get_object_or_404(CallRequest, pk=pk)
        try:
            add_note(found, cast(User, request.user), request.POST.get("text", ""))
        except ValueError:
            messages.warning(request, _("The note was empty; nothing was kept."))
        else:
            messages.success(request, _("The note is kept."))
        return HttpResponseRedirect(reverse("admin:callbacks_callrequest_change", args=[pk]))

    def search_view(self, request: HttpRequest) -> HttpResponse:
        """Sends on to the list, with a reference in the place of what was typed."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        query = request.POST.copy()
        typed = query.pop("q", [""])[-1].strip()
        query.pop("csrfmiddlewaretoken", None)
        if typed:
            reference = search.reference_to(typed)
            if reference is None:
                messages.warning(request, _("No request was found for what you typed."))
            else:
                query["q"] = reference
        address = reverse("admin:callbacks_callrequest_changelist")
        return HttpResponseRedirect(f"{address}?{query.urlencode()}" if query else address)

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        selected = request.POST.getlist(helpers.ACTION_CHECKBOX_NAME)
        if not all(key.isascii() and key.isdigit() and len(key) <= 18 for key in selected):
            messages.warning(request, _("Nothing was done: please select the requests again."))
            return HttpResponseRedirect(request.get_full_path())
        context = {
            "title": gettext_lazy("Requests"),
            "search_text": search.shown(request.GET.get("q", "")),
        }
        return super().changelist_view(request, context | (extra_context or {}))  # type: ignore[no-any-return]

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[BoundedChangeList]:
        return BoundedChangeList

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[CallRequest], search_term: str
    ) -> tuple[QuerySet[CallRequest], bool]:
        return search.find(queryset, search_term), False

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        context = {"show_history": False, "title": _("Request"), "subtitle": None}
        found = self.get_object(request, object_id)
        if found is not None and self.has_view_permission(request):
            context |= details(found, may_act=self.has_act_permission(request))
        return super().change_view(request, object_id, form_url, context | (extra_context or {}))  # type: ignore[no-any-return]

    # -- columns ----------------------------------------------------------------------------
    @admin.display(description=gettext_lazy("asked"), ordering="created_at")
    def asked(self, request: CallRequest) -> SafeString:
        return format_html(
            '<span class="desk-nowrap">{}</span><br><span class="desk-faint">{}</span>',
            moment(request.created_at),
            request,
        )

    @admin.display(description=gettext_lazy("number"))
    def shown_number(self, request: CallRequest) -> SafeString:
        return format_html('<span class="desk-number">{}</span>', numbers.displayed(request.number))

    @admin.display(description=gettext_lazy("email"))
    def shown_email(self, request: CallRequest) -> str:
        return str(request.email)

    @admin.display(description=gettext_lazy("status"))
    def shown_status(self, request: CallRequest) -> SafeString:
        return status_badge(request, timezone.now())

    @admin.display(description=gettext_lazy("reason"))
    def shown_reason(self, request: CallRequest) -> SafeString:
        return format_html('<span class="desk-reason">{}</span>', request.get_reason_display())

    @admin.display(description=gettext_lazy("wait"))
    def waited(self, request: CallRequest) -> SafeString:
        return format_html('<span class="desk-nowrap">{}</span>', wait(request, timezone.now()))
