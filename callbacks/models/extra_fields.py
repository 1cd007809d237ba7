"""The additional fields of a widget: what the company asks visitors besides number and email.

They are a column of the widget, so that a form, a call or a list needs no query for them.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from callbacks.core import storable
from callbacks.core.one_line import single_line

# The most fields that a form asks, and the most that are kept with those that it no longer asks.
MOST = 5
MOST_KEPT = 50
FEWEST_CHOICES, MOST_CHOICES, MOST_CHOICES_KEPT = 2, 20, 100
LONGEST_LABEL = 100
LONGEST_NAME = 40

# What other systems call a field, and a choice.
_KEY = re.compile(r"[a-z][a-z0-9_]{0,39}\Z")
_VALUE = re.compile(r"[a-z0-9][a-z0-9_-]{0,39}\Z")


class FieldKind(models.TextChoices):
    """How visitors answer."""

    TEXT = "text", _("Text on one line")
    CHOICE = "choice", _("Choice from a list")
    CHECKBOX = "checkbox", _("Box to tick")


@dataclass(frozen=True)
class Choice:
    """One entry of a list. `value` is what other systems read; `labels` are by language."""

    value: str
    labels: Mapping[str, str]
    # It was removed, and is kept for the answers that were given.
    is_retired: bool = False

    @property
    def label(self) -> str:
        """Return the label in the active language, or in another one if there is none."""
        return in_language(self.labels)


@dataclass(frozen=True)
class ExtraField:
    """One additional field. `key` is what other systems call it; `labels` are by language."""

    key: str
    kind: FieldKind
    labels: Mapping[str, str]
    choices: tuple[Choice, ...] = ()
    is_required: bool = False
    # Its answers are encrypted and masked, as the email is.
    is_personal: bool = False
    # The form no longer asks it. It is kept for the answers that were given.
    is_retired: bool = False

    @property
    def label(self) -> str:
        """Return the label in the active language, or in another one if there is none."""
        return in_language(self.labels)

    @property
    def offered(self) -> list[Choice]:
        """Return the choices that visitors can choose."""
        return [choice for choice in self.choices if not choice.is_retired]

    def stored(self) -> dict[str, Any]:
        """Return the field as it is stored, and as the file of the widgets holds it."""
        return {
            "key": self.key,
            "kind": str(self.kind),
            "labels": dict(self.labels),
            "choices": [
                {"value": choice.value, "labels": dict(choice.labels)}
                | ({"is_retired": True} if choice.is_retired else {})
                for choice in self.choices
            ],
            "is_required": self.is_required,
            "is_personal": self.is_personal,
            "is_retired": self.is_retired,
        }


def in_language(labels: Mapping[str, str]) -> str:
    """Return the label in the active language, else in the site's, else any."""
    for code in (get_language() or "", settings.LANGUAGE_CODE):
        if label := labels.get(code) or labels.get(code.partition("-")[0]):
            return label
    return next(iter(labels.values()), "")


def read(stored: object) -> list[ExtraField]:
    """Return the fields in a list as `ExtraField.stored` writes them.

    Raises:
        ValidationError: with a sentence that says what is wrong.
    """
    if not isinstance(stored, list):
        raise ValidationError(_("Additional fields are a list."))
    fields = [_field(entry) for entry in stored]
    keys = [one.key for one in fields]
    if repeated := next((key for key in keys if keys.count(key) > 1), ""):
        raise ValidationError(
            _("Two additional fields are named “%(key)s”."), params={"key": repeated}
        )
    if sum(not one.is_retired for one in fields) > MOST:
        raise ValidationError(
            _("A widget can have %(most)d additional fields at most."), params={"most": MOST}
        )
    if len(fields) > MOST_KEPT:
        raise ValidationError(_("Too many additional fields were removed from this widget."))
    return fields


