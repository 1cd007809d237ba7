"""The operator learns whether alerts arrive, before one is needed."""

from smtplib import SMTPServerDisconnected
from typing import Any

import pytest
from django.core.mail import EmailMessage
from django.core.management import CommandError, call_command
from pytest_django import Settings

from callbacks.models import Alert, OutboxMessage, WebhookEvent
from callbacks.webhooks import endpoints

pytestmark = pytest.mark.django_db


def test_it_goes_every_configured_way(
    settings: Settings, mailoutbox: list[Any], capsys: pytest.CaptureFixture[str]
) -> None:
    settings.ALERT_EMAILS = ["staff@example.fr"]
    endpoint = endpoints.create("https://hooks.example/calls", [WebhookEvent.ALERT], None)
    endpoints.create("https://hooks.example/others", [WebhookEvent.CALLED], None)
    call_command("send_test_alert")
    assert capsys.readouterr().out == (
        f"webhook hooks.example #{endpoint.pk}: in the outbox. Its page in the admin says more\n"
        "email: sent\n"
    )
    assert mailoutbox[0].to == ["staff@example.fr"]
    assert "test" in mailoutbox[0].subject
    [message] = OutboxMessage.objects.all()
    assert (message.endpoint, message.event) == (endpoint, "webhook.test")
    assert not Alert.objects.exists()


def test_a_way_that_fails_is_named_and_every_address_is_tried(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    tried = []

    def away(message: EmailMessage, *_args: object, **_options: object) -> None:
        tried.append(message.to)
        raise SMTPServerDisconnected

    settings.ALERT_EMAILS = ["staff@example.fr", "boss@example.fr"]
    monkeypatch.setattr(EmailMessage, "send", away)
    with pytest.raises(CommandError, match="EMAIL_HOST"):
        call_command("send_test_alert")
    assert capsys.readouterr().out == "email: NOT SENT\n"
    assert tried == [["staff@example.fr"], ["boss@example.fr"]]


def test_without_any_way_it_says_so(settings: Settings) -> None:
    settings.ALERT_EMAILS = []
    with pytest.raises(CommandError, match="set ALERT_EMAILS"):
        call_command("send_test_alert")
