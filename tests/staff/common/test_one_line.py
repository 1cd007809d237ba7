"""No field of one line takes a line break, which could split the subject of an email."""

import pkgutil
from importlib import import_module

import pytest
from django import forms
from django.core.exceptions import ValidationError

from callbacks import staff

BREAKS = ["a\nb", "a\rb", "a\u2028b", "a\x0bb"]
# Words to look for, and what is checked against a list, a key or a code: nothing keeps them.
NOT_KEPT = {"who", "code", "username", "password", "address", "back"}


def fields() -> dict[str, forms.CharField]:
    """Return the plain text fields of all forms of staff pages, except boxes of several lines.

    Forms of models are left out: the admin itself adds the check to their fields.
    """
    for module in pkgutil.walk_packages(staff.__path__, "callbacks.staff."):
        import_module(module.name)
    found: dict[str, forms.CharField] = {}
    waiting: list[type] = [forms.BaseForm]
    while waiting:
        form = waiting.pop()
        waiting += form.__subclasses__()
        is_ours = form.__module__.startswith("callbacks.staff")
        if not is_ours or issubclass(form, forms.BaseModelForm):
            continue
        for name, field in getattr(form, "base_fields", {}).items():
            is_one_line = not isinstance(field.widget, forms.Textarea | forms.PasswordInput)
            if type(field) is forms.CharField and is_one_line and name not in NOT_KEPT:
                found[f"{form.__name__}.{name}"] = field
    return found


def test_there_are_such_fields() -> None:
    assert {"DuplicateForm.name", "AskFirstForm.note", "StopForm.note"} <= set(fields())


@pytest.mark.parametrize("text", BREAKS, ids=ascii)
def test_no_field_of_one_line_takes_a_line_break(text: str) -> None:
    taken = []
    for name, field in fields().items():
        try:
            field.clean(text)
        except ValidationError:
            continue
        taken.append(name)
    assert taken == []
