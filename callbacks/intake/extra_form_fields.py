"""The additional fields of a widget, as fields of the form that a visitor fills in.

They are named after their keys with a prefix, so that no key can meet a name of ours.
"""

import unicodedata
from collections.abc import Mapping
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.datastructures import MultiValueDict
from django.utils.translation import gettext_lazy as _

from callbacks.contact.invisible import trimmed
from callbacks.models import CallRequest, Widget
from callbacks.models.extra_fields import ExtraField, FieldKind
from callbacks.widgets import answers
from callbacks.widgets.answers import Value

PREFIX = "field_"
LONGEST = 500

EMPTY_SENTENCE = _("Fill in “%(label)s”.")
CHOOSE_SENTENCE = _("Choose an answer for “%(label)s”.")
TICK_SENTENCE = _("Tick the box “%(label)s”.")
LONG_SENTENCE = _("“%(label)s” is too long: at most %(most)d characters.")
LINE_SENTENCE = _("Write “%(label)s” on one line, without control characters.")


def name_of(one: ExtraField) -> str:
    """Return the name of an additional field in the form."""
    return PREFIX + one.key


class TextAnswer(forms.CharField):
    """A text on one line, without the white space and invisible characters at its ends."""

    def to_python(self, value: object) -> str:
        """Return the text; raise `ValidationError` if it holds a control character."""
        text = trimmed(str(value or ""))
        # Lone surrogates (Cs) come from JSON; no database stores them.
        if any(unicodedata.category(one) in {"Cc", "Cs", "Zl", "Zp"} for one in text):
            raise ValidationError(self.error_messages["line"], code="control_characters")
        return text


def form_fields(widget: Widget) -> dict[str, forms.Field]:
    """Return the form's fields by name, with sentences in the active language."""
    return {name_of(one): _form_field(one) for one in widget.asked_fields}


def _form_field(one: ExtraField) -> forms.Field:
    words = {"label": one.label, "most": LONGEST}
    if one.kind == FieldKind.CHECKBOX:
        return forms.BooleanField(
            required=one.is_required, error_messages={"required": TICK_SENTENCE % words}
        )
    if one.kind == FieldKind.CHOICE:
        sentence = CHOOSE_SENTENCE % words
        return forms.ChoiceField(
            required=one.is_required,
            choices=[(choice.value, choice.label) for choice in one.offered],
            error_messages={"required": sentence, "invalid_choice": sentence},
        )
    return TextAnswer(
        required=one.is_required,
        max_length=LONGEST,
        error_messages={
            "required": EMPTY_SENTENCE % words,
            "max_length": LONG_SENTENCE % words,
            "line": LINE_SENTENCE % words,
        },
    )


def typed(sent: Mapping[str, Any]) -> dict[str, Value]:
    """Return the answers in a form as it was sent, by key."""
    return {
        name.removeprefix(PREFIX): value
        for name, value in sent.items()
        if name.startswith(PREFIX) and isinstance(value, str | bool)
    }


def are_same(call_request: CallRequest, sent: Mapping[str, Value]) -> bool:
    """Return whether these answers, as typed, are those of the request.

    The widget's fields may have changed since. So a field that is no longer asked counts only if
    the request has an answer to it. A personal answer that cannot be decrypted counts as the same.
    """
    fields = {one.key: one for one in call_request.widget.all_fields}
    stored = answers.values_of(call_request)
    unknown = {one.key for one in fields.values() if one.is_retired}
    if answers.are_unreadable(call_request):
        unknown |= {one.key for one in fields.values() if one.is_personal}
    return all(
        _meant(fields.get(key), sent.get(key, "")) == (stored.get(key) or "")
        for key in {*fields, *stored}
        if key in stored or key not in unknown
    )


def _meant(one: ExtraField | None, value: Value) -> Value:
    """Return a typed answer as it is stored; "" for none, and for a box that is not ticked."""
    if one is not None and one.kind == FieldKind.CHECKBOX:
        box = forms.CheckboxInput()
        return bool(box.value_from_datadict({"box": value}, MultiValueDict(), "box")) or ""
    return trimmed(value) if isinstance(value, str) else value or ""
