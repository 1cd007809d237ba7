"""change_widget: what its options say is changed and printed, and nothing else."""

import json
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from callbacks.core import clock
from callbacks.models import AuditEntry, Widget
from tests.support.extra_fields import NAME, ORDER, SUBJECT
from tests.support.factories import make_widget
from tests.support.hours.december import NOW, TOWN_HALL, at, widget_with
from tests.support.topics import offering, target_of

pytestmark = pytest.mark.django_db

HOURS = "Mo-Fr 09:00-12:00,14:00-18:00; Dec 24 09:00-12:00; PH off"


def with_choices(*values: str) -> str:
    """Return a list of choices as JSON; all but the first two were removed from it."""
    choices = [
        {"value": value, "labels": {"en": value}, "is_retired": place > 1}
        for place, value in enumerate(values)
    ]
    return json.dumps([{"key": "a", "labels": {"en": "A"}, "kind": "choice", "choices": choices}])


def change(widget: Widget, *arguments: str) -> list[str]:
    output = StringIO()
    call_command("change_widget", widget.public_id, *arguments, stdout=output)
    return output.getvalue().splitlines()


def columns(widget: Widget) -> dict[str, object]:
    return dict(Widget.objects.filter(pk=widget.pk).values().get())


def test_hours_are_set_with_their_open_periods():
    widget = make_widget()
    said = change(
        widget,
        *("--hours", HOURS, "--holidays", "FR", "--timezone", "Indian/Reunion"),
        *("--holidays-off", "assomption, toussaint"),
    )
    assert sorted(said) == [
        "--holidays-off: nothing → assomption,toussaint",
        "--holidays: nothing → FR",
        f"--hours: nothing → {HOURS}",
        "--timezone: Europe/Paris → Indian/Reunion",
    ]
    widget.refresh_from_db()
    assert widget.has_hours
    assert widget.open_periods.exists()


def test_empty_hours_switch_the_hours_off():
    widget = make_widget()
    change(widget, "--hours", HOURS, "--holidays", "FR")
    assert change(widget, "--hours", "") == [f"--hours: {HOURS} → nothing"]
    widget.refresh_from_db()
    assert not widget.has_hours
    assert not widget.open_periods.exists()


def test_every_option_changes_its_field_and_no_other():
    widget = make_widget()
    before = columns(widget)
    said = change(
        widget,
        *("--name", "Other", "--originate", "other", "--email-optional"),
        *("--regions", "fr,re", "--origins", "https://www.example.fr"),
        *("--language", "en", "--accent-colour", "#00ff00"),
        *("--patience-minutes", "5", "--daily-cap", "7"),
        *("--sales-hours", "--slot-minutes", "20", "--slot-capacity", "2"),
        *("--slot-lead-minutes", "60", "--days-ahead", "7"),
        *("--when-closed", "message", "--waits-for-opening"),
        *("--fields", json.dumps([ORDER]), "--bot-email", "lead-{id}"),
    )
    after = columns(widget)
    new = {name: value for name, value in after.items() if value != before[name]}
    for name in ("open_periods_until", "hours_changed_at", "has_old_times"):
        assert new.pop(name)
    assert new == {
        "name": "Other",
        "originate": "other",
        "email_required": False,
        "allowed_regions": ["FR", "RE"],
        "allowed_origins": ["https://www.example.fr"],
        "language": "en",
        "accent_colour": "#00ff00",
        "patience_minutes": 5,
        "daily_cap": 7,
        "sales_hours": True,
        "has_hours": True,
        "slot_minutes": 20,
        "slot_capacity": 2,
        "slot_lead_minutes": 60,
        "days_ahead": 7,
        "when_closed": "message",
        "waits_for_opening": True,
        "bot_email": "lead-{id}",
        "extra_fields": [
            {
                "kind": "text",
                "choices": [],
                "is_required": False,
                "is_personal": False,
                "is_retired": False,
                **ORDER,
            }
        ],
    }
    assert len(said) == len(new) - 1  # has_hours follows from the others
    assert f"NAME: {before['name']} → Other" in said
    assert "--email-required: yes → no" in said
    assert "--fields: nothing → order" in said


