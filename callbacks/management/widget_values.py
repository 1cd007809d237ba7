"""Values of a widget in a file: each must have the type of its column.

A column would convert some of them silently: 1.5 to 1, true to 1, a list to a text.
"""

from typing import Any

from django.core.exceptions import ValidationError
from django.db.models import BooleanField, CharField, Field, IntegerField, JSONField, TextField

from callbacks.core.one_line import single_line


def check(field: "Field[Any, Any]", value: object) -> None:
    """Validate that `value`, as JSON has it, has the type of the column `field`.

    Raises:
        ValidationError: with a sentence that says what is wanted.
    """
    if value is None and field.null:
        return
    fits, wanted = _rule(field, value)
    if not fits:
        raise ValidationError(f"{wanted} is wanted.")
    if isinstance(field, CharField) and isinstance(value, str):
        single_line(value)  # as in the admin


def _rule(field: "Field[Any, Any]", value: object) -> tuple[bool, str]:
    """Return whether the value has the type of the column, and this type in words."""
    match field:
        case BooleanField():
            return isinstance(value, bool), "true or false"
        case IntegerField():
            or_null = " or null" if field.null else ""
            return type(value) is int, f"a whole number{or_null}"
        case CharField() | TextField():
            # Django does not ask this of columns that no form edits, such as the public ID.
            is_missing = value == "" and not field.blank
            return isinstance(value, str) and not is_missing, "a text"
        case JSONField():
            is_list = isinstance(value, list) and all(isinstance(one, str) for one in value)
            return is_list, "a list of texts"
    raise TypeError(f"no rule for {type(field).__name__}")
