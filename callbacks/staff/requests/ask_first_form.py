"""The form of the page that asks for confirmation."""

from datetime import datetime
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.widgets import (
    UnfoldAdminSelectWidget,
    UnfoldAdminTextInputWidget,
    UnfoldBooleanWidget,
)

from callbacks.core.one_line import single_line
from callbacks.intake import chosen_time
from callbacks.staff.requests import slot_choices
from callbacks.staff.requests.actions import StaffAction


class AskFirstForm(forms.Form):
    """The form between a button and its action: a note, when to call, and a box to tick.

    The box is there if a phone may have rung already, or if the action cannot be undone. It must
    then be ticked.
    """

    note = forms.CharField(
        label=gettext_lazy("Note"),
        help_text=gettext_lazy("Optional. Kept with the request, for your colleagues."),
        max_length=500,
        required=False,
        validators=[single_line],
        widget=UnfoldAdminTextInputWidget,
    )
    # Only for one request that cannot be called now; see `slot_choices`.
    when = forms.ChoiceField(
        label=gettext_lazy("When to call"),
        required=False,
        error_messages={"invalid_choice": chosen_time.GONE_SENTENCE},
        widget=UnfoldAdminSelectWidget,
    )
    confirmed = forms.BooleanField(
        label=gettext_lazy("Yes, call again, even if the phone has already rung"),
        widget=UnfoldBooleanWidget,
    )

    def __init__(
        self,
        *args: Any,
        action: StaffAction,
        careful: bool,
        slots: slot_choices.Choices,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        if slots:
            first = ("", _("At the next opening"))
            self.fields["when"].choices = [first, *slots]  # type: ignore[attr-defined]
        else:
            del self.fields["when"]
        if action.is_final:
            self.fields["confirmed"].label = _("Yes, erase this data permanently")
        elif not careful:
            del self.fields["confirmed"]
        if action.needs_note:
            self.fields["note"].required = True
            self.fields["note"].help_text = _("Do not include phone numbers or email addresses.")
        elif action.is_final:
            del self.fields["note"]  # erasing removes notes as well

    @property
    def slot_start(self) -> datetime | None:
        """Return the start of the time slot that was chosen, or None for the next opening."""
        when = self.cleaned_data.get("when")
        return datetime.fromisoformat(when) if when else None
