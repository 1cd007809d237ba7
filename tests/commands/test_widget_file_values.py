"""A file of widgets with a value of another type, or that cannot be stored, changes nothing."""

import json
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db.models import BooleanField, CharField, Field, IntegerField, JSONField, TextField

from callbacks.management import widget_files
from callbacks.models import Widget, WidgetText
from tests.support.factories import make_widget

pytestmark = pytest.mark.django_db

COLUMNS = [Widget._meta.get_field(name) for name in widget_files.FIELDS]
TEXTS = [WidgetText._meta.get_field(name) for name in widget_files.TEXT_FIELDS]
# A value of each type that JSON has.
VALUES: list[object] = [None, True, 1, 1.5, "x", [], [1], {}, {"a": 1}]


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "widgets.json"


def refused(file: Path, entry: object, words: str) -> None:
    """Apply a file with this entry, which is refused with these words; nothing is changed."""
    before = (list(Widget.objects.values()), list(WidgetText.objects.values()))
    file.write_text(json.dumps({"widgets": [entry]}))
    with pytest.raises(CommandError) as error:
        call_command("apply_widgets", str(file))
    assert words in str(error.value)
    assert (list(Widget.objects.values()), list(WidgetText.objects.values())) == before


def fits(column: "Field[Any, Any]", value: object) -> bool:
    if value is None:
        return column.null
    if isinstance(column, BooleanField):
        return isinstance(value, bool)
    if isinstance(column, IntegerField):
        return type(value) is int
    if isinstance(column, CharField | TextField):
        return isinstance(value, str)
    assert isinstance(column, JSONField), f"a new type of column: {column}"
    return value == []


@pytest.mark.parametrize("column", COLUMNS, ids=lambda column: column.name)
def test_a_setting_with_a_value_of_another_type_is_refused(
    file: Path, column: "Field[Any, Any]"
) -> None:
    widget = make_widget(public_id="known")
    place = f"widgets[0].{column.name}: "
    for value in VALUES:
        if not fits(column, value):
            refused(file, {"public_id": widget.public_id, column.name: value}, place)
            refused(file, {"name": "A", "originate": "B", column.name: value}, place)


@pytest.mark.parametrize("column", TEXTS, ids=lambda column: column.name)
def test_a_text_with_a_value_of_another_type_is_refused(
    file: Path, column: "Field[Any, Any]"
) -> None:
    for value in VALUES:
        if not isinstance(value, str):
            entry = {"name": "A", "originate": "B", "texts": {"fr": {column.name: value}}}
            refused(file, entry, f"widgets[0].texts.fr.{column.name}: a text is wanted.")


@pytest.mark.parametrize("value", VALUES, ids=str)
def test_whatever_stands_in_place_of_an_object_is_refused(file: Path, value: object) -> None:
    good = {"name": "A", "originate": "B"}
    if not isinstance(value, dict):
        refused(file, value, "widgets[0]: an object is wanted")
        refused(file, good | {"texts": value}, "widgets[0].texts: an object is wanted")
        refused(file, good | {"texts": {"fr": value}}, "widgets[0].texts.fr: an object is wanted")
    if value != []:
        refused(file, good | {"topics": value}, "widgets[0].topics: ")
        refused(file, good | {"topics": [value]}, "widgets[0].topics: ")


@pytest.mark.parametrize(
    ("entry", "words"),
    [
        ({"daily_cap": 1.5}, "widgets[0].daily_cap: a whole number is wanted."),
        ({"slot_capacity": True}, "widgets[0].slot_capacity: a whole number or null is wanted."),
        ({"is_active": None}, "widgets[0].is_active: true or false is wanted."),
        ({"originate": []}, "widgets[0].originate: a text is wanted."),
        ({"holidays_off": [1]}, "widgets[0].holidays_off: a list of texts is wanted."),
        ({"allowed_origins": ["x y"]}, "widgets[0].allowed_origins: x y"),
        ({"name": "A\nB"}, "widgets[0].name: Enter this on one line"),
        ({"texts": {"fr": {"heading": "A\nB"}}}, "widgets[0].texts.fr.heading: Enter this on"),
    ],
)
def test_the_sentence_says_where_and_what_is_wanted(
    file: Path, entry: dict[str, Any], words: str
) -> None:
    refused(file, {"name": "A", "originate": "B"} | entry, words)


@pytest.mark.parametrize("public_id", ["shop paris", "../x", "é", "", "a/b", "a\n", "x" * 33])
def test_a_public_id_that_no_address_can_have_is_refused(file: Path, public_id: str) -> None:
    entry = {"name": "A", "originate": "B", "public_id": public_id}
    refused(file, entry, "widgets[0].public_id: ")


@pytest.mark.parametrize("text", ["a\0b", "\ud800"], ids=["null", "half a pair"])
def test_a_text_that_cannot_be_stored_is_refused_wherever_it_stands(file: Path, text: str) -> None:
    good = {"name": "A", "originate": "B"}
    topic = {"key": "a", "widget": "x", "labels": {"fr": "x"}}
    extra = {"key": "a", "kind": "text", "labels": {"fr": text}}
    for entry, place in (
        ({"holidays_off": [text]}, ".holidays_off[0]: "),
        ({"public_id": text}, ".public_id: "),
        ({"texts": {"fr": {"heading": text}}}, ".texts.fr.heading: "),
        ({"topics": [topic | {"widget": text}]}, ".topics[0].widget: "),
        ({"topics": [topic | {"labels": {"fr": text}}]}, ".topics[0].labels.fr: "),
        ({"extra_fields": [extra]}, ".extra_fields[0].labels.fr: "),
        ({text: 1}, ": "),
        ({"texts": {text: {}}}, ".texts: "),
    ):
        refused(file, good | entry, f"widgets[0]{place}This contains a character that cannot be")


@pytest.mark.parametrize(
    "text",
    ['{"widgets": [NaN]}', "[" * 200_000, "9" * 5_000],
    ids=["no number", "nested", "long number"],
)
def test_a_file_that_is_not_json_is_refused(file: Path, text: str) -> None:
    file.write_text(text)
    with pytest.raises(CommandError, match=r"This is not JSON\."):
        call_command("apply_widgets", str(file))


def test_a_file_that_names_a_setting_twice_is_refused(file: Path) -> None:
    file.write_text('{"widgets": [{"name": "A", "originate": "B", "name": "C"}]}')
    with pytest.raises(CommandError, match="A name occurs twice in an object"):
        call_command("apply_widgets", str(file))
    assert not Widget.objects.exists()


def test_a_file_that_is_not_utf_8_is_refused(file: Path) -> None:
    file.write_bytes(b'{"widgets": "\xff"}')
    with pytest.raises(CommandError, match="is not JSON in UTF-8"):
        call_command("apply_widgets", str(file))


@pytest.mark.parametrize("text", ["a\\u0000b", "\\ud800"])
def test_an_option_with_json_is_read_as_strictly(text: str) -> None:
    widget = make_widget()
    topics = f'[{{"key": "a", "widget": "{text}", "labels": {{"en": "x"}}}}]'
    fields = f'[{{"key": "a", "kind": "text", "labels": {{"en": "{text}"}}}}]'
    for option, value, place in (
        ("--topics", topics, "[0].widget"),
        ("--fields", fields, "[0].labels.en"),
    ):
        with pytest.raises(CommandError, match="contains a character that cannot be") as error:
            call_command("change_widget", widget.public_id, option, value)
        assert str(error.value).startswith(f"{option}: {place}: ")
