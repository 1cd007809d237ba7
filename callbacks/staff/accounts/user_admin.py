"""Staff accounts in the admin: invitations, roles, and who may change whom."""

from typing import Any

from django.contrib import admin, messages
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.contrib.auth.models import Group, User
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django_otp.plugins.otp_static.models import StaticDevice
from django_otp.plugins.otp_totp.models import TOTPDevice
from unfold.contrib.filters.admin import DropdownFilter

from callbacks.accounts import last_superuser, two_factor
from callbacks.staff.accounts import account_views, group_admin, invitation, invitation_page, roles
from callbacks.staff.accounts.account_forms import AccountForm, PasswordForm
from callbacks.staff.common.current_user import current_user
from callbacks.staff.common.formatting import badge
from callbacks.staff.common.model_admin import AuditedAdmin, StaffModelAdmin

# Our own class shows the accounts. The secrets of phones stay hidden: `two_factor` manages them.
for model in (User, TOTPDevice, StaticDevice):
    admin.site.unregister(model)

# Only a superuser changes these.
POWERS = ("is_superuser", "user_permissions")
# Others do not change these in their own account.
OF_OTHERS = ("groups", "is_active")


class RoleFilter(DropdownFilter):  # type: ignore[misc]
    title = _("role")
    parameter_name = "role"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        groups = roles.ordered(list(Group.objects.all()))
        return [(str(group.pk), roles.name_of(group)) for group in groups]

    def queryset(self, request: HttpRequest, queryset: QuerySet[User]) -> QuerySet[User]:
        pk = self.value() or ""
        return queryset.filter(groups=int(pk)) if pk.isdecimal() and len(pk) < 10 else queryset


