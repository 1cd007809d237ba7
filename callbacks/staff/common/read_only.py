"""Tables that are evidence: to be read in the admin, never added to, changed or deleted there."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from callbacks.staff.common.model_admin import StaffModelAdmin
from callbacks.staff.common.paginator import BoundedChangeList, BoundedPaginator, PlainPaginator


class ReadOnlyAdmin(StaffModelAdmin):
    """`seen_with`: the permissions of which one is enough to see it."""

    seen_with: tuple[str, ...] = ()
    actions = None
    paginator: type[BoundedPaginator] = PlainPaginator
    list_filter_submit = True
    list_per_page = 50
    list_fullwidth = True
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER
    view_on_site = False

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[BoundedChangeList]:
        return BoundedChangeList

    def has_view_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return any(request.user.has_perm(name) for name in self.seen_with)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False
