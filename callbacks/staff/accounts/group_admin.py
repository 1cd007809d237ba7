"""Roles in the admin: which permissions each one carries.

Built-in roles cannot be changed. A superuser may add others, and change those.
"""

from typing import Any

from django.contrib import admin
from django.contrib.auth.admin import GroupAdmin as DjangoGroupAdmin
from django.contrib.auth.models import Group, Permission
from django.forms import ModelMultipleChoiceField
from django.http import HttpRequest
from django.utils.html import format_html_join
from django.utils.safestring import SafeString, mark_safe
from django.utils.text import capfirst
from django.utils.translation import gettext, pgettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminSelect2MultipleWidget

from callbacks.staff.accounts import roles
from callbacks.staff.common.model_admin import AuditedAdmin, StaffModelAdmin

admin.site.unregister(Group)

# The pages call groups roles, in breadcrumbs and messages too.
Group._meta.verbose_name, Group._meta.verbose_name_plural = _("role"), _("roles")

# Django creates four permissions for each table, whose names begin with these verbs.
_VERBS = {
    "add": pgettext_lazy("permission", "add"),
    "change": pgettext_lazy("permission", "change"),
    "delete": pgettext_lazy("permission", "delete"),
    "view": pgettext_lazy("permission", "view"),
}


class PermissionsField(ModelMultipleChoiceField):  # type: ignore[type-arg]
    """A field that chooses permissions, which are found by typing a part of their name."""

    def __init__(self, **kwargs: Any) -> None:
        kwargs["queryset"] = Permission.objects.select_related("content_type")
        super().__init__(**kwargs, widget=UnfoldAdminSelect2MultipleWidget(), required=False)

    def label_from_instance(self, permission: Permission) -> str:
        return in_words(permission)


def in_words(permission: Permission) -> str:
    """Return what a permission allows, in the language of the page: "Widget: change"."""
    model = permission.content_type.model_class()
    table = str(model._meta.verbose_name) if model else permission.content_type.model
    verb, __, rest = permission.codename.partition("_")
    is_usual = rest == permission.content_type.model and verb in _VERBS
    allowed = _VERBS[verb] if is_usual else gettext(permission.name)
    words = {"table": capfirst(table), "allowed": allowed}
    return pgettext("a permission", "%(table)s: %(allowed)s") % words


@admin.register(Group)
class GroupAdmin(AuditedAdmin, DjangoGroupAdmin, StaffModelAdmin):  # type: ignore[misc]
    search_help_text = _("Name of a role")
    list_display = ("shown_name", "sentence")
    filter_horizontal = ()
    actions = None  # a role is deleted from its own page, one at a time

    def formfield_for_manytomany(
        self, db_field: Any, request: HttpRequest | None = None, **kwargs: Any
    ) -> Any:
        return PermissionsField(label=_("Permissions"))

    def get_fieldsets(self, request: HttpRequest, obj: Group | None = None) -> Any:
        if obj is None or self.has_change_permission(request, obj):
            return [(None, {"fields": ("name", "permissions")})]
        return [(None, {"fields": ("shown_name", "sentence", "allowed")})]

    def get_readonly_fields(self, request: HttpRequest, obj: Group | None = None) -> Any:
        fields = (*super().get_readonly_fields(request, obj), "shown_name", "sentence", "allowed")
        return fields if request.user.is_superuser else (*fields, "permissions")

    def has_change_permission(self, request: HttpRequest, obj: Group | None = None) -> bool:
        return bool(super().has_change_permission(request, obj)) and not _is_built_in(obj)

    def has_delete_permission(self, request: HttpRequest, obj: Group | None = None) -> bool:
        return bool(super().has_delete_permission(request, obj)) and not _is_built_in(obj)

    @admin.display(description=_("permissions"))
    def allowed(self, group: Group) -> SafeString:
        permissions = group.permissions.select_related("content_type")
        lines = sorted(in_words(permission) for permission in permissions)
        return format_html_join(mark_safe("<br>"), "{}", ((line,) for line in lines))

    @admin.display(description=_("role"), ordering="name")
    def shown_name(self, group: Group) -> str:
        return str(roles.name_of(group))

    @admin.display(description=_("what it allows"))
    def sentence(self, group: Group) -> str:
        return str(roles.sentence_about(group))


def _is_built_in(group: Group | None) -> bool:
    return group is not None and roles.is_built_in(group)
