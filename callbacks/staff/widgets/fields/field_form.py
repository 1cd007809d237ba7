"""The form of one additional field of a widget."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.widgets import (
    UnfoldAdminRadioSelectWidget,
    UnfoldAdminTextareaWidget,
    UnfoldAdminTextInputWidget,
    UnfoldBooleanWidget,
)

from callbacks.models.extra_fields import (
    LONGEST_LABEL,
    LONGEST_NAME,
    ExtraField,
    FieldKind,
    check_key,
    read,
)
from callbacks.staff.widgets.labelled_form import CODES, LabelledForm
from callbacks.widgets.extra_fields import choices_from, key_from, replaced


class FieldForm(LabelledForm):
    """A field that is added to the fields `known`, or `changed`, which is one of them.

    Its kind, its name for other systems and whether it is personal are chosen once, because the
    answers that were given must still fit.
    """

    def __init__(
        self, *args: Any, known: Sequence[ExtraField], changed: ExtraField | None, **kwargs: Any
    ) -> None:
        self.known, self.changed = list(known), changed
        super().__init__(*args, **kwargs)
        if changed is None:
            self.fields["kind"] = forms.ChoiceField(
                label=_("How visitors answer"),
                choices=FieldKind.choices,
                initial=FieldKind.TEXT,
                widget=UnfoldAdminRadioSelectWidget,
            )
        self.add_labels(changed.labels if changed else {}, LONGEST_LABEL)
        if changed is None or changed.kind == FieldKind.CHOICE:
            self._add_choices()
        self.fields["is_required"] = forms.BooleanField(
            label=_("Visitors must answer"),
            required=False,
            initial=bool(changed and changed.is_required),
            widget=UnfoldBooleanWidget,
        )
        places = len([one for one in known if not one.is_retired]) + (changed is None)
        place = places if changed is None else self.known.index(changed) + 1
        self.add_place(_("Place in the form"), place, places)
        if changed is None:
            self._add_what_is_chosen_once()

    def _add_choices(self) -> None:
        offered = self.changed.offered if self.changed else []
        for code, name in settings.LANGUAGES:
            self.fields[f"choices_{code}"] = forms.CharField(
                label=_("Choices (%(language)s)") % {"language": name},
                help_text=_(
                    "For a choice from a list: one choice on each line, in the same order in each "
                    "language."
                ),
                max_length=5000,
                required=False,
                initial="\n".join(choice.labels.get(code, "") for choice in offered).strip("\n"),
                widget=UnfoldAdminTextareaWidget(attrs={"rows": 4, "lang": code}),
            )

    def _add_what_is_chosen_once(self) -> None:
        self.fields["is_personal"] = forms.BooleanField(
            label=gettext_lazy("Personal answers"),
            help_text=gettext_lazy(
                "Answers are encrypted and hidden, as the email is. Tick this if they may say who "
                "the visitor is, or something private. It cannot be changed later."
            ),
            required=False,
            initial=True,
            widget=UnfoldBooleanWidget,
        )
        self.fields["key"] = forms.CharField(
            label=gettext_lazy("Name for other systems"),
            help_text=gettext_lazy(
                "In the API and webhooks: small letters, digits and _, such as "
                "order_number. Leave empty to derive it from the label. It cannot be changed later."
            ),
            max_length=LONGEST_NAME,
            required=False,
            validators=[check_key],
            widget=UnfoldAdminTextInputWidget(attrs={"autocapitalize": "none"}),
        )

    def clean(self) -> dict[str, Any]:
        """Make the list of fields that follows (`result`), or say what is wrong."""
        super().clean()
        if self.errors:
            return self.cleaned_data
        if not (labels := self.typed_labels()):
            return self.cleaned_data
        try:
            entry = self._entry(labels)
            one = read([entry])[0]
        except ValidationError as error:  # the other fields were checked one by one
            self.add_error(f"choices_{CODES[0]}", error)
            return self.cleaned_data
        if entry["key"] in self._taken():
            self.add_error("key", _("Another field has this name, or had it."))
            return self.cleaned_data
        asked = [other for other in self.known if not other.is_retired and other != self.changed]
        self.insert(asked, one)
        self.result = replaced(self.known, asked)
        return self.cleaned_data

    def _entry(self, labels: dict[str, str]) -> dict[str, Any]:
        """Return the field as it is stored."""
        given, changed = self.cleaned_data, self.changed
        kind = changed.kind if changed else given["kind"]
        choices: Sequence[Any] = ()
        if kind == FieldKind.CHOICE:
            choices = choices_from(self._lines(), changed.choices if changed else ())
        return {
            "key": changed.key if changed else given["key"] or self._key(labels),
            "kind": str(kind),
            "labels": labels,
            "choices": [{"value": one.value, "labels": dict(one.labels)} for one in choices],
            "is_required": given["is_required"],
            "is_personal": changed.is_personal if changed else given["is_personal"],
        }

    def _key(self, labels: dict[str, str]) -> str:
        return key_from(next(iter(labels.values())), self._taken())

    def _taken(self) -> set[str]:
        return {one.key for one in self.known if one != self.changed}

    def _lines(self) -> list[dict[str, str]]:
        """Return the labels of each choice by language.

        Raises:
            ValidationError: there are more lines in one language than in another.
        """
        lines = {
            code: [line.strip() for line in text.splitlines() if line.strip()]
            for code, text in self.by_language("choices").items()
        }
        if len({len(choices) for choices in lines.values()}) > 1:
            raise ValidationError(
                _("Enter as many choices in each language, or leave one language empty.")
            )
        count = max(map(len, lines.values()), default=0)
        return [{code: lines[code][n] for code in lines} for n in range(count)]
