"""Choose a password by a link in an email: a forgotten one, or the first one of a colleague.

The answer to a request for a link never tells whether an account exists.
"""

from collections.abc import Iterator
from datetime import timedelta
from threading import Thread
from typing import Any
from urllib.parse import urlsplit

import structlog
from django.conf import settings
from django.contrib import admin
from django.contrib.auth import views
from django.contrib.auth.forms import PasswordResetForm, SetPasswordForm
from django.contrib.auth.models import User
from django.contrib.auth.tokens import PasswordResetTokenGenerator
from django.db import connection, transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.template.loader import render_to_string
from django.urls import URLPattern, path, reverse_lazy
from django.utils.http import base36_to_int
from django.utils.translation import get_language, override
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminEmailInputWidget, UnfoldAdminPasswordWidget

from callbacks.notifications import mail
from callbacks.staff.accounts import invitation
from callbacks.staff.accounts.sign_in import too_many, turned_away

LIFETIME = timedelta(hours=1)


class ResetTokens(PasswordResetTokenGenerator):
    """The tokens of password resets, valid for one hour.

    Django's setting for their lifetime is the one of invitations, which is longer.
    """

    def check_token(self, user: Any, token: str | None) -> bool:
        """Return whether the token is valid and less than an hour old."""
        if not super().check_token(user, token):
            return False
        made = base36_to_int(str(token).partition("-")[0])
        return self._num_seconds(self._now()) - made <= LIFETIME.total_seconds()


log = structlog.get_logger(__name__)
tokens = ResetTokens()


class AskForm(PasswordResetForm):
    """The form that asks for a link."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["email"].widget = UnfoldAdminEmailInputWidget({"autocomplete": "email"})

    def get_users(self, email: str) -> Iterator[User]:
        """Yield the active accounts with this email.

        Colleagues without a password are among them, because their invitation may have expired.
        """
        return User.objects.filter(email__iexact=email, is_active=True).iterator()

    def save(self, *args: Any, **options: Any) -> None:
        """Find the account and send the link in a thread, while the answer is sent.

        The answer then takes the same time whether the account exists or not.
        """
        language, save = get_language(), super().save
        own = {"request": None, "domain_override": urlsplit(settings.PUBLIC_URL).netloc}

        def in_this_language() -> None:
            try:
                with override(language):
                    save(*args, **options | own)
            except Exception:
                log.exception("password_reset_not_sent")
            finally:
                connection.close()

        Thread(target=in_this_language, name="password-reset").start()

    def send_mail(
        self,
        subject_template_name: str,
        email_template_name: str,
        context: dict[str, Any],
        from_email: str | None,
        to_email: str,
        html_email_template_name: str | None = None,
    ) -> None:
        """Send the email by the mailer of this project."""
        subject = " ".join(render_to_string(subject_template_name, context).split())
        mail.send(subject, render_to_string(email_template_name, context), [to_email])


class NewPasswordForm(SetPasswordForm):  # type: ignore[type-arg]
    """The form that sets a password."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for field in self.fields.values():
            field.widget = UnfoldAdminPasswordWidget({"autocomplete": "new-password"})


class _OnThisSite:
    """A view of Django that is drawn as a page of the admin."""

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context: dict[str, Any] = super().get_context_data(**kwargs)  # type: ignore[misc]
        return admin.site.each_context(self.request) | context  # type: ignore[attr-defined]


class Ask(_OnThisSite, views.PasswordResetView):
    """The page that asks for a link."""

    form_class = AskForm
    template_name = "staff/password_reset.html"
    email_template_name = "staff/password_reset_email.txt"
    subject_template_name = "staff/password_reset_subject.txt"
    success_url = reverse_lazy("admin:password_reset_done")
    extra_email_context = {"public_url": settings.PUBLIC_URL}
    token_generator = tokens

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Send the link, and limit how often one client may ask."""
        wait = too_many(request, "staff.password_reset", settings.RATE_PASSWORD_RESET)
        if wait is not None:
            return turned_away(request, wait)
        return super().post(request, *args, **kwargs)


class Asked(_OnThisSite, views.PasswordResetDoneView):
    """The page that says that a link was sent, if the account exists."""

    template_name = "staff/password_reset_done.html"


class Choose(_OnThisSite, views.PasswordResetConfirmView):
    """The page that sets a new password, behind the link."""

    form_class = NewPasswordForm
    template_name = "staff/password_reset_confirm.html"
    success_url = reverse_lazy("admin:password_reset_complete")
    token_generator: PasswordResetTokenGenerator = tokens
    title_if_expired = _("This link no longer works")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Return what the page shows, with another title if the link has expired."""
        context = super().get_context_data(**kwargs)
        return context if self.validlink else context | {"title": self.title_if_expired}

    def form_valid(self, form: Any) -> HttpResponse:
        """Set the password, unless the link was used in the meantime."""
        with transaction.atomic():
            account = User.objects.select_for_update().get(pk=form.user.pk)
            if account.password != form.user.password:
                # The link was used in the meantime, so it has expired.
                return HttpResponseRedirect(self.request.path)
            form.user = account
            return super().form_valid(form)

    def dispatch(self, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """Answer, and forbid caches to keep the page."""
        answer = super().dispatch(*args, **kwargs)
        answer.headers["Cache-Control"] = "no-store"
        return answer


class Accept(Choose):
    """The page that sets the first password of an invited colleague."""

    template_name = "staff/invitation.html"
    token_generator: PasswordResetTokenGenerator = invitation.tokens
    success_url = reverse_lazy("admin:invitation_accepted")
    title = _("Welcome")
    title_if_expired = _("This invitation no longer works")


class Chosen(_OnThisSite, views.PasswordResetCompleteView):
    """The page that says that the password was changed."""

    template_name = "staff/password_reset_complete.html"


class Accepted(_OnThisSite, views.PasswordResetCompleteView):
    """The page that says that the account is ready."""

    template_name = "staff/invitation_accepted.html"
    title = _("Your account is ready")


# The sign-in page of unfold looks for the name `admin_password_reset`.
urls: list[URLPattern] = [
    path("password-reset/", Ask.as_view(), name="admin_password_reset"),
    path("password-reset/asked/", Asked.as_view(), name="password_reset_done"),
    path("password-reset/<uidb64>/<token>/", Choose.as_view(), name="password_reset_confirm"),
    path("invitation/<uidb64>/<token>/", Accept.as_view(), name="invitation"),
    path("invitation/accepted/", Accepted.as_view(), name="invitation_accepted"),
    path("password-reset/done/", Chosen.as_view(), name="password_reset_complete"),
]
