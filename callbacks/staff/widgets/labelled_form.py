"""What the form of an additional field and that of a topic share: labels, and a place in a list."""

from collections.abc import Mapping
from typing import Any

from django import forms
from django.conf import settings
from django.utils.translation import gettext as _
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextInputWidget

from callbacks.core.one_line import single_line

CODES = [code for code, _name in settings.LANGUAGES]


class LabelledForm(forms.Form):
    """The form of one entry of a list, which has a label in each language."""

    def add_labels(self, labels: Mapping[str, str], longest: int) -> None:
        """Add a field for the label in each language. `labels` are those that the entry has."""
        for code, name in settings.LANGUAGES:
            self.fields[f"label_{code}"] = forms.CharField(
                label=_("Label (%(language)s)") % {"language": name},
                max_length=longest,
                required=False,
                validators=[single_line],
                initial=labels.get(code, ""),
                widget=UnfoldAdminTextInputWidget(attrs={"lang": code}),
            )

    def add_place(self, label: str, place: int, places: int) -> None:
        """Add a field for the place in the list, if there are several. `place` is that of now."""
        if places > 1:
            self.fields["place"] = forms.TypedChoiceField(
                label=label,
                choices=[(number, str(number)) for number in range(1, places + 1)],
                coerce=int,
                initial=place,
                required=False,
                widget=UnfoldAdminSelectWidget,
            )

    def typed_labels(self) -> dict[str, str]:
        """Return the labels by language; if there is none, say so and return an empty dict."""
        labels = self.by_language("label")
        if not labels:
            self.add_error(f"label_{CODES[0]}", _("Enter a label in one language at least."))
        return labels

    def by_language(self, name: str) -> dict[str, str]:
        """Return the texts that were typed under this name, by language."""
        typed = {code: self.cleaned_data.get(f"{name}_{code}", "").strip() for code in CODES}
        return {code: text for code, text in typed.items() if text}

    def insert[T](self, entries: list[T], entry: T) -> None:
        """Put the entry into the list, at the place that was chosen; by default, at the end."""
        given: dict[str, Any] = self.cleaned_data
        entries.insert((given.get("place") or len(entries) + 1) - 1, entry)
