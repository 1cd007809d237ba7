"""Widgets go from one site to another as a file."""

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from callbacks.core import clock
from callbacks.management import widget_files
from callbacks.models import AuditEntry, OpenPeriod, Topic, Widget, WidgetText
from callbacks.models.extra_fields import read
from tests.support.extra_fields import NAME, ORDER, SUBJECT
from tests.support.factories import make_widget
from tests.support.topics import offering

pytestmark = pytest.mark.django_db

HOURS = "Mo-Fr 09:00-18:00; Sa 10:00-12:00"


def exported(capsys: pytest.CaptureFixture[str]) -> Any:
    capsys.readouterr()
    call_command("export_widgets")
    return json.loads(capsys.readouterr().out)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "widgets.json"


def apply(file: Path, content: object, **options: bool) -> None:
    file.write_text(json.dumps(content))
    call_command("apply_widgets", str(file), **options)


def test_what_is_exported_can_be_applied_elsewhere(
    file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    widget = make_widget(
        name="Boutique", opening_hours=HOURS, has_hours=True, allowed_origins=["https://a.example"]
    )
    widget.extra_fields = [one.stored() for one in read([ORDER, SUBJECT | {"is_retired": True}])]
    widget.save()
    widget.texts.create(language="fr", heading="Allô")
    secret = widget.identity_secret
    content = exported(capsys)
    assert secret not in json.dumps(content)
    OpenPeriod.objects.all().delete()
    WidgetText.objects.all().delete()
    Widget.objects.all().delete()
    apply(file, content)
    assert f"Boutique ({widget.public_id}): created" in capsys.readouterr().out
    assert exported(capsys) == content
    again = Widget.objects.get()
    assert (again.public_id, again.opening_hours) == (widget.public_id, HOURS)
    assert again.has_hours
    assert again.open_periods.exists()
    assert again.identity_secret != secret


def test_a_pause_stays_where_it_was_made(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    until = clock.now() + timedelta(hours=1)
    widget = make_widget(is_paused=True, paused_until=until)
    content = exported(capsys)
    apply(file, content)
    assert "Nothing changed." in capsys.readouterr().out
    widget.refresh_from_db()
    assert (widget.is_paused, widget.paused_until) == (True, until)
    Widget.objects.all().delete()
    apply(file, content)
    assert not Widget.objects.get().is_paused


def test_a_second_time_nothing_changes(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    make_widget(opening_hours=HOURS, has_hours=True).texts.create(language="en", button="Ring me")
    apply(file, exported(capsys))
    apply(file, content := exported(capsys))
    capsys.readouterr()
    apply(file, content)
    assert capsys.readouterr().out == "Nothing changed.\n"


def test_a_change_is_told_and_recorded_and_the_rest_stays(
    file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    one, other = make_widget(daily_cap=5), make_widget()
    text = {"fr": {"heading": "Allô"}}
    entry = {"public_id": one.public_id, "opening_hours": HOURS, "texts": text}
    apply(file, {"widgets": [entry]})
    assert capsys.readouterr().out.splitlines() == [
        f"{one.name} ({one.public_id}): opening_hours: nothing → {HOURS}",
        f"{one.name} ({one.public_id}): texts in fr: heading",
    ]
    one.refresh_from_db()
    assert (one.daily_cap, one.has_hours) == (5, True)
    assert Widget.objects.get(pk=other.pk).opening_hours == ""
    recorded = AuditEntry.objects.get(action="widget.change")
    assert recorded.facts["changed"] == ["opening_hours", "texts"]


def test_a_dry_run_says_the_same_and_changes_nothing(
    file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    widget = make_widget()
    content = {"widgets": [{"public_id": widget.public_id, "daily_cap": 7}, {"name": "New",
        "originate": "code"}]}  # fmt: skip
    apply(file, content, dry_run=True)
    dry = capsys.readouterr().out
    assert "nothing was changed" in dry
    assert "→ 7" in dry
    assert Widget.objects.get() == widget
    assert Widget.objects.get().daily_cap != 7
    assert not AuditEntry.objects.exists()


@pytest.mark.parametrize(
    ("entry", "words"),
    [
        ({"name": "A", "originate": "x", "opening_hour": HOURS}, "unknown setting opening_hour"),
        ({"name": "A", "originate": "x", "opening_hours": "Monday"}, "opening_hours: "),
        ({"name": "A", "originate": "x", "daily_cap": "many"}, "daily_cap: "),
        ({"name": "A"}, "originate: "),
        ({"name": "A\nB", "originate": "x"}, ""),
        ({"name": "A", "originate": "x", "allowed_regions": "FR"}, "list of texts"),
        ({"name": "A", "originate": "x", "allowed_origins": ["nonsense"]}, ""),
        (
            {"name": "A", "originate": "x", "texts": {"fr": {"title": "x"}}},
            "texts.fr: unknown text title",
        ),
        ({"name": "A", "originate": "x", "texts": {"de": {"heading": "x"}}}, "unknown language de"),
        ({"name": "A", "originate": "x", "identity_secret": "x"}, "unknown setting identity"),
        ({"name": "A", "originate": "x", "texts": ["fr"]}, "as manage.py export_widgets"),
        ("A", "as manage.py export_widgets"),
    ],
)
def test_what_is_wrong_is_told_and_nothing_is_changed(file: Path, entry: Any, words: str) -> None:
    good = {"name": "Good", "originate": "x"}
    with pytest.raises(CommandError) as error:
        apply(file, {"widgets": [good, entry]})
    assert "widgets[1]" in str(error.value)
    assert words in str(error.value)
    assert not Widget.objects.exists()


@pytest.mark.parametrize("text", ["[]", "{}", "no", '{"widgets": {}}'])
def test_a_file_of_another_kind(file: Path, text: str) -> None:
    file.write_text(text)
    with pytest.raises(CommandError, match="JSON"):
        call_command("apply_widgets", str(file))
    with pytest.raises(CommandError, match="cannot be read"):
        call_command("apply_widgets", str(file.parent / "nowhere"))


def test_every_setting_of_a_widget_is_in_the_file_or_named_as_left_out() -> None:
    every = {field.name for field in Widget._meta.concrete_fields}
    assert {*widget_files.FIELDS, *widget_files.NOT_IN_FILE} == every


def test_a_field_that_the_file_leaves_out_keeps_its_labels(
    file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    widget = make_widget(extra_fields=[ORDER])
    apply(file, {"widgets": [{"public_id": widget.public_id, "extra_fields": [NAME]}]})
    assert "extra_fields: order → name" in capsys.readouterr().out
    widget.refresh_from_db()
    assert [(one.key, one.is_retired) for one in widget.all_fields] == [
        ("name", False),
        ("order", True),
    ]
    wrong = {"public_id": widget.public_id, "extra_fields": [NAME | {"is_personal": False}]}
    with pytest.raises(CommandError, match="cannot be changed"):
        apply(file, {"widgets": [wrong]})


def test_topics_are_exported_and_applied_whatever_the_order_of_the_widgets(
    file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    first = make_widget()
    offers = offering(first, make_widget())
    content = exported(capsys)
    assert content["widgets"][0]["topics"] == []
    assert offers.topics.count() == 2
    content["widgets"].reverse()
    Topic.objects.all().delete()
    Widget.objects.all().delete()
    apply(file, content)
    capsys.readouterr()
    assert [one.key for one in Topic.objects.all()] == ["sales", "support"]
    apply(file, content)
    assert capsys.readouterr().out == "Nothing changed.\n"
    content["widgets"][1]["topics"] = [{}]
    with pytest.raises(CommandError, match=r"^widgets\[1\]\.topics: A topic has"):
        apply(file, content)


def test_a_file_that_names_no_topics_leaves_them(
    file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    offers = offering()
    apply(file, {"widgets": [{"public_id": offers.public_id, "name": "Renamed"}]})
    assert offers.topics.count() == 2
    apply(file, {"widgets": [{"public_id": offers.public_id, "topics": []}]})
    assert "→ nothing" in capsys.readouterr().out
    assert not offers.topics.exists()
