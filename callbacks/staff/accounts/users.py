"""Staff accounts and groups, in unfold's forms."""

from typing import Any

from django.contrib import admin, messages
from django.contrib.auth.admin import GroupAdmin as DjangoGroupAdmin
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.contrib.auth.models import Group, Permission, User
from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import Q
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST
from django_otp.plugins.otp_static.models import StaticDevice
from django_otp.plugins.otp_totp.models import TOTPDevice
from unfold.forms import AdminPasswordChangeForm, UserChangeForm, UserCreationForm
from unfold.widgets import UnfoldAdminSelect2MultipleWidget

from callbacks.accounts import last_superuser, two_factor
from callbacks.staff.common.model_admin import OnRecord, StaffModelAdmin

# Secrets are no table to look into: `accounts.two_factor` sets them up and takes them away.
for model in (User, Group, TOTPDevice, StaticDevice):
    admin.site.unregister(model)

# Who may edit accounts must not be able to make themselves more powerful by it.
POWERS = ("is_superuser", "groups", "user_permissions")


class AccountForm(UserChangeForm):  # type: ignore[misc]
    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        powers = ("is_active", "is_staff", "is_superuser")
        # What is not in the form stays as it is.
        stays = all(cleaned.get(name, getattr(self.instance, name)) for name in powers)
        if not stays and last_superuser.is_last(self.instance.pk):
            self.add_error(None, ValidationError(last_superuser.REFUSED, code="last_superuser"))
        return cleaned


class PasswordForm(AdminPasswordChangeForm):  # type: ignore[misc]
    """Without the switch that takes the password away: nothing else opens the door here, and who
    is to stay outside is made inactive."""

    def __init__(self, user: User, *args: Any, **kwargs: Any) -> None:
        super().__init__(user, *args, **kwargs)
        self.fields.pop("usable_password", None)


@admin.register(User)
class UserAdmin(OnRecord, DjangoUserAdmin, StaffModelAdmin):  # type: ignore[type-arg]
    form = AccountForm
    add_form = UserCreationForm
    change_password_form = PasswordForm
    actions = None  # each deletion is a decision of its own
    readonly_fields = ("last_login", "date_joined", "second_step")
    filter_horizontal = ()  # two lists side by side don't fit on a phone

    def formfield_for_manytomany(
        self, db_field: Any, request: HttpRequest | None = None, **kwargs: Any
    ) -> Any:
        field = super().formfield_for_manytomany(db_field, request, **kwargs)  # type: ignore[arg-type]
        return _searchable(field, db_field.help_text)

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        field = super().formfield_for_dbfield(db_field, request, **kwargs)
        if field is not None and db_field.name == "groups":
            # It would open in a frame, and no page of this site may be framed.
            field.widget.can_add_related = False
        return field

    def get_fieldsets(self, request: HttpRequest, obj: User | None = None) -> Any:
        fieldsets = super().get_fieldsets(request, obj)
        if obj is None:
            return fieldsets
        return [*fieldsets, (_("Two-factor sign-in"), {"fields": ("second_step",)})]

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(require_POST(self.remove_second_step))
        return [
            path("<int:pk>/two-factor/remove/", view, name="auth_user_second_step_remove"),
            *super().get_urls(),
        ]

    def remove_second_step(self, request: HttpRequest, pk: int) -> HttpResponse:
        """For who has lost the phone and the recovery codes. Only a superuser may."""
        if not request.user.is_superuser:
            raise PermissionDenied
        account = get_object_or_404(User, pk=pk)
        if two_factor.remove(account, by=request.user):
            messages.success(request, gettext("Two-factor sign-in is removed."))
        return HttpResponseRedirect(reverse("admin:auth_user_change", args=[pk]))

    def delete_model(self, request: HttpRequest, obj: User) -> None:
        if last_superuser.is_last(obj.pk):
            raise last_superuser.LastSuperuser
        super().delete_model(request, obj)

    def delete_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        try:
            return super().delete_view(request, object_id, extra_context)
        except last_superuser.LastSuperuser:  # all that was written for it is rolled back
            messages.error(request, str(last_superuser.REFUSED))
            return HttpResponseRedirect(reverse("admin:auth_user_change", args=[object_id]))

    @admin.display(description=_("state"))
    def second_step(self, account: User) -> SafeString | str:
        if not two_factor.is_set_up(account):
            return gettext("Not set up")
        return format_html(
            '{} <button type="submit" class="staff-button" formaction="{}" formnovalidate>{}'
            "</button>",
            gettext("Set up"),
            reverse("admin:auth_user_second_step_remove", args=[account.pk]),
            gettext("Remove (the phone is lost)"),
        )

    def state(self, account: User) -> str:
        powers = ["superuser"] * account.is_superuser + ["staff"] * account.is_staff
        powers += [] if account.is_active else ["inactive"]
        names = ", ".join(account.groups.values_list("name", flat=True))
        return "; ".join(filter(None, [", ".join(powers), names and f"groups: {names}"]))

    def get_readonly_fields(self, request: HttpRequest, obj: User | None = None) -> Any:
        fields = tuple(super().get_readonly_fields(request, obj))
        return fields if request.user.is_superuser else (*fields, *POWERS)

    def has_change_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        return bool(super().has_change_permission(request, obj)) and _may_touch(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        return bool(super().has_delete_permission(request, obj)) and _may_touch(request, obj)


def _searchable(field: Any, help_text: str) -> Any:
    """The field of a list to choose from, as one that is searched by typing: without Django's
    advice to hold down a key."""
    field.widget = UnfoldAdminSelect2MultipleWidget()
    field.widget.choices = field.choices
    field.help_text = help_text
    return field


def _may_touch(request: HttpRequest, account: User | None) -> bool:
    """Return whether the person may do all that the account may.

    Otherwise they could give it a new password or email, and sign in as its owner. What an
    inactive account may do counts as well: it can be made active.
    """
    person: User = request.user  # type: ignore[assignment]
    if account is None or person.is_superuser:
        return True
    if account.is_superuser:
        return False
    given = Permission.objects.filter(Q(user=account) | Q(group__user=account))
    names = {
        f"{app}.{name}" for app, name in given.values_list("content_type__app_label", "codename")
    }
    return names <= person.get_all_permissions()


@admin.register(Group)
class GroupAdmin(OnRecord, DjangoGroupAdmin, StaffModelAdmin):
    filter_horizontal = ()

    def formfield_for_manytomany(
        self, db_field: Any, request: HttpRequest | None = None, **kwargs: Any
    ) -> Any:
        field = super().formfield_for_manytomany(db_field, request, **kwargs)
        return _searchable(field, db_field.help_text)

    def get_readonly_fields(self, request: HttpRequest, obj: Group | None = None) -> Any:
        fields = tuple(super().get_readonly_fields(request, obj))
        return fields if request.user.is_superuser else (*fields, "permissions")
