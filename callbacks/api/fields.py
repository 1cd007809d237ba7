"""The additional fields of a widget, and the answers to them."""

from collections.abc import Mapping
from typing import Annotated

from ninja import Schema
from pydantic import BeforeValidator, Field

from callbacks.api import problems
from callbacks.api.problems import Problem
from callbacks.intake import extra_form_fields
from callbacks.models import Widget
from callbacks.models.extra_fields import FieldKind
from callbacks.widgets.answers import Value


def _one_error(sent: object) -> object:
    """Return an answer as it was sent; raise one error, not one for each type of answer."""
    if isinstance(sent, str):
        if any("\ud800" <= character <= "\udfff" for character in sent):
            raise ValueError("an answer is text in Unicode")
        return sent
    if isinstance(sent, bool):
        return sent
    raise ValueError("send a text, or true or false")


type Key = Annotated[str, Field(pattern="^[a-z][a-z0-9_]{0,39}$")]
# A text, the value of a choice, or whether a box is ticked. Their own limits are those of the form.
type AnswerIn = Annotated[str | bool, BeforeValidator(_one_error)]
type AnswersIn = Annotated[dict[Key, AnswerIn], Field(max_length=20)]
# An answer is null if it is personal, and the reader may not see personal answers.
type AnswersOut = dict[str, str | bool | None]


class ChoiceOut(Schema):
    """An entry of a list. `value` is the answer, and `labels` are by language."""

    value: str
    labels: dict[str, str]


class FieldOut(Schema):
    """An additional field. `choices` is empty unless `kind` is `choice`."""

    key: str
    kind: FieldKind
    labels: dict[str, str]
    choices: list[ChoiceOut]
    is_required: bool
    is_personal: bool


class ShownChoice(Schema):
    """An entry of a list, with its label in the language of the form."""

    value: str
    label: str


class ShownField(Schema):
    """An additional field to show, with its label in the language of the form."""

    key: str
    kind: FieldKind
    label: str
    choices: list[ShownChoice]
    is_required: bool


def of(widget: Widget) -> list[FieldOut]:
    """Return the additional fields of the widget, in the order of the form."""
    return [
        FieldOut(
            key=one.key,
            kind=one.kind,
            labels=dict(one.labels),
            choices=[ChoiceOut(value=c.value, labels=dict(c.labels)) for c in one.offered],
            is_required=one.is_required,
            is_personal=one.is_personal,
        )
        for one in widget.asked_fields
    ]


def shown(widget: Widget) -> list[ShownField]:
    """Return the additional fields as a form shows them, in the active language."""
    return [
        ShownField(
            key=one.key,
            kind=one.kind,
            label=one.label,
            choices=[ShownChoice(value=c.value, label=c.label) for c in one.offered],
            is_required=one.is_required,
        )
        for one in widget.asked_fields
    ]


def checked(widget: Widget, sent: Mapping[str, Value] | None) -> dict[str, Value]:
    """Return the answers that were sent, without those to fields that are no longer asked.

    Raises:
        Problem: the widget has no such field, or an answer is of the wrong type.
    """
    known = {one.key: one for one in widget.all_fields}
    wrong = []
    for key, value in (sent or {}).items():
        one = known.get(key)
        if one is None:
            sentence = "The widget has no such field."
        elif isinstance(value, bool) != (one.kind == FieldKind.CHECKBOX):
            sentence = "Send true or false." if isinstance(value, str) else "Send a text."
        else:
            continue
        is_named = one is not None or problems.may_be_named(key)
        place = f"body.fields.{key}" if is_named else "body.fields"
        wrong.append(problems.Field(place, sentence))
    if wrong:
        raise Problem(problems.INVALID, errors=wrong)
    return {key: value for key, value in (sent or {}).items() if not known[key].is_retired}


def as_typed(answers: Mapping[str, Value]) -> dict[str, str]:
    """Return answers as a form sends them. A box that is not ticked is not sent."""
    return {
        extra_form_fields.PREFIX + key: "on" if value is True else value
        for key, value in answers.items()
        if value is not False
    }
