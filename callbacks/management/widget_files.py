"""Widgets as a file: read it into a database, or write it from one.

The file is JSON. Each widget has its settings by the names of their columns, with the opening hours
in their text form, and its texts by language. Its secret, and what the site computes, are left out.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from copy import copy
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.management.base import CommandError
from django.db import transaction
from django.db.models import Model

from callbacks.accounts import audit_log
from callbacks.core import origins
from callbacks.management import widget_values
from callbacks.management.widget_options import shown
from callbacks.models import Widget, WidgetText
from callbacks.operations import operator
from callbacks.widget_changes import hours_changes, widget_store
from callbacks.widgets import extra_fields, topics

# What belongs to one database, or is computed. A pause is no setting: it is for a while, and a file
# that is applied again must neither end it nor begin it anew.
NOT_IN_FILE = {"id", "identity_secret", "created_at", "has_hours"} | {
    *("open_periods_until", "hours_changed_at", "has_old_times", "is_paused", "paused_until")
}
FIELDS = [field.name for field in Widget._meta.concrete_fields if field.name not in NOT_IN_FILE]
TEXT_FIELDS = [
    field.name
    for field in WidgetText._meta.concrete_fields
    if field.name not in {"id", "widget", "language"}
]
LANGUAGES = [code for code, _name in settings.LANGUAGES]


@dataclass(frozen=True)
class Change:
    """One line about a widget: what is new, or an old and a new value."""

    widget: str
    text: str

    def __str__(self) -> str:
        return f"{self.widget}: {self.text}"


def export() -> dict[str, Any]:
    """Return all widgets as the file contains them, the oldest first."""
    widgets = Widget.objects.prefetch_related("texts", "topics__target").order_by("pk")
    return {
        "widgets": [
            {name: getattr(widget, name) for name in FIELDS}
            | {
                "texts": {
                    text.language: {name: getattr(text, name) for name in TEXT_FIELDS}
                    for text in sorted(widget.texts.all(), key=lambda text: text.language)
                },
                "topics": topics.stored(widget),
            }
            for widget in widgets
        ]
    }


def apply(content: object) -> list[Change]:
    """Create and change widgets so that they are as in the file; return what changed.

    A widget is known by its `public_id`. One without, or with one that the database does not know,
    is created. Widgets that are not in the file, and settings that it does not name, stay as they
    are. Call it inside a transaction: roll back to change nothing.

    Raises:
        CommandError: with a sentence about what is wrong in the file.
    """
    entries = content.get("widgets") if isinstance(content, Mapping) else None
    if not isinstance(entries, list):
        raise CommandError('The file must be a JSON object with a list "widgets".')
    changes: list[Change] = []
    widgets: dict[int, Widget] = {}
    for index, entry in enumerate(entries):
        with _place(f"widgets[{index}]"):
            changes += _apply_one(entry, index, widgets)
    for index, entry in enumerate(entries):  # a topic's widget may stand further down
        with _place(f"widgets[{index}].topics"):
            changes += _apply_topics(entry, widgets[index])
    return changes


@contextmanager
def _place(place: str) -> Iterator[None]:
    """Raise each `ValidationError` of the block as a `CommandError` that begins with the place."""
    try:
        yield
    except ValidationError as error:
        if hasattr(error, "error_dict"):
            lines = [f"{place}.{n}: {' '.join(said)}" for n, said in error.message_dict.items()]
        else:
            lines = [f"{place}: {' '.join(error.messages)}"]
        raise CommandError("\n".join(lines)) from None


def _apply_topics(entry: Mapping[str, Any], widget: Widget) -> Iterator[Change]:
    """Give the widget the topics of its entry, if it names any, and yield what changed."""
    if "topics" in entry and (change := topics.change(widget, entry["topics"])):
        audit_log.record(
            None, "widget.change", widget, changed=["topics"], operator=operator.name()
        )
        yield Change(f"{widget.name} ({widget.public_id})", f"topics: {change}")


def _apply_one(entry: object, index: int, widgets: dict[int, Widget]) -> Iterator[Change]:
    """Create or change the widget of one entry, put it into `widgets`, and yield what changed."""
    entry = _object(entry)
    given = {name: value for name, value in entry.items() if name not in ("texts", "topics")}
    _refuse_unknown(given, FIELDS, "setting")
    _check_values(Widget, {n: value for n, value in given.items() if n != "extra_fields"})
    public_id = given.pop("public_id", None)
    known = Widget.objects.select_for_update(no_key=True).filter(public_id=public_id).first()
    widget = known or (Widget() if public_id is None else Widget(public_id=public_id))
    before = copy(widget)
    for name, value in given.items():
        with _about(name):
            setattr(widget, name, _stored(widget, name, value))
    widget.full_clean()
    lines = [
        f"{name}: {shown(getattr(before, name))} → {shown(getattr(widget, name))}"
        for name in FIELDS
        if getattr(before, name) != getattr(widget, name)
    ]
    changed = [line.partition(":")[0] for line in lines]
    with transaction.atomic():
        if known is None or lines:
            widget_store.save(widget)
        texts = list(_apply_texts(widget, entry.get("texts", {}), f"widgets[{index}].texts"))
        if known is None:
            audit_log.record(None, "widget.add", widget, operator=operator.name())
        elif lines or texts:
            widget_store.record_change(
                widget,
                [*changed, *(["texts"] if texts else [])],
                hours_changes.values(before),
                operator=operator.name(),
            )
    widgets[index] = widget
    title = f"{widget.name} ({widget.public_id})"
    yield from (Change(title, line) for line in (lines if known else ["created"]))
    yield from (Change(title, line) for line in texts)


def _stored(widget: Widget, name: str, value: Any) -> Any:
    """Return the value of a setting in the form in which the column has it."""
    if name == "extra_fields":
        return extra_fields.stored(widget, value)
    if name == "allowed_origins":
        return list(dict.fromkeys(map(origins.of_page, value)))
    return value


def _apply_texts(widget: Widget, given: object, place: str) -> Iterator[str]:
    """Write the texts of a widget, and yield what changed. `place` is where they stand."""
    with _place(place):
        by_language = _object(given)
        _refuse_unknown(by_language, LANGUAGES, "language")
    for language, entry in by_language.items():
        with _place(f"{place}.{language}"):
            yield from _apply_text(widget, language, _object(entry))


def _apply_text(widget: Widget, language: str, texts: Mapping[str, Any]) -> Iterator[str]:
    """Write the texts of a widget in one language, and yield what changed."""
    _refuse_unknown(texts, TEXT_FIELDS, "text")
    _check_values(WidgetText, texts)
    known = widget.texts.filter(language=language).first()
    row = known or WidgetText(widget=widget, language=language)
    changed = [name for name, text in texts.items() if getattr(row, name) != text]
    for name in changed:
        setattr(row, name, texts[name])
    if changed:
        row.full_clean()
        row.save()
        yield f"texts in {language}: {', '.join(changed)}"


def _check_values(model: type[Model], given: Mapping[str, Any]) -> None:
    """Raise `ValidationError` if a value does not have the type of the column of this name."""
    columns = {column.name: column for column in model._meta.concrete_fields}
    for name, value in given.items():
        with _about(name):
            widget_values.check(columns[name], value)


@contextmanager
def _about(name: str) -> Iterator[None]:
    """Raise each `ValidationError` of the block as one about the setting of this name."""
    try:
        yield
    except ValidationError as error:
        raise ValidationError({name: error}) from None


def _object(value: object) -> Mapping[str, Any]:
    """Return the value; raise `ValidationError` if it is no JSON object."""
    if not isinstance(value, Mapping):
        raise ValidationError("an object is wanted, as manage.py export_widgets writes it.")
    return value


def _refuse_unknown(given: Mapping[str, Any], known: list[str], what: str) -> None:
    """Raise `ValidationError` if a name is not known: it may be a misspelt one."""
    if unknown := sorted(given.keys() - set(known)):
        raise ValidationError(f"unknown {what} {', '.join(unknown)}.")