@pytest.mark.parametrize(
    ("arguments", "field", "value"),
    [
        (["--email-required"], "email_required", True),
        (["--no-sales-hours"], "sales_hours", False),
        (["--no-waits-for-opening"], "waits_for_opening", False),
        (["--slot-capacity", ""], "slot_capacity", None),
        (["--language", ""], "language", ""),
        (["--holidays-off", ""], "holidays_off", []),
        (["--origins", ""], "allowed_origins", []),
    ],
)
def test_what_was_switched_on_is_switched_off(arguments, field, value):
    widget = make_widget(
        email_required=False,
        language="fr",
        waits_for_opening=True,
        opening_hours="24/7; PH off",
        has_hours=True,
        sales_hours=True,
        holidays="FR",
        holidays_off=["noël"],
        allowed_origins=["https://www.example.fr"],
    )
    assert len(change(widget, *arguments)) == 1
    widget.refresh_from_db()
    assert getattr(widget, field) == value


def test_the_same_values_change_nothing():
    widget = make_widget()
    change(widget, "--hours", HOURS, "--holidays", "FR")
    assert change(widget, "--hours", HOURS.lower().replace("dec", "Dec")) == ["Nothing changed."]
    assert change(widget) == ["Nothing changed."]
    assert AuditEntry.objects.count() == 1


def test_a_change_is_in_the_audit_trail(monkeypatch):
    monkeypatch.setattr("callbacks.operations.operator.name", lambda: "root")
    widget = make_widget()
    change(widget, "--hours", "24/7", "--slot-minutes", "20")
    entry = AuditEntry.objects.get()
    assert (entry.action, entry.object_id, entry.person) == ("widget.change", widget.pk, None)
    assert entry.facts == {
        "changed": ["opening_hours", "slot_minutes"],
        "hours": ["-opening_hours=", "+opening_hours=24/7", "-slot_minutes=30", "+slot_minutes=20"],
        "operator": "root",
    }


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--hours", "Lu-Ve 9-12"], "--hours: At character 1, “Lu”: not understood."),
        (["--hours", "24/7; PH off"], "--holidays: The opening hours mention public holidays"),
        (["--hours", "24/7", "--holidays", "FR"], "--hours: Say what happens on public holidays"),
        (["--hours", "Mo 09:00-12:00,11:00-14:00"], "overlaps"),
        (
            ["--hours", '24/7; Dec 24 off "\udcff"'],
            "--hours: This contains a character that cannot be",
        ),
        (["--timezone", "Paris"], "--timezone: There is no time zone Paris."),
        (["--holidays", "ZZ"], "--holidays: No public holidays are known for ZZ."),
        (["--slot-capacity", "many"], "--slot-capacity: “many” value must be an integer."),
        (["--slot-capacity", "0"], "--slot-capacity"),
        (["--slot-minutes", "1"], "--slot-minutes"),
        (["--days-ahead", "0"], "--days-ahead"),
        (["--slot-lead-minutes", "-1"], "--slot-lead-minutes"),
        (["--when-closed", "sleep"], "--when-closed"),
        (["--regions", "XX"], "--regions: Unknown country: XX"),
        (["--origins", "http://a.example.fr"], "--origins"),
        (["--name", ""], "NAME"),
        (["--bot-email", "\udcff"], "--bot-email: This contains a character that cannot be"),
        (["--name", "two\nlines"], "NAME: Enter this on one line"),
        (["--email-optional", "--email-required"], "not allowed with"),
    ],
)
def test_a_wrong_value_is_one_sentence_and_changes_nothing(arguments, sentence):
    widget = make_widget()
    before = columns(widget)
    with pytest.raises(CommandError) as refused:
        change(widget, "--daily-cap", "9", *arguments)
    assert sentence in str(refused.value)
    assert "\n" not in str(refused.value)
    assert columns(widget) == before
    assert not AuditEntry.objects.exists()


def test_an_unknown_widget_is_one_sentence():
    with pytest.raises(CommandError, match="no widget with the public ID 'nothing'"):
        call_command("change_widget", "nothing", "--daily-cap", "9")


def test_a_secret_that_no_key_decrypts_stays_as_it_is():
    widget = make_widget()
    with connection.cursor() as cursor:
        cursor.execute("UPDATE callbacks_widget SET identity_secret = 'enc1:nobody-has-the-key'")
    assert change(widget, "--daily-cap", "9") == ["--daily-cap: 500 → 9"]
    with connection.cursor() as cursor:
        cursor.execute("SELECT identity_secret FROM callbacks_widget")
        assert cursor.fetchone() == ("enc1:nobody-has-the-key",)


