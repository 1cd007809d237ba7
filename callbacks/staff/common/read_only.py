"""Tables that are evidence: the admin shows them, and changes nothing in them."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from callbacks.staff.common.model_admin import StaffModelAdmin
from callbacks.staff.common.paginator import BoundedChangeList, BoundedPaginator, PlainPaginator


class ReadOnlyAdmin(StaffModelAdmin):
    """A `ModelAdmin` that only shows rows.

    `seen_with` lists permissions: any one of them is enough to see the table.
    """

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
        """Return the list that counts a bounded number of rows."""
        return BoundedChangeList

    def has_view_permission(self, request: HttpRequest, obj: object = None) -> bool:
        """Return whether the person has one of the permissions in `seen_with`."""
        return any(request.user.has_perm(name) for name in self.seen_with)

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Return False: evidence is written by the code alone."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: object = None) -> bool:
        """Return False: evidence never changes."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: object = None) -> bool:
        """Return False: only the storage periods remove evidence."""
        return False
