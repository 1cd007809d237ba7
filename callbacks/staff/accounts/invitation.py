"""Invite a colleague, who chooses a password by a link in an email.

The link works once, for a week. It stops working when another invitation is sent.
"""

import unicodedata
from datetime import timedelta
from typing import Any

import structlog
from django import forms
from django.conf import settings
from django.contrib.auth.models import Group, User
from django.contrib.auth.tokens import PasswordResetTokenGenerator
from django.core.exceptions import ValidationError
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.encoding import force_bytes
from django.utils.html import format_html
from django.utils.http import urlsafe_base64_encode
from django.utils.safestring import SafeString
from django.utils.text import slugify
from django.utils.translation import gettext_lazy as _
from unfold.widgets import (
    UnfoldAdminEmailInputWidget,
    UnfoldAdminRadioSelectWidget,
    UnfoldAdminTextInputWidget,
)

from callbacks.accounts import audit_log
from callbacks.core.one_line import single_line
from callbacks.notifications import mail
from callbacks.staff.accounts import roles

LIFETIME = timedelta(seconds=settings.PASSWORD_RESET_TIMEOUT)
LONGEST_USERNAME = 30

NOT_YOURS_TO_GIVE = _("You cannot give this role: it includes rights that you do not have.")

log = structlog.get_logger(__name__)


class InvitationTokens(PasswordResetTokenGenerator):
    """The tokens of invitations.

    Choosing a password makes them void. Their salt differs from that of a password reset, so
    neither link works in place of the other.
    """

    key_salt = "callbacks.staff.accounts.invitation"


tokens = InvitationTokens()


class RoleChoices(forms.models.ModelChoiceIterator):  # type: ignore[type-arg]
    """The roles in their order, without an empty choice."""

    def __iter__(self) -> Any:
        for group in roles.ordered(list(self.queryset)):
            yield self.choice(group)


class RolesToChoose:
    """A form field that chooses groups, and tells what each one allows."""

    iterator = RoleChoices

    def label_from_instance(self, group: Group) -> SafeString:
        return format_html(
            '<strong>{}</strong> <span class="staff-role">{}</span>',
            roles.name_of(group),
            roles.sentence_about(group),
        )


class RoleField(RolesToChoose, forms.ModelChoiceField):  # type: ignore[misc,type-arg]
    """A field that chooses one role."""


class InvitationForm(forms.ModelForm):  # type: ignore[type-arg]
    """The form of a new account.

    A subclass sets `person`, the account that invites: it gives only roles that its own rights
    cover.
    """

    person: User

    name = forms.CharField(
        label=_("Name"),
        max_length=150,
        validators=[single_line],
        widget=UnfoldAdminTextInputWidget({"autocomplete": "off", "autofocus": ""}),
    )
    email = forms.EmailField(
        label=_("Email"),
        help_text=_("The invitation is sent to this address, and so are new passwords."),
        widget=UnfoldAdminEmailInputWidget({"autocomplete": "off"}),
    )
    role = RoleField(
        label=_("Role"),
        queryset=Group.objects.all(),
        widget=UnfoldAdminRadioSelectWidget(attrs={"class": "staff-roles"}),
        error_messages={
            "required": _("Choose a role: without one, nobody can sign in."),
            "invalid_choice": NOT_YOURS_TO_GIVE,
        },
    )

    class Meta:
        model = User
        fields = ("email",)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        givable = [group.pk for group in roles.that_may_be_given_by(self.person)]
        field: Any = self.fields["role"]
        field.queryset = Group.objects.filter(pk__in=givable)

    def clean_email(self) -> str:
        email: str = self.cleaned_data["email"]
        refuse_a_taken_address(email)
        return email

    def save(self, commit: bool = True) -> User:
        """Return the new account, which has no password yet. `save_m2m` gives its role."""
        account: User = super().save(commit=False)
        account.first_name, __, account.last_name = self.cleaned_data["name"].partition(" ")
        account.username = free_username(self.cleaned_data["name"])
        account.is_staff = True
        account.set_unusable_password()
        return account

    def _save_m2m(self) -> None:
        self.instance.groups.set([self.cleaned_data["role"]])

    def save_m2m(self) -> None:
        self._save_m2m()


def refuse_a_taken_address(email: str, of: User | None = None) -> None:
    """Raise `ValidationError` if an account other than `of` has this email.

    People sign in with their email, so it must be unique. Call it in a transaction: it locks the
    choice of emails and user names until the end. Two people could otherwise both find the same one
    free.
    """
    list(Group.objects.select_for_update().order_by("pk"))
    others = User.objects.filter(email__iexact=email)
    if of is not None:
        others = others.exclude(pk=of.pk)
    if email and (other := others.first()):
        raise ValidationError(
            _("The account “%(username)s” already has this address."),
            params={"username": other.get_username()},
        )


def free_username(name: str) -> str:
    """Return a free user name made from a person's name, such as `marie.dupont`."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()
    stem = slugify(plain).replace("-", ".")[:LONGEST_USERNAME].strip(".") or "colleague"
    taken = set(User.objects.filter(username__istartswith=stem).values_list("username", flat=True))
    taken = {username.casefold() for username in taken}
    number, username = 1, stem
    while username in taken:
        number += 1
        username = f"{stem}{number}"
    return username


def is_pending(account: User) -> bool:
    """Return whether the account has no password yet, so its invitation is still open."""
    return account.is_active and bool(account.email) and not account.has_usable_password()


class AlreadyAccepted(Exception):
    """The colleague has chosen a password in the meantime."""


def send(account: User, by: User) -> str:
    """Email the account's owner a link to choose a password.

    Return an empty string if the email was sent, or the link if no mail server accepted it. An
    earlier link stops working. Call it outside a transaction, because a mail server may take
    seconds.

    Raises:
        AlreadyAccepted: The owner has chosen a password in the meantime.
    """
    unchanged = User.objects.filter(pk=account.pk, password=account.password)
    account.set_unusable_password()  # random each time; earlier links depend on the old one
    if not unchanged.update(password=account.password):
        raise AlreadyAccepted
    path = reverse(
        "admin:invitation",
        args=[urlsafe_base64_encode(force_bytes(account.pk)), tokens.make_token(account)],
    )
    link = settings.PUBLIC_URL + path
    context = {
        "account": account,
        "by": by.get_full_name() or by.get_username(),
        "roles": [(roles.name_of(one), roles.sentence_about(one)) for one in account.groups.all()],
        "site": settings.PUBLIC_URL,
        "link": link,
        "days": LIFETIME.days,
    }
    subject = " ".join(render_to_string("staff/invitation_subject.txt", context).split())
    text = render_to_string("staff/invitation_email.txt", context)
    if not mail.send(subject, text, [account.email]):
        log.error("invitation_not_sent", user=account.pk)
        audit_log.record(by, audit_log.INVITE, account, by_hand=True)
        return link
    audit_log.record(by, audit_log.INVITE, account)
    return ""
