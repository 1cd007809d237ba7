"""The form of a widget."""

from typing import Any

import phonenumbers
from django import forms
from django.core.exceptions import ValidationError
from django.forms import Media
from django.utils.translation import gettext_lazy
from unfold.widgets import (
    UnfoldAdminColorInputWidget,
    UnfoldAdminSelect2MultipleWidget,
    UnfoldAdminTextareaWidget,
    UnfoldAdminTextInputWidget,
)

from callbacks.contact import phone_numbers
from callbacks.core import campaign_names, origins
from callbacks.models import Widget
from callbacks.models.widget import default_regions
from callbacks.scheduling import pauses
from callbacks.staff.common.long_select import LongSelect
from callbacks.staff.widgets.hours.form import HoursForm


class RegionsWidget(LongSelect, UnfoldAdminSelect2MultipleWidget):  # type: ignore[misc]
    """A list of regions. A script writes the names of the countries in the page's language."""

    @property
    def media(self) -> Media:
        """Return the scripts: ours first, so that the list can be searched by these names."""
        return Media(js=["staff/regions.js"]) + super().media  # type: ignore[no-any-return]


def region_choices() -> list[tuple[str, str]]:
    """Return the code and the label, such as "FR (+33)", of each region that can be called."""
    return [
        (code, f"{code} (+{phonenumbers.country_code_for_region(code)})")
        for code in phone_numbers.supported_regions()
    ]


class ListField(forms.CharField):
    """A text field whose text becomes a list of texts, as `read` says; `separator` joins them."""

    separator = " "

    def read(self, typed: str) -> list[str]:
        raise NotImplementedError

    def prepare_value(self, value: Any) -> Any:
        return self.separator.join(value) if isinstance(value, list) else value

    def to_python(self, value: Any) -> Any:
        return self.read(value or "")

    def validate(self, value: Any) -> None:
        """Do nothing: the field of the model validates the list."""

    def run_validators(self, value: Any) -> None:
        """Do nothing: validators of text do not fit a list."""

    def has_changed(self, initial: Any, data: Any) -> bool:
        try:
            return bool(self.to_python(data) != (initial or []))
        except ValidationError:
            return True


class OriginsField(ListField):
    """A field with one origin on each line."""

    separator = "\n"

    def read(self, typed: str) -> list[str]:
        """Return the origins. A line may be the address of a page."""
        lines = [line for line in typed.splitlines() if line.strip()]
        # Several pages of one site give one origin.
        return list(dict.fromkeys(origins.of_page(line) for line in lines))


class CampaignNamesField(ListField):
    """A field with the names of campaign parameters, on one line."""

    def read(self, typed: str) -> list[str]:
        return campaign_names.listed(typed)


class WidgetForm(HoursForm):
    """The settings of a widget."""

    allowed_regions = forms.MultipleChoiceField(
        label=gettext_lazy("Allowed countries"),
        help_text=gettext_lazy(
            "Where numbers may be called. FR is mainland France; each overseas territory has its "
            "own code (RE, GP, MQ, GF, YT…)."
        ),
        choices=region_choices,
        initial=default_regions,
        widget=RegionsWidget({"class": "staff-regions"}),
    )

    allowed_origins = OriginsField(
        label=gettext_lazy("Allowed sites"),
        help_text=gettext_lazy(
            "Sites that may show the widget, one per line, for example https://www.example.fr or "
            "https://*.example.fr. You can paste the address of a page. If empty, no site may show "
            "it."
        ),
        required=False,
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 3}),
    )

    campaign_names = CampaignNamesField(
        label=gettext_lazy("More campaign parameters"),
        help_text=Widget._meta.get_field("campaign_names").help_text,
        required=False,
        widget=UnfoldAdminTextInputWidget(attrs={"autocapitalize": "none", "spellcheck": "false"}),
    )

    def __init__(self, *args: Any, instance: Widget | None = None, **kwargs: Any) -> None:
        if instance is not None and not pauses.lasts(instance):
            instance.is_paused, instance.paused_until = False, None  # its pause has ended
        super().__init__(*args, instance=instance, **kwargs)

    class Meta:
        model = Widget
        fields = "__all__"  # the fieldsets of the admin choose the fields
        widgets = {"accent_colour": UnfoldAdminColorInputWidget()}