@pytest.mark.parametrize(
    ("end", "until"),
    [
        ("hour", "2026-12-01 10:30 CET"),
        ("day", "2026-12-02 00:00 CET"),
        ("opening", "2026-12-01 14:00 CET"),
        ("by-hand", "you run --resume"),
    ],
)
def test_a_widget_is_paused_until_its_end_and_resumed(end, until, monkeypatch):
    monkeypatch.setattr("callbacks.operations.operator.name", lambda: "root")
    widget = widget_with(**TOWN_HALL)
    with clock.set_to(NOW):
        assert change(widget, "--pause", end) == [f"The widget is paused until {until}."]
        widget.refresh_from_db()
        ends = f"{widget.paused_until:%Y-%m-%d %H:%M}" if widget.paused_until else None
        assert widget.is_paused
        entry = AuditEntry.objects.get()
        assert (entry.action, entry.facts["operator"]) == ("widget.pause", "root")
        assert ("until" in entry.facts) is (end != "by-hand") is bool(ends)
        with pytest.raises(CommandError, match=r"paused already\. First end the pause: --resume"):
            change(widget, "--daily-cap", "9", "--pause", "day")
        assert change(widget, "--resume") == ["The widget accepts requests again."]
        assert change(widget, "--resume") == ["The widget was not paused."]
    widget.refresh_from_db()
    assert (widget.is_paused, widget.paused_until, widget.daily_cap) == (False, None, 500)
    assert [entry.action for entry in AuditEntry.objects.order_by("pk")] == [
        "widget.pause",
        "widget.resume",
    ]


def test_a_pause_that_has_ended_is_no_pause():
    widget = widget_with(**TOWN_HALL)
    with clock.set_to(NOW):
        change(widget, "--pause", "hour")
    with clock.set_to(at(1, 10, 30)):
        assert change(widget, "--resume") == ["The widget was not paused."]
        assert change(widget, "--pause", "hour") == [
            "The widget is paused until 2026-12-01 11:30 CET."
        ]


def test_until_the_next_opening_is_refused_if_none_is_ahead():
    """The hours that are changed with the same command count."""
    widget = widget_with(**TOWN_HALL)
    with clock.set_to(NOW), pytest.raises(CommandError, match="No opening is ahead"):
        change(widget, "--hours", "", "--pause", "opening")
    widget.refresh_from_db()
    assert (widget.has_hours, widget.is_paused) == (True, False)
    assert not AuditEntry.objects.exists()


def test_a_field_that_is_left_out_is_no_longer_asked_and_keeps_its_labels():
    widget = make_widget(extra_fields=[ORDER, SUBJECT])
    assert change(widget, "--fields", json.dumps([NAME])) == ["--fields: order,subject → name"]
    widget.refresh_from_db()
    assert [(one.key, one.is_retired) for one in widget.all_fields] == [
        ("name", False),
        ("order", True),
        ("subject", True),
    ]
    assert change(widget, "--fields", "[]") == ["--fields: name → nothing"]


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ("[", "This is not JSON."),
        ("{}", "Additional fields are a list."),
        ("[1]", "is an object"),
        ('[{"key": "a"}]', "Labels are texts by language"),
        ('[{"key": "A", "labels": {"en": "A"}}]', "small letters, digits and _"),
        ('[{"key": "a", "labels": {"xx": "A"}}]', "Labels are texts by language"),
        ('[{"key": "a", "labels": {"en": " "}}]', "in one language at least"),
        ('[{"key": "a", "labels": {"en": "A\\n"}}]', "on one line"),
        ('[{"key": "a", "labels": {"en": "A"}, "kind": "magic"}]', "Unknown kind of field: magic"),
        ('[{"key": "a", "labels": {"en": "A"}, "kind": []}]', "Unknown kind of field"),
        ('[{"key": "a", "labels": {"en": "A"}, "kind": "choice"}]', "Enter 2 to 20 choices."),
        (with_choices("same", "same"), "A choice is listed twice."),
        (with_choices(*map(str, range(101))), "A field has at most 100 choices, counting"),
        ('[{"key": "a", "labels": {"en": "A"}, "choices": [{}]}]', "The value of a choice"),
        ('[{"key": "a", "labels": {"en": "A"}, "is_required": 1}]', "must be true or false"),
        ('[{"key": "a", "labels": {"en": "A"}, "requird": true}]', "requird"),
        (json.dumps([ORDER, ORDER]), "Two additional fields are named “order”."),
        (json.dumps([ORDER | {"key": f"k{n}"} for n in range(6)]), "5 additional fields at most"),
        (json.dumps([NAME | {"is_personal": False}]), "cannot be changed"),
        (json.dumps([NAME | {"kind": "checkbox"}]), "cannot be changed"),
    ],
)
def test_wrong_fields_are_explained_and_change_nothing(given, sentence):
    widget = make_widget(extra_fields=[NAME])
    with pytest.raises(CommandError) as refused:
        change(widget, "--fields", given)
    assert str(refused.value).startswith("--fields: ")
    assert sentence in str(refused.value)
    widget.refresh_from_db()
    assert widget.extra_fields == [NAME]


