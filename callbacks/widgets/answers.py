"""The answers to a widget's additional fields, as a request holds them.

Answers to personal fields are one encrypted column, and all others a plain one. An answer is a
text, the value of a choice, or whether a box was ticked. A field left empty has no answer.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import gettext as _

from callbacks.contact import shown as contact
from callbacks.core import crypto
from callbacks.models import CallRequest
from callbacks.models.extra_fields import ExtraField, FieldKind

type Value = str | bool


@dataclass(frozen=True)
class Answers:
    """Answers by the key of their field. `personal` is JSON, as it is stored; "" if there is none.

    It is `Unreadable` if no key decrypts it, and is then copied as it is.
    """

    plain: Mapping[str, Value] = field(default_factory=dict)
    personal: str = ""


@dataclass(frozen=True)
class Answer:
    """One answer: `value` for programs and `text` for people, with the label of its field."""

    key: str
    label: str
    value: Value
    text: str
    is_personal: bool
    # No key decrypts the personal answers, so that nobody knows whether there is one to this field.
    is_unreadable: bool = False


def split(fields: list[ExtraField], values: Mapping[str, Value]) -> Answers:
    """Return answers (by key) as a request stores them, without the empty ones."""
    given = {one.key: one for one in fields if values.get(one.key, "") != ""}
    personal = {key: values[key] for key, one in given.items() if one.is_personal}
    return Answers(
        plain={key: values[key] for key, one in given.items() if not one.is_personal},
        personal=json.dumps(personal, ensure_ascii=False) if personal else "",
    )


def of(call_request: CallRequest) -> Answers:
    """Return the answers of a request as it stores them."""
    return Answers(dict(call_request.answers), call_request.personal_answers)


def values_of(call_request: CallRequest) -> dict[str, Value]:
    """Return all answers by key, without the personal ones if they cannot be decrypted."""
    return {**call_request.answers, **_personal(call_request)}


def shown(call_request: CallRequest) -> list[Answer]:
    """Return all answers in the order of the fields, in the active language.

    If the personal answers cannot be decrypted, each personal field has an unreadable one.
    """
    if not (call_request.answers or call_request.personal_answers or are_unreadable(call_request)):
        return []
    fields = {one.key: one for one in call_request.widget.all_fields}
    personal = _personal(call_request)
    if are_unreadable(call_request):
        personal = {key: "" for key, one in fields.items() if one.is_personal}
    values = {**call_request.answers, **personal}
    keys = [key for key in fields if key in values] + [key for key in values if key not in fields]
    return [
        Answer(
            key=key,
            label=fields[key].label if key in fields else key,
            value=values[key],
            text=in_words(fields.get(key), values[key]),
            is_personal=key in personal,
            is_unreadable=key in personal and are_unreadable(call_request),
        )
        for key in keys
    ]


def for_systems(call_request: CallRequest, *, in_full: bool) -> dict[str, Value | None]:
    """Return all answers by key, as other systems get them.

    A personal answer is None unless `in_full`, and if it cannot be decrypted. Other texts are
    without the number and the email, which a visitor may have written into them.
    """
    number, email = call_request.number, call_request.email
    told: dict[str, Value | None] = {}
    for one in shown(call_request):
        if one.is_unreadable or (one.is_personal and not in_full):
            told[one.key] = None
        elif isinstance(one.value, str):
            told[one.key] = contact.text(one.value, number=number, email=email, in_full=in_full)
        else:
            told[one.key] = one.value
    return told


def are_unreadable(call_request: CallRequest) -> bool:
    """Return whether there are personal answers that no key decrypts."""
    return crypto.is_unreadable(call_request.personal_answers)


def in_words(one: ExtraField | None, value: Value) -> str:
    """Return an answer for people: the label of a choice, and yes or no for a box."""
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if one is not None and one.kind == FieldKind.CHOICE:
        return next((choice.label for choice in one.choices if choice.value == value), value)
    return value


def _personal(call_request: CallRequest) -> dict[str, Any]:
    stored = call_request.personal_answers
    return json.loads(stored) if stored else {}
