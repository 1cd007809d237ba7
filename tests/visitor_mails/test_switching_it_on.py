"""A widget sends emails only if its owner says so, and its form then says so too."""

import io
import json
from pathlib import Path

import pytest
from django.core.management import call_command
from django.test import Client
from pytest_django import Settings

from callbacks.models import Widget
from tests.support.factories import make_widget

pytestmark = pytest.mark.django_db

HINT = "We'll send you a confirmation by email."


def run(*arguments: str) -> str:
    out = io.StringIO()
    call_command(*arguments, stdout=out)
    return out.getvalue()


def form_of(widget: Widget) -> str:
    return Client().get(f"{widget.get_absolute_url()}?lang=en").content.decode()


def test_a_new_widget_sends_no_emails_until_it_is_told_to() -> None:
    run("create_widget", "Shop", "--originate", "code")
    widget = Widget.objects.get()
    assert not widget.mails_visitors
    for option, is_on in (("--mails-visitors", True), ("--no-mails-visitors", False)):
        assert "mails-visitors" in run("change_widget", widget.public_id, option)
        widget.refresh_from_db()
        assert widget.mails_visitors is is_on
    run("create_widget", "Other", "--originate", "code", "--mails-visitors")
    assert Widget.objects.get(name="Other").mails_visitors


def test_a_file_of_widgets_carries_it(tmp_path: Path) -> None:
    widget = make_widget()
    content = json.loads(run("export_widgets"))
    content["widgets"][0]["mails_visitors"] = True
    file = tmp_path / "widgets.json"
    file.write_text(json.dumps(content))
    run("apply_widgets", str(file))
    widget.refresh_from_db()
    assert widget.mails_visitors


def test_the_form_says_that_a_confirmation_is_sent(settings: Settings) -> None:
    on, off = make_widget(mails_visitors=True), make_widget()
    assert HINT in form_of(on)
    assert 'aria-describedby="email-hint"' in form_of(on)
    assert HINT not in form_of(off)


def test_the_form_promises_nothing_without_a_mail_server(settings: Settings) -> None:
    settings.MAIL_IS_SET = False
    assert HINT not in form_of(make_widget(mails_visitors=True))
