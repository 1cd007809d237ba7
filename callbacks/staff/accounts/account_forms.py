"""The forms that change an account and set its password."""

from typing import Any

from django.contrib.auth.models import Group, User
from django.core.exceptions import ValidationError
from django.forms import ModelMultipleChoiceField
from django.utils.translation import gettext_lazy as _
from unfold.forms import AdminPasswordChangeForm, UserChangeForm
from unfold.widgets import UnfoldAdminCheckboxSelectMultipleWidget

from callbacks.accounts import last_superuser
from callbacks.staff.accounts import invitation, roles


class RolesField(invitation.RolesToChoose, ModelMultipleChoiceField):  # type: ignore[misc,type-arg]
    """A field that chooses any number of roles."""


class AccountForm(UserChangeForm):  # type: ignore[misc]
    """The form of an account.

    A subclass sets `person`, the account that changes it: what it may give depends on its own
    rights.
    """

    person: User

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "groups" in self.fields:
            givable = [group.pk for group in roles.that_may_be_given_by(self.person)]
            self.fields["groups"] = RolesField(
                label=_("Roles"),
                help_text=_("Without a role, the person cannot sign in."),
                queryset=Group.objects.filter(pk__in=givable),
                required=False,
                widget=UnfoldAdminCheckboxSelectMultipleWidget(attrs={"class": "staff-roles"}),
                error_messages={"invalid_choice": invitation.NOT_YOURS_TO_GIVE},
            )

    def clean_email(self) -> str:
        """Return the email. Raise `ValidationError` if another account has it."""
        email: str = self.cleaned_data["email"]
        if "email" in self.changed_data:
            invitation.refuse_a_taken_address(email, of=self.instance)
        return email

    def clean(self) -> dict[str, Any]:
        """Give or remove access to the admin, and keep the last superuser."""
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        if "groups" in cleaned:
            # Only staff may sign in. An account is staff if it has a role or a right of its own.
            self.instance.is_staff = bool(
                cleaned["groups"]
                or cleaned.get("is_superuser", self.instance.is_superuser)
                or cleaned.get("user_permissions", self.instance.user_permissions.exists())
            )
        powers = ("is_active", "is_superuser")
        # Fields that the form does not show keep their values.
        stays = all(cleaned.get(name, getattr(self.instance, name)) for name in powers)
        if not stays and last_superuser.is_last(self.instance.pk):
            self.add_error(None, ValidationError(last_superuser.REFUSED, code="last_superuser"))
        return cleaned


class PasswordForm(AdminPasswordChangeForm):  # type: ignore[misc]
    """Django's form that sets a password, without its switch that removes the password.

    Signing in takes a password, so an account without one cannot be used. To close an account,
    staff deactivate it.
    """

    def __init__(self, user: User, *args: Any, **kwargs: Any) -> None:
        super().__init__(user, *args, **kwargs)
        self.fields.pop("usable_password", None)
