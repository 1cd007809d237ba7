"""create_widget: a widget as its options say, what to paste, or one sentence."""

from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from callbacks.models import Widget
from callbacks.widgets import snippets

pytestmark = pytest.mark.django_db


def create(*arguments: str) -> str:
    output = StringIO()
    call_command("create_widget", *arguments, stdout=output)
    return output.getvalue()


def test_a_widget_needs_a_name_and_a_scenario_only():
    create("My shop", "--originate", "shop-bot")
    widget = Widget.objects.get()
    assert (widget.name, widget.originate) == ("My shop", "shop-bot")
    assert widget.allowed_regions == ["FR"]
    assert widget.email_required
    assert widget.is_active


def test_create_widget_prints_the_id_the_address_and_what_to_paste():
    said = create("My shop", "--originate", "shop-bot", "--language", "en")
    widget = Widget.objects.get()
    address = f"http://testserver/w/{widget.public_id}/"
    assert said.splitlines() == [
        f"Public id: {widget.public_id}",
        f"Page:      {address}",
        "Paste this into a page of your site:",
        f"  {snippets.unpinned(widget).line}",
        "Link for an email, or a page without scripts:",
        f'  <a href="{address}">Call me back</a>',
    ]


@pytest.mark.parametrize(("origins", "told"), [("", True), ("https://www.example.fr", False)])
def test_create_widget_says_when_no_site_may_show_the_widget(origins, told, capsys):
    create("My shop", "--originate", "shop-bot", "--origins", origins)
    assert ("No site may show this widget yet" in capsys.readouterr().err) is told


def test_options_are_kept():
    create(
        *("Île", "--originate", "x", "--regions", "fr, re", "--email-optional"),
        *("--language", "en", "--accent-colour", "#00ff00"),
        *("--patience-minutes", "5", "--daily-cap", "7"),
        *("--origins", "https://www.example.fr, https://*.example.org"),
        *("--campaign-names", "gclid, fbclid"),
    )
    widget = Widget.objects.get()
    assert widget.allowed_regions == ["FR", "RE"]
    assert widget.allowed_origins == ["https://www.example.fr", "https://*.example.org"]
    assert widget.campaign_names == ["gclid", "fbclid"]
    assert not widget.email_required
    assert widget.language == "en"
    assert widget.accent_colour == "#00ff00"
    assert (widget.patience_minutes, widget.daily_cap) == (5, 7)


def test_a_widget_has_the_hours_that_its_options_say():
    create(
        *("Town hall", "--originate", "x", "--timezone", "Europe/Paris"),
        *("--hours", "Mo-Fr 09:00-12:00,14:00-18:00; Dec 24 09:00-12:00; PH off"),
        *("--holidays", "FR", "--slot-minutes", "20", "--slot-capacity", "2"),
        *("--days-ahead", "7"),
    )
    widget = Widget.objects.get()
    assert widget.opening_hours == "Mo-Fr 09:00-12:00,14:00-18:00; Dec 24 09:00-12:00; PH off"
    assert (widget.holidays, widget.time_zone) == ("FR", "Europe/Paris")
    assert (widget.slot_minutes, widget.slot_capacity, widget.days_ahead) == (20, 2, 7)
    assert widget.has_hours
    assert widget.open_periods.exists()


def test_a_widget_without_the_options_is_always_open():
    create("My shop", "--originate", "shop-bot")
    widget = Widget.objects.get()
    assert not widget.has_hours
    assert not widget.open_periods.exists()


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        (["", "--originate", "x"], "NAME"),
        (["n" * 101, "--originate", "x"], "NAME"),
        (["Shop", "--originate", ""], "--originate"),
        (["Shop", "--originate", "x", "--regions", "FR,XX"], "--regions: Unknown country: XX"),
        (["Shop", "--originate", "x", "--regions", ""], "--regions"),
        (["Shop", "--originate", "x", "--origins", "http://www.example.fr"], "--origins"),
        (["Shop", "--originate", "x", "--campaign-names", "é"], "--campaign-names: “é” is not"),
        (["Shop", "--originate", "x", "--accent-colour", "red"], "--accent-colour"),
        (["Shop", "--originate", "x", "--patience-minutes", "0"], "--patience-minutes"),
        (["Shop", "--originate", "x", "--daily-cap", "-1"], "--daily-cap"),
        (["Shop", "--originate", "x", "--language", "tlh"], "--language"),
        (["Shop", "--originate", "x", "--hours", "9-12"], "--hours: At character 1, “9”"),
        (["Shop", "--originate", "x", "--timezone", "Mars"], "--timezone"),
        (["Shop"], "--originate"),
        (["Sh\udcffop", "--originate", "x"], "NAME: This contains a character that"),
        (["Sh\nop", "--originate", "x"], "on one line"),
        (["Shop", "--originate", "x\r"], "--originate: Enter this on one line"),
    ],
)
def test_what_wont_do_is_one_sentence_and_creates_nothing(arguments, named):
    with pytest.raises(CommandError) as refused:
        create(*arguments)
    assert named in str(refused.value)
    assert "\n" not in str(refused.value)
    assert not Widget.objects.exists()
