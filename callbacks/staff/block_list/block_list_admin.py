"""The block list, in the admin.

Entries are written by `callbacks.abuse.block_list`.
"""

from typing import Any

from django.contrib import admin, messages
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.contrib.filters.admin import ChoicesDropdownFilter

from callbacks.abuse import block_list
from callbacks.accounts import audit_log
from callbacks.accounts.roles import may_unmask
from callbacks.core import clock, redaction
from callbacks.models import Block, BlockKind
from callbacks.staff.block_list import block_import, block_lines, block_views
from callbacks.staff.block_list.block_display import is_masked, masking_of, shown
from callbacks.staff.block_list.block_form import BlockForm
from callbacks.staff.block_list.state_filter import StateFilter
from callbacks.staff.common import formatting, look_ups, number_in_full, unmasking
from callbacks.staff.common.current_user import current_user
from callbacks.staff.common.formatting import badge, moment
from callbacks.staff.common.model_admin import StaffModelAdmin
from callbacks.staff.common.paginator import BoundedChangeList, PlainPaginator

FILTERS = frozenset({"kind__exact", "state"})


@admin.register(Block)
class BlockAdmin(StaffModelAdmin):
    form = BlockForm
    list_display = (
        "shown_kind",
        "shown_value",
        "state",
        "shown_reason",
        "since",
        "shown_author",
    )
    list_filter = (("kind", ChoicesDropdownFilter), StateFilter)
    list_filter_submit = True
    list_select_related = ("author", "api_key")
    list_per_page = 50
    list_fullwidth = True
    sortable_by = ("since",)
    search_fields = ("key",)  # only shows the search box: see `block_views.look_up`
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER
    actions = None  # an entry is deleted from its own page, one at a time
    paginator = PlainPaginator
    change_list_template = "staff/blocks.html"
    change_form_outer_before_template = "staff/_block_show.html"
    view_on_site = False

    def has_change_permission(self, request: HttpRequest, obj: object = None) -> bool:
        """Return False: adding an entry again renews it."""
        return False

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[BoundedChangeList]:
        return BoundedChangeList

    def has_view_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return block_views.may_see(request.user)

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest) -> bool:
        return lookup in FILTERS and "\0" not in value

    def get_fields(self, request: HttpRequest, obj: Block | None = None) -> Any:
        if obj is None:
            return BlockForm.Meta.fields
        return ("kind", "shown_value", "state", "shown_reason", "since", "shown_author")

    def get_readonly_fields(self, request: HttpRequest, obj: Block | None = None) -> Any:
        return () if obj is None else self.get_fields(request, obj)

    # -- pages ------------------------------------------------------------------------------
    def get_urls(self) -> list[URLPattern]:
        wrap, name = self.admin_site.admin_view, "callbacks_block"
        return [
            path("import/", wrap(block_import.page), name=f"{name}_import"),
            path("import/sample/", wrap(block_import.sample), name=f"{name}_sample"),
            path("<int:pk>/show/", wrap(block_views.show), name=f"{name}_show"),
            *super().get_urls(),
        ]

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Block], search_term: str
    ) -> tuple[QuerySet[Block], bool]:
        """Return the entries whose ids are in the address, none if a search has just failed."""
        if hasattr(request, "no_hit"):
            return queryset.none(), False
        if not search_term.strip():
            return queryset, False
        return queryset.filter(pk__in=block_views.ids_in(search_term)), False

    def get_object(
        self, request: HttpRequest, object_id: str, from_field: str | None = None
    ) -> Block | None:
        """Return the entry, with how this session sees it."""
        block: Block | None = super().get_object(request, object_id, from_field)
        if block is not None:
            # The columns are methods that receive the entry, but not the request.
            block.masking = unmasking.of(request, block)  # type: ignore[attr-defined]
        return block

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        block = self.row(request, object_id)
        may_show = block is not None and is_masked(block) and may_unmask(request.user)
        context = {"may_show": may_show}
        return super().change_view(request, object_id, form_url, context | (extra_context or {}))  # type: ignore[no-any-return]

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        context = {
            "title": gettext_lazy("Block list"),
            "may_import": self.has_add_permission(request),
        }
        if "q" in request.POST and self.has_view_permission(request):
            answer = block_views.look_up(request)
            if answer is not None:
                return answer
            request.no_hit = True  # type: ignore[attr-defined]
            context |= {"no_hit": True, "search_text": block_views.typed(request)}
        return super().changelist_view(request, context | (extra_context or {}))  # type: ignore[no-any-return]

    # -- writing ----------------------------------------------------------------------------
    def add_view(
        self, request: HttpRequest, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Add an entry. It counts as a look-up, because the list then shows whether it is new."""
        if request.method == "POST" and self.has_add_permission(request):
            try:
                look_ups.count(request.user)
            except look_ups.TooManyLookUps as refused:
                messages.warning(request, refused.sentence)
                return HttpResponseRedirect(reverse("admin:callbacks_block_changelist"))
        return super().add_view(request, form_url, extra_context)  # type: ignore[no-any-return]

    def save_model(self, request: HttpRequest, obj: Block, form: Any, change: bool) -> None:
        """Add the entry, or renew it if it is on the list already."""
        typed = form.cleaned_data
        block, is_new = block_list.add(
            typed["kind"],
            typed["value"],
            reason=typed["reason"],
            until=typed["until"],
            author=current_user(request),
        )
        obj.pk = block.pk
        if not is_new and may_unmask(request.user):
            messages.info(request, _("This was already on the list. The entry was renewed."))

    def delete_model(self, request: HttpRequest, obj: Block) -> None:
        """Delete the entry, and record it in the audit log."""
        with transaction.atomic():
            audit_log.record(current_user(request), "block.delete", obj)
            super().delete_model(request, obj)

    # -- columns ----------------------------------------------------------------------------
    @admin.display(description=gettext_lazy("kind"))
    def shown_kind(self, block: Block) -> str:
        return block.get_kind_display()

    @admin.display(description=gettext_lazy("value"))
    def shown_value(self, block: Block) -> SafeString:
        masking = masking_of(block)
        if masking.is_lifted and block.kind == BlockKind.NUMBER and not is_masked(block):
            return number_in_full.shown(block.value, masking.until)
        return format_html('<span class="staff-number">{}</span>', shown(block, masking))

    @admin.display(description=gettext_lazy("reason"))
    def shown_reason(self, block: Block) -> str:
        if masking_of(block).is_lifted:
            return str(block.reason)
        number = block.value if block.kind == BlockKind.NUMBER else ""
        email = block.value if block.kind == BlockKind.MAIL else ""
        return redaction.masked_text(block.reason, number=number, email=email)

    @admin.display(description=gettext_lazy("status"))
    def state(self, block: Block) -> SafeString:
        if block.until is None:
            return badge(_("Permanently"), "failed")
        if block.until <= clock.now():
            return badge(_("Ended"), "cancelled")
        day = formatting.day(block_lines.last_day(block.until))
        return badge(_("Until %(day)s") % {"day": day}, "uncertain")

    @admin.display(description=gettext_lazy("since"), ordering="created_at")
    def since(self, block: Block) -> str:
        return moment(block.created_at)

    @admin.display(description=gettext_lazy("author"))
    def shown_author(self, block: Block) -> str:
        if block.api_key:
            return _("API key “%(name)s”") % {"name": block.api_key.name}
        return block.author.get_username() if block.author else _("The visitor")
