"""Change the additional fields of a widget without losing what answers refer to.

A field or a choice that is removed is retired: the form no longer asks it, and its labels are kept
for the answers that were given.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.text import slugify
from django.utils.translation import gettext_lazy as _

from callbacks.models import Widget
from callbacks.models.extra_fields import (
    LONGEST_NAME,
    MOST_CHOICES_KEPT,
    MOST_KEPT,
    Choice,
    ExtraField,
    read,
)


def replaced(known: Sequence[ExtraField], wanted: Sequence[ExtraField]) -> list[ExtraField]:
    """Return the `wanted` fields in their order, and then the others of `known`, retired.

    Raises:
        ValidationError: a field has another kind, or is personal or not, unlike before. The answers
            that were given would not fit.
    """
    before = {one.key: one for one in known}
    fields = []
    for one in wanted:
        old = before.pop(one.key, None)
        if old and (old.kind, old.is_personal) != (one.kind, one.is_personal):
            raise ValidationError(
                _(
                    "“%(key)s”: the kind of a field, and whether it is personal, cannot be "
                    "changed. Add a field with another name."
                ),
                params={"key": one.key},
            )
        fields.append(replace(one, choices=_choices(old.choices if old else (), one.choices)))
    retired = [replace(one, is_retired=True) for one in before.values()]
    return fields + retired[: max(0, MOST_KEPT - len(fields))]


def stored(widget: Widget, given: object) -> list[dict[str, Any]]:
    """Return the column of the widget once it has the `given` fields, as `replaced` keeps others.

    Raises:
        ValidationError: the fields are wrong.
    """
    return [one.stored() for one in replaced(widget.all_fields, read(given))]


def names(stored: list[Any]) -> list[str]:
    """Return the keys of the fields that the form asks."""
    return [one.key for one in read(stored) if not one.is_retired]


def _choices(known: Sequence[Choice], wanted: Sequence[Choice]) -> tuple[Choice, ...]:
    """Return the wanted choices, and then the others, retired."""
    values = {choice.value for choice in wanted}
    gone = [replace(choice, is_retired=True) for choice in known if choice.value not in values]
    return tuple([*wanted, *gone][:MOST_CHOICES_KEPT])


def key_from(label: str, taken: set[str]) -> str:
    """Return a name for other systems that follows from a label, and is not taken yet."""
    name = slugify(label).replace("-", "_").lstrip("_0123456789")[:LONGEST_NAME]
    return _free(name.rstrip("_") or "field", taken, "_")


def choices_from(
    lines: Sequence[dict[str, str]], known: Sequence[Choice] = ()
) -> tuple[Choice, ...]:
    """Return the choices with these labels by language, one for each line.

    A choice keeps its value if one of its labels is the same as before, or if it stands in the same
    place and no choice was added or removed. So a typing error can be corrected.
    """
    offered = [choice for choice in known if not choice.is_retired]
    taken: set[str] = set()
    values: list[str] = []
    for labels in lines:
        same = (c.value for c in [*offered, *known] if set(c.labels.items()) & set(labels.items()))
        values.append(next((value for value in same if value not in taken), ""))
        taken.add(values[-1])
    for index, labels in enumerate(lines):
        if values[index]:
            continue
        if len(lines) == len(offered) and offered[index].value not in taken:
            values[index] = offered[index].value
        else:
            name = slugify(next(iter(labels.values())))[:LONGEST_NAME].strip("-_")
            values[index] = _free(name or "choice", taken | {c.value for c in known}, "-")
        taken.add(values[index])
    return tuple(Choice(value, labels) for value, labels in zip(values, lines, strict=True))


def _free(name: str, taken: set[str], join: str) -> str:
    """Return the name, with a number if it is taken."""
    tries = (name, *(f"{name[: LONGEST_NAME - 4]}{join}{n}" for n in range(2, 1000)))
    return next(one for one in tries if one not in taken)
