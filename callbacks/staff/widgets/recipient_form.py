"""The form that adds a recipient of emails to the team."""

from collections.abc import Collection
from typing import Any

from django import forms
from django.conf import settings
from django.utils.text import capfirst
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _
from unfold.widgets import (
    UnfoldAdminSelectWidget,
    UnfoldAdminTextInputWidget,
    UnfoldBooleanWidget,
)

from callbacks.contact import email_addresses
from callbacks.core.one_line import single_line
from callbacks.models import TeamMailRecipient
from callbacks.team_mails.recipients import USUAL, Notice
from callbacks.widgets import languages


def label(notice: Notice) -> str:
    """Return what a recipient is told, in words."""
    field = TeamMailRecipient._meta.get_field(f"wants_{notice}")
    return str(field.verbose_name)  # type: ignore[union-attr]


class RecipientForm(forms.Form):
    """Whom to tell of what."""

    email = forms.CharField(
        label=_("Email address"),
        max_length=email_addresses.MAX_LENGTH,
        validators=[single_line],
        widget=UnfoldAdminTextInputWidget(attrs={"inputmode": "email", "autocomplete": "off"}),
    )
    notices = forms.MultipleChoiceField(
        label=_("Emails about"),
        initial=list(USUAL),
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": _("Choose at least one kind of email.")},
    )
    digest_at = forms.TimeField(
        label=_("Time of the daily summary"),
        help_text=_("In the time zone of the widget. For those who get the summary."),
        initial="08:00",
        required=False,
        widget=UnfoldAdminTextInputWidget(attrs={"type": "time"}),
    )
    language = forms.ChoiceField(
        label=_("Language"), choices=settings.LANGUAGES, widget=UnfoldAdminSelectWidget()
    )
    with_contact = forms.BooleanField(
        label=_("Write numbers and emails in full"),
        help_text=_(
            "Otherwise most of each is hidden, and the person sees them in the admin. In full, "
            "they leave this site: whoever can read this mailbox can read them, and an erasure "
            "does not reach emails that were sent."
        ),
        required=False,
        widget=UnfoldBooleanWidget(),
    )

    def __init__(self, *args: Any, may_send_contact: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["notices"].choices = [(one.value, capfirst(label(one))) for one in Notice]  # type: ignore[attr-defined]
        self.fields["language"].initial = languages.supported(get_language() or "")
        if not may_send_contact:
            del self.fields["with_contact"]

    def clean_notices(self) -> Collection[Notice]:
        """Return what was chosen."""
        return [Notice(one) for one in self.cleaned_data["notices"]]
