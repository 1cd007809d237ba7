"""The additional fields of a widget, as the form's page shows them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from django.forms import CheckboxInput
from django.utils.datastructures import MultiValueDict

from callbacks.intake import extra_form_fields
from callbacks.intake.errors import Sentence
from callbacks.models import CallRequest, Widget
from callbacks.models.extra_fields import Choice, FieldKind
from callbacks.widgets import answers
from callbacks.widgets.answers import Value


@dataclass(frozen=True)
class ShownField:
    """One field, with what was typed in it (`value`; "on" for a box that was ticked)."""

    name: str
    label: str
    kind: str
    is_required: bool
    choices: Sequence[Choice]
    value: str
    error: Sentence


def shown(
    widget: Widget, typed: Mapping[str, Value], errors: Mapping[str, Sentence]
) -> list[ShownField]:
    """Return the fields that the form asks, in the active language.

    `typed` are answers by key, and `errors` sentences by the name of the field in the form.
    """
    return [
        ShownField(
            name=(name := extra_form_fields.name_of(one)),
            label=one.label,
            kind=one.kind.value,
            is_required=one.is_required,
            choices=one.offered,
            value=_value(one.kind, typed.get(one.key, "")),
            error=errors.get(name, ""),
        )
        for one in widget.asked_fields
    ]


def _value(kind: FieldKind, typed: Value) -> str:
    if kind == FieldKind.CHECKBOX:
        is_ticked = CheckboxInput().value_from_datadict({"box": typed}, MultiValueDict(), "box")
        return "on" if is_ticked else ""
    return typed if isinstance(typed, str) else ""


def filled_in(call_request: CallRequest) -> dict[str, str]:
    """Return the answers of an earlier request, as a form that is filled in with them sends them.

    A box is left as it is at first: what it stands for has to be agreed to again.
    """
    return {
        extra_form_fields.PREFIX + key: value
        for key, value in answers.values_of(call_request).items()
        if isinstance(value, str)
    }
