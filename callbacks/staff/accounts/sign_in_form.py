"""The form of the sign-in page: by user name or email, with errors that say what is wrong."""

from typing import Any

from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _
from unfold.forms import AuthenticationForm


class SignInForm(AuthenticationForm):  # type: ignore[misc]
    error_messages = {
        "invalid_login": _(
            "The user name or the password is wrong. Check capital letters. If you have been "
            "invited, first choose a password with the link in the invitation."
        ),
        # Only said to somebody who typed the right password.
        "inactive": _(
            "This account has been deactivated. Ask a manager of this site to activate it."
        ),
        "no_role": _(
            "Your password is right, but your account has no role, so there is nothing it may do "
            "here. Ask a manager of this site for a role."
        ),
    }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["username"].label = _("User name or email")

    def clean_username(self) -> str:
        """Return the user name. An email becomes the user name of the only account that has it."""
        typed: str = self.cleaned_data["username"]
        if "@" not in typed or User.objects.filter(username=typed).exists():
            return typed
        names = User.objects.filter(email__iexact=typed).values_list("username", flat=True)[:2]
        return names[0] if len(names) == 1 else typed

    def get_invalid_login_error(self) -> ValidationError:
        """Return the error: the account is deactivated, or the password is wrong."""
        inactive = User.objects.filter(username=self.cleaned_data["username"], is_active=False)
        # A password is checked even if there is no account: a faster answer would reveal that.
        account = inactive.first() or User()
        if account.check_password(self.cleaned_data["password"]):
            return ValidationError(self.error_messages["inactive"], code="inactive")
        return ValidationError(self.error_messages["invalid_login"], code="invalid_login")

    def confirm_login_allowed(self, user: Any) -> None:
        """Raise `ValidationError` if the account has no role."""
        if not user.is_staff:
            raise ValidationError(self.error_messages["no_role"], code="no_role")
