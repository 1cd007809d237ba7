"""The API keys, in the admin: listed, created, and revoked after a question."""

from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.urls import URLPattern, path, reverse
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext
from django.views.decorators.http import require_http_methods

from callbacks.accounts import api_keys
from callbacks.accounts.roles import may_create_keys, may_revoke_keys
from callbacks.core import clock
from callbacks.models import ApiKey, Scope
from callbacks.staff.accounts import new_api_key
from callbacks.staff.common.current_user import current_user
from callbacks.staff.common.formatting import badge, moment
from callbacks.staff.common.pages import staff_page
from callbacks.staff.common.read_only import ReadOnlyAdmin


@admin.register(ApiKey)
class ApiKeyAdmin(ReadOnlyAdmin):
    seen_with = ("callbacks.view_apikey", "callbacks.change_apikey")
    list_display = ("name", "ends_with", "for_widget", "may", "state", "last_used")
    fields = ("name", "ends_with", "for_widget", "may", "created", "state", "previous", "last_used")
    list_select_related = ("widget",)
    sortable_by = ("name",)
    change_form_outer_before_template = "staff/_api_key_revoke.html"

    def has_add_permission(self, request: HttpRequest) -> bool:
        return may_create_keys(request.user)

    def add_view(
        self, request: HttpRequest, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        if not self.has_add_permission(request):
            raise PermissionDenied
        return new_api_key.page(request)

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest) -> bool:
        return False

    def get_urls(self) -> list[URLPattern]:
        ask = path(
            "<int:pk>/revoke/", self.admin_site.admin_view(revoke), name="callbacks_apikey_revoke"
        )
        return [ask, *super().get_urls()]

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        context = {"title": gettext_lazy("API keys")}
        return super().changelist_view(request, context | (extra_context or {}))  # type: ignore[no-any-return]

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        key = self.row(request, object_id)
        may_revoke = key is not None and key.revoked_at is None and may_revoke_keys(request.user)
        context = {"may_revoke": may_revoke}
        return super().change_view(request, object_id, form_url, context | (extra_context or {}))  # type: ignore[no-any-return]

    # -- columns ----------------------------------------------------------------------------
    @admin.display(description=gettext_lazy("ends with"))
    def ends_with(self, key: ApiKey) -> str:
        return f"…{key.ending}"

    @admin.display(description=gettext_lazy("widget"))
    def for_widget(self, key: ApiKey) -> str:
        return key.widget.name if key.widget else _("All widgets")

    @admin.display(description=gettext_lazy("scopes"))
    def may(self, key: ApiKey) -> str:
        return ", ".join(str(Scope(one).label) for one in key.scopes)

    @admin.display(description=gettext_lazy("status"))
    def state(self, key: ApiKey) -> SafeString:
        if key.revoked_at is None:
            return badge(pgettext("API key", "Active"), "called")
        return badge(_("Revoked on %(day)s") % {"day": moment(key.revoked_at)}, "cancelled")

    @admin.display(description=gettext_lazy("previous secret"))
    def previous(self, key: ApiKey) -> str:
        if key.previous_until is None:
            return pgettext("API key", "None")
        what = {"ending": key.previous_ending, "time": moment(key.previous_until)}
        if clock.now() < key.previous_until and key.revoked_at is None:
            return _("…%(ending)s, works until %(time)s") % what
        return _("…%(ending)s, no longer works") % what

    @admin.display(description=gettext_lazy("created"))
    def created(self, key: ApiKey) -> str:
        return moment(key.created_at)

    @admin.display(description=gettext_lazy("last used"))
    def last_used(self, key: ApiKey) -> str:
        return moment(key.last_used_at) if key.last_used_at else pgettext("API key", "Never")


@require_http_methods(["GET", "HEAD", "POST"])
def revoke(request: HttpRequest, pk: int) -> HttpResponse:
    """Ask whether to revoke the key on GET, and revoke it on POST."""
    if not may_revoke_keys(request.user):
        raise PermissionDenied
    key = get_object_or_404(ApiKey, pk=pk)
    back = reverse("admin:callbacks_apikey_change", args=[pk])
    if request.method == "POST":
        if api_keys.revoke(key, person=current_user(request)):
            messages.success(request, _("The API key is revoked."))
        else:
            messages.warning(request, _("The API key was already revoked. Nothing was changed."))
        return HttpResponseRedirect(back)
    return staff_page(
        request, "staff/api_key_revoke.html", title=_("Revoke this API key?"), key=key, back=back
    )