@admin.register(User)
class UserAdmin(AuditedAdmin, DjangoUserAdmin, StaffModelAdmin):  # type: ignore[type-arg, misc]
    form = AccountForm
    add_form = invitation.InvitationForm
    add_form_template = "staff/invite.html"
    change_password_form = PasswordForm
    actions = None  # an account is deleted from its own page, one at a time
    list_display = ("username", "full_name", "shown_roles", "shown_state", "last_login")
    list_filter = (RoleFilter, "is_active", "is_superuser")
    # Not by email: what is searched for stands in the address.
    search_fields = ("username", "first_name", "last_name")
    search_help_text = _("Name or username")
    readonly_fields = (
        *("last_login", "date_joined", "second_step", "invited", "shown_roles"),
        *("password_state", "password_with_link"),
    )
    filter_horizontal = ()  # two lists side by side don't fit on a phone
    add_fieldsets = ((None, {"fields": ("name", "email", "role")}),)

    # -- the form ---------------------------------------------------------------------------
    def get_form(
        self, request: HttpRequest, obj: User | None = None, change: bool = False, **kwargs: Any
    ) -> Any:
        """Return the form, bound to the person who uses it."""
        form = super().get_form(request, obj, change=change, **kwargs)
        return type(form.__name__, (form,), {"person": request.user})

    def formfield_for_manytomany(
        self, db_field: Any, request: HttpRequest | None = None, **kwargs: Any
    ) -> Any:
        if db_field.name == "user_permissions":
            return group_admin.PermissionsField(label=_("Further permissions"))
        return super().formfield_for_manytomany(db_field, request, **kwargs)  # type: ignore[arg-type]

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        field = super().formfield_for_dbfield(db_field, request, **kwargs)
        if field is not None and db_field.name == "groups":
            # The button opens a frame, and the site's policy forbids frames.
            field.widget.can_add_related = False
        return field

    def get_fieldsets(self, request: HttpRequest, obj: User | None = None) -> Any:
        if obj is None:
            return self.add_fieldsets
        readonly = self.get_readonly_fields(request, obj)
        role = "shown_roles" if "groups" in readonly else "groups"
        may_change = self.has_change_permission(request, obj)
        password = "password_with_link" if may_change else "password_state"
        sign_in = ["username", password, "second_step", "last_login", "date_joined"]
        if invitation.is_pending(obj):
            sign_in = ["username", "invited", "date_joined"]
        powers = [(_("Beyond the roles"), {"fields": POWERS})]
        return [
            (None, {"fields": ("first_name", "last_name", "email", role, "is_active")}),
            (_("Signing in"), {"fields": sign_in}),
            *(powers if request.user.is_superuser else []),
        ]

    def get_readonly_fields(self, request: HttpRequest, obj: User | None = None) -> Any:
        fields = tuple(super().get_readonly_fields(request, obj))
        if request.user.is_superuser:
            return fields
        return (*fields, *POWERS, *(OF_OTHERS if obj == request.user else ()))

    # -- pages ------------------------------------------------------------------------------
    def get_urls(self) -> list[URLPattern]:
        wrap = self.admin_site.admin_view
        return [
            path(
                "<int:pk>/two-factor/remove/",
                wrap(account_views.remove_second_step),
                name="auth_user_second_step_remove",
            ),
            path("<int:pk>/invite/", wrap(account_views.invite_again), name="auth_user_invite"),
            *super().get_urls(),
        ]

    def add_view(
        self, request: HttpRequest, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Invite a colleague."""
        context = {"title": _("Invite a colleague")} | (extra_context or {})
        page = super().add_view(request, form_url, context)
        # After the transaction, because the mail server may take seconds.
        invited: User | None = getattr(request, "invited", None)
        return invitation_page.send(request, invited) if invited else page

    def response_add(
        self, request: HttpRequest, obj: User, post_url_continue: str | None = None
    ) -> HttpResponse:
        request.invited = obj  # type: ignore[attr-defined]
        return HttpResponseRedirect(reverse("admin:auth_user_changelist"))

    def delete_model(self, request: HttpRequest, obj: User) -> None:
        """Delete the account. Raise `LastSuperuser` if it is the last superuser."""
        if last_superuser.is_last(obj.pk):
            raise last_superuser.LastSuperuser
        super().delete_model(request, obj)

    def delete_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        try:
            return super().delete_view(request, object_id, extra_context)
        except last_superuser.LastSuperuser:  # the transaction was rolled back
            messages.error(request, str(last_superuser.REFUSED))
            return HttpResponseRedirect(reverse("admin:auth_user_change", args=[object_id]))

    # -- permissions ------------------------------------------------------------------------
    def has_change_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        return bool(super().has_change_permission(request, obj)) and roles.covers(
            current_user(request), obj
        )

    def has_delete_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        return bool(super().has_delete_permission(request, obj)) and roles.covers(
            current_user(request), obj
        )

    # -- columns ----------------------------------------------------------------------------
    def get_queryset(self, request: HttpRequest) -> QuerySet[User]:
        return super().get_queryset(request).prefetch_related("groups")

    @admin.display(description=_("name"), ordering="last_name")
    def full_name(self, account: User) -> str:
        return account.get_full_name()

    @admin.display(description=_("roles"))
    def shown_roles(self, account: User) -> str:
        names = [gettext("Superuser")] * account.is_superuser
        names += [str(roles.name_of(one)) for one in roles.ordered(list(account.groups.all()))]
        return ", ".join(names)

    @admin.display(description=_("status"))
    def shown_state(self, account: User) -> SafeString:
        if not account.is_active:
            return badge(gettext("Deactivated"), "cancelled")
        if invitation.is_pending(account):
            return badge(gettext("Invited"), "queued")
        if not account.is_staff:
            return badge(gettext("No role"), "uncertain")
        return badge(gettext("Active"), "called")

    @admin.display(description=_("password"))
    def password_state(self, account: User) -> str:
        """Return whether there is a password. How it is stored is of no use to the reader."""
        if not account.has_usable_password():
            return gettext("Not set")
        return gettext("Set. It is stored in a form that nobody can read.")

    @admin.display(description=_("password"))
    def password_with_link(self, account: User) -> SafeString:
        """Return the same, with the way to a new one."""
        return format_html(
            '{} <a class="staff-button" href="{}">{}</a>',
            self.password_state(account),
            reverse("admin:auth_user_password_change", args=[account.pk]),
            gettext("Change password"),
        )

    @admin.display(description=_("two-factor sign-in"))
    def second_step(self, account: User) -> SafeString | str:
        if not two_factor.is_set_up(account):
            return gettext("Not set up")
        return _with_button(
            gettext("Set up"),
            gettext("Remove (the phone is lost)"),
            reverse("admin:auth_user_second_step_remove", args=[account.pk]),
        )

    @admin.display(description=_("invitation"))
    def invited(self, account: User) -> SafeString:
        return _with_button(
            gettext("Has not chosen a password yet"),
            gettext("Send the invitation again"),
            reverse("admin:auth_user_invite", args=[account.pk]),
        )

    def state(self, account: User) -> dict[str, Any]:
        """Return the rights of the account after a change, for the audit log."""
        return {
            "roles": list(account.groups.order_by("name").values_list("name", flat=True)),
            "superuser": account.is_superuser,
            "inactive": not account.is_active,
        }


def _with_button(text: str, label: str, address: str) -> SafeString:
    """Return a text, and a button that sends the page's form to another address."""
    return format_html(
        '{} <button type="submit" class="staff-button" formaction="{}" formnovalidate>{}</button>',
        text,
        address,
        label,
    )
