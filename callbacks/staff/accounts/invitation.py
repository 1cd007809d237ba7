"""Inviting a colleague: a name, an email, a role; they choose their password by a link.

The link works once, for a week, and stops working when another invitation is sent.
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
from callbacks.notifications import mail
from callbacks.staff.accounts import roles
from callbacks.staff.common.model_admin import single_line

LIFETIME = timedelta(seconds=settings.PASSWORD_RESET_TIMEOUT)
LONGEST_USERNAME = 30

NOT_YOURS_TO_GIVE = _("You cannot give this role: it includes rights that you do not have.")

log = structlog.get_logger(__name__)


class InvitationTokens(PasswordResetTokenGenerator):
    """Django's tokens, which the first password makes void, and no link for a new password."""

    key_salt = "callbacks.staff.accounts.invitation"


tokens = InvitationTokens()


class RoleChoices(forms.models.ModelChoiceIterator):  # type: ignore[type-arg]
    """The roles in their order, without an empty one."""

    def __iter__(self) -> Any:
        for group in roles.ordered(list(self.queryset)):
            yield self.choice(group)


class RolesToChoose:
    """For a form field that chooses groups: each with what people with this role may do."""

    iterator = RoleChoices

    def label_from_instance(self, group: Group) -> SafeString:
        return format_html(
            '<strong>{}</strong> <span class="staff-role">{}</span>',
            roles.name_of(group),
            roles.sentence_about(group),
        )


class RoleField(RolesToChoose, forms.ModelChoiceField):  # type: ignore[misc,type-arg]
    """One role."""


class InvitationForm(forms.ModelForm):  # type: ignore[type-arg]
    """A new account. `person`, who invites, is set by a subclass."""

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
    """Raise `ValidationError` if another account than `of` has this email: people sign in by it.

    Call it in a transaction. Until its end nobody else chooses an address or a user name: two
    people at once would each find the same one free.
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
    """Return a user name made from a person's name, such as `marie.dupont`, that is not taken."""
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
    """Return whether the account has never had a password, so that its owner is still invited."""
    return account.is_active and bool(account.email) and not account.has_usable_password()


class AlreadyAccepted(Exception):
    """The account's owner has chosen a password meanwhile."""


def send(account: User, by: User) -> str:
    """Email the account's owner a link to choose a password. Return "" if the email was sent, and
    the link if no mail server took it.

    A link made before stops working. Call it outside a transaction: a mail server may take its
    time.

    Raises: `AlreadyAccepted`.
    """
    unchanged = User.objects.filter(pk=account.pk, password=account.password)
    account.set_unusable_password()  # another one each time, and links are bound to it
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
