"""The operator learns whether alerts arrive, before one is needed."""

from smtplib import SMTPServerDisconnected
from typing import Any

import pytest
import responses
from django.core.mail import EmailMessage
from django.core.management import CommandError, call_command
from pytest_django import Settings

from callbacks.models import Alert

pytestmark = pytest.mark.django_db
HOOK = "https://hooks.example/calls"


@responses.activate
def test_it_goes_every_configured_way(
    settings: Settings, mailoutbox: list[Any], capsys: pytest.CaptureFixture[str]
) -> None:
    settings.ALERT_EMAILS, settings.ALERT_WEBHOOK_URL = ["staff@example.fr"], HOOK
    responses.post(HOOK)
    call_command("send_test_alert")
    assert capsys.readouterr().out == "email: sent\nwebhook: sent\n"
    assert mailoutbox[0].to == ["staff@example.fr"]
    assert "test" in mailoutbox[0].subject
    assert '"kind": "test"' in str(responses.calls[0].request.body)
    assert not Alert.objects.exists()


@responses.activate
def test_a_way_that_fails_is_named(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def away(*_args: object, **_options: object) -> None:
        raise SMTPServerDisconnected

    settings.ALERT_EMAILS, settings.ALERT_WEBHOOK_URL = ["staff@example.fr"], HOOK
    monkeypatch.setattr(EmailMessage, "send", away)
    responses.post(HOOK)
    with pytest.raises(CommandError, match="EMAIL_HOST"):
        call_command("send_test_alert")
    assert capsys.readouterr().out == "email: NOT SENT\nwebhook: sent\n"


def test_without_any_way_it_says_so(settings: Settings) -> None:
    settings.ALERT_EMAILS, settings.ALERT_WEBHOOK_URL = [], ""
    with pytest.raises(CommandError, match="set ALERT_EMAILS"):
        call_command("send_test_alert")