def _field(entry: object) -> ExtraField:
    """Return one field; raise `ValidationError` if the entry is no field."""
    given = _settings(
        entry,
        {"key", "kind", "labels", "choices", "is_required", "is_personal", "is_retired"},
    )
    key = given.get("key")
    check_key(key)
    kind = given.get("kind", FieldKind.TEXT)
    if kind not in FieldKind.values:
        raise ValidationError(
            _("Unknown kind of field: %(kind)s. Use text, choice or checkbox."),
            params={"kind": str(kind)[:LONGEST_NAME]},
        )
    choices = given.get("choices", [])
    if not isinstance(choices, list):
        raise ValidationError(_("The choices of a field are a list."))
    found = ExtraField(
        key=str(key),
        kind=FieldKind(kind),
        labels=_labels(given.get("labels")),
        choices=tuple(map(_choice, choices)),
        **{name: _yes_or_no(given, name) for name in ("is_required", "is_personal", "is_retired")},
    )
    _check_choices(found)
    return found


def _choice(entry: object) -> Choice:
    given = _settings(entry, {"value", "labels", "is_retired"})
    value = given.get("value")
    if not isinstance(value, str) or not _VALUE.match(value):
        raise ValidationError(
            _("The value of a choice has small letters, digits, - and _, such as new-customer.")
        )
    return Choice(value, _labels(given.get("labels")), _yes_or_no(given, "is_retired"))


def _check_choices(one: ExtraField) -> None:
    """Raise `ValidationError` if these are not the choices of such a field."""
    if one.kind != FieldKind.CHOICE:
        if one.choices:
            raise ValidationError(_("Only a list to choose from has choices."))
        return
    if not FEWEST_CHOICES <= len(one.offered) <= MOST_CHOICES:
        raise ValidationError(
            _("Enter %(fewest)d to %(most)d choices."),
            params={"fewest": FEWEST_CHOICES, "most": MOST_CHOICES},
        )
    values = {choice.value for choice in one.choices}
    if len(values) != len(one.choices):
        raise ValidationError(_("A choice is listed twice."))
    if len(values) > MOST_CHOICES_KEPT:
        raise ValidationError(
            _("A field has at most %(most)d choices, counting those that were removed."),
            params={"most": MOST_CHOICES_KEPT},
        )


def _labels(given: object) -> dict[str, str]:
    """Return the labels by language, without the empty ones."""
    known = dict(settings.LANGUAGES)
    if not isinstance(given, Mapping) or not given.keys() <= known.keys():
        raise ValidationError(_("Labels are texts by language, such as fr or en."))
    labels = {}
    for code in known:
        label = given.get(code, "")
        if not isinstance(label, str):
            raise ValidationError(_("Labels are texts by language, such as fr or en."))
        single_line(label)
        storable.check(label)
        if len(label) > LONGEST_LABEL:
            raise ValidationError(
                _("A label has %(most)d characters at most."), params={"most": LONGEST_LABEL}
            )
        if label.strip():
            labels[code] = label.strip()
    if not labels:
        raise ValidationError(_("Enter a label in one language at least."))
    return labels


def _settings(entry: object, known: set[str]) -> Mapping[str, Any]:
    """Return the entry, if it is an object with no other names than these."""
    if not isinstance(entry, Mapping):
        raise ValidationError(_("Each additional field and each choice is an object."))
    if unknown := sorted(map(str, entry.keys() - known)):
        raise ValidationError(
            _("Unknown setting of an additional field: %(names)s."),
            params={"names": ", ".join(unknown)},
        )
    return entry


def _yes_or_no(given: Mapping[str, Any], name: str) -> bool:
    value = given.get(name, False)
    if not isinstance(value, bool):
        raise ValidationError(_("%(name)s must be true or false."), params={"name": name})
    return value


def check_key(key: object) -> None:
    """Raise `ValidationError` if this cannot be a field's name for other systems."""
    if not isinstance(key, str) or not _KEY.match(key):
        raise ValidationError(
            _("The name for other systems has small letters, digits and _, such as order_number.")
        )


def check(stored: object) -> None:
    """Validate the column: see `read`."""
    read(stored)
