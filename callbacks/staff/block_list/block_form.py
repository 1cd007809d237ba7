"""The form that adds an entry to the block list."""

from datetime import date, datetime
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.widgets import UnfoldAdminTextInputWidget

from callbacks.abuse import block_keys
from callbacks.core import clock
from callbacks.models import Block
from callbacks.staff.block_list import block_lines


class BlockForm(forms.ModelForm):  # type: ignore[type-arg]
    """A new entry of the block list."""

    value = forms.CharField(
        label=gettext_lazy("Value"),
        max_length=254,
        help_text=gettext_lazy(
            "A phone number, the beginning of a number such as +336612, an email domain such as "
            "example.fr, or an IP address or network such as 192.0.2.0/24. For “Emails to”: the "
            "email address that gets no more emails; it can still be called."
        ),
        widget=UnfoldAdminTextInputWidget(attrs={"autocomplete": "off"}),
    )

    until = forms.DateField(
        label=gettext_lazy("Until"),
        help_text=gettext_lazy("The last day. Leave empty to block permanently."),
        required=False,
        widget=UnfoldAdminTextInputWidget(attrs={"type": "date"}),
    )

    class Meta:
        model = Block
        fields = ("kind", "value", "reason", "until")

    def clean_until(self) -> datetime | None:
        """Return the end of the last day. Raise `ValidationError` if it has passed."""
        day: date | None = self.cleaned_data["until"]
        until = block_lines.end_of(day) if day else None
        if until is not None and until <= clock.now():
            raise ValidationError(_("This date is in the past."))
        return until

    def clean(self) -> dict[str, Any]:
        """Check that the value fits its kind."""
        cleaned = super().clean() or {}
        if "kind" in cleaned and "value" in cleaned:
            try:
                block_keys.normalised(cleaned["kind"], cleaned["value"])
            except ValidationError as error:
                self.add_error("value", error)
        return cleaned
