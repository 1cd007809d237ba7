"""The form for a new webhook endpoint."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from unfold.widgets import (
    UnfoldAdminSelectWidget,
    UnfoldAdminTextInputWidget,
    UnfoldBooleanWidget,
)

from callbacks.core.one_line import single_line
from callbacks.models import WebhookEvent, Widget
from callbacks.webhooks import endpoints


class WebhookForm(forms.Form):
    """Where to send what."""

    url = forms.CharField(
        label=_("Address"),
        help_text=_("The address of your system that receives the webhooks."),
        max_length=endpoints.LONGEST_ADDRESS,
        validators=[single_line],
        widget=UnfoldAdminTextInputWidget(attrs={"inputmode": "url", "autocomplete": "off"}),
    )
    widget = forms.ModelChoiceField(
        label=_("Widget"),
        queryset=Widget.objects.none(),
        required=False,
        empty_label=_("All widgets"),
        help_text=_("A widget includes the requests about its topics."),
        widget=UnfoldAdminSelectWidget(),
    )
    events = forms.MultipleChoiceField(
        label=_("Events"),
        choices=WebhookEvent.choices,
        initial=[event for event in WebhookEvent if event != WebhookEvent.ALERT],
        widget=forms.CheckboxSelectMultiple,
    )
    with_contact = forms.BooleanField(
        label=_("Send numbers and emails in full"),
        help_text=_(
            "Otherwise most of each is hidden. Your system then stores personal data: name it in "
            "your record of processing."
        ),
        required=False,
        widget=UnfoldBooleanWidget(),
    )

    def __init__(self, *args: Any, may_send_contact: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["widget"].queryset = Widget.objects.order_by("name")  # type: ignore[attr-defined]
        if not may_send_contact:
            del self.fields["with_contact"]

    def clean_url(self) -> str:
        """Return the address. Raise `ValidationError` if webhooks may not go there."""
        url: str = self.cleaned_data["url"].strip()
        endpoints.check_address(url)
        return url