def topics_of(*pairs):
    return json.dumps([{"key": k, "widget": w, "labels": {"en": k}} for k, w in pairs])


def test_topics_are_given_replaced_and_taken_away():
    widget, sales, support = make_widget(), make_widget(), make_widget()
    given = topics_of(("sales", sales.public_id), ("support", support.public_id))
    both = f"sales ({sales.public_id}), support ({support.public_id})"
    assert change(widget, "--topics", given) == [f"--topics: nothing → {both}"]
    assert change(widget, "--topics", given) == ["Nothing changed."]
    assert AuditEntry.objects.get().facts["changed"] == ["topics"]
    swapped = topics_of(("support", sales.public_id), ("sales", support.public_id))
    change(widget, "--topics", swapped)
    assert [(one.key, one.target) for one in widget.topics.all()] == [
        ("support", sales),
        ("sales", support),
    ]
    assert change(widget, "--topics", "[]")[0].endswith("→ nothing")
    assert not widget.topics.exists()


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ("[", "This is not JSON."),
        ("{}", "Topics are a list."),
        ("[1]", "A topic has a key, a widget and labels."),
        ('[{"key": "a"}]', "A topic has a key, a widget and labels."),
        (topics_of(("A", "x")), "small letters, digits, - and _"),
        (topics_of(("a", "nobody")), "“a”: no widget has this public ID."),
        ('[{"key": "a", "widget": 1, "labels": {"en": "a"}}]', "no widget has this public ID"),
        ('[{"key": [], "widget": 1, "labels": {"en": "a"}}]', "small letters"),
        ('[{"key": "a", "widget": "x", "labels": {}}]', "a label in one language at least"),
        ('[{"key": "a", "widget": "x", "labels": {"xx": "a"}}]', "in one language at least"),
        ('[{"key": "a", "widget": "x", "labels": {"en": 1}}]', "1 to 100 characters"),
        ('[{"key": "a", "widget": "x", "labels": {"en": "a\\n"}}]', "on one line"),
        (topics_of(("a", "SELF"), ("b", "SELF")), "Two topics have the same widget"),
        (topics_of(("a", "SELF"), ("a", "OTHER")), "Two topics are named “a”."),
        (topics_of(("a", "OFFERS")), "has topics itself"),
        (topics_of(*((f"t{n}", "SELF") for n in range(11))), "10 topics at most"),
    ],
)
def test_wrong_topics_are_explained_and_change_nothing(given, sentence):
    widget, other, offers = make_widget(), make_widget(), offering()
    for name, one in (("SELF", widget), ("OTHER", other), ("OFFERS", offers)):
        given = given.replace(f'"{name}"', f'"{one.public_id}"')
    with pytest.raises(CommandError) as refused:
        change(widget, "--name", "Renamed", "--topics", given)
    assert str(refused.value).startswith("--topics: ")
    assert sentence in str(refused.value)
    widget.refresh_from_db()
    assert widget.name != "Renamed"
    assert not widget.topics.exists()


def test_the_widget_of_a_topic_gets_no_topics():
    offers = offering()
    given = topics_of(("a", make_widget().public_id))
    with pytest.raises(CommandError, match="is a topic of another widget"):
        change(target_of(offers, "sales"), "--topics", given)
