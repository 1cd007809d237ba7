"""An alert reaches an endpoint that wants alerts, whatever becomes of the emails about it."""

import json
from datetime import UTC, datetime, timedelta
from smtplib import SMTPServerDisconnected
from unittest.mock import Mock

import pytest
from django.core.exceptions import ValidationError
from django.core.mail import EmailMessage
from pytest_django import Settings
from standardwebhooks import Webhook

from callbacks.core import clock
from callbacks.models import AlertKind, MessageKind, MessageState, OutboxMessage, WebhookEvent
from callbacks.notifications import alerts, outbox
from callbacks.webhooks import deliver, endpoints
from tests.support.factories import make_widget
from tests.support.webhook_receiver import Receiver

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)


def raise_at(minutes: int) -> None:
    with clock.set_to(NOW + timedelta(minutes=minutes)):
        alerts.raise_alert(AlertKind.OUTAGE, "Shop")


def send_at(minutes: int) -> int:
    with clock.set_to(NOW + timedelta(minutes=minutes)):
        return sum(deliver.send_to(endpoint) for endpoint in deliver.endpoints_with_work())


def test_it_is_signed_and_says_what_to_do(receiver: Receiver) -> None:
    endpoint = endpoints.create(receiver.url, [WebhookEvent.ALERT], None)
    raise_at(0)
    assert send_at(0) == 1
    [got] = receiver.received
    with clock.set_to(NOW):
        [signature] = got.headers["webhook-signature"].split()
    assert signature == Webhook(endpoint.secret).sign(
        got.headers["webhook-id"], NOW, got.body.decode()
    )
    body = json.loads(got.body)
    assert (body["type"], body["timestamp"]) == ("alert.raised", "2026-06-01T12:00:00Z")
    data = body["data"]
    assert (data["kind"], data["about"]) == ("outage", "Shop")
    assert data["admin"].endswith("/admin/")
    assert data["text"]
    assert data["advice"]


def test_only_those_who_want_alerts_get_them(receiver: Receiver) -> None:
    endpoints.create(receiver.url, [WebhookEvent.CALLED], None)
    raise_at(0)
    assert send_at(0) == 0


def test_one_widgets_endpoint_gets_none(receiver: Receiver) -> None:
    with pytest.raises(ValidationError):
        endpoints.create(receiver.url, [WebhookEvent.ALERT], make_widget())


def test_an_outage_that_comes_and_goes_is_told_once_in_a_while(receiver: Receiver) -> None:
    endpoints.create(receiver.url, [WebhookEvent.ALERT], None)
    sent = []
    for minute in (0, 10, 20, 40):
        raise_at(minute)
        sent.append(send_at(minute))
    assert sent == [1, 0, 0, 1]
    dropped = OutboxMessage.objects.filter(state=MessageState.DROPPED)
    assert {message.problem for message in dropped} == {"told_lately"}


def test_a_mail_server_that_is_away_keeps_nothing_from_it_nor_it_from_the_emails(
    receiver: Receiver, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.ALERT_EMAILS = ["staff@example.fr"]
    endpoints.create(receiver.url, [WebhookEvent.ALERT], None)
    raise_at(0)
    with monkeypatch.context() as away, clock.set_to(NOW):
        away.setattr(EmailMessage, "send", Mock(side_effect=SMTPServerDisconnected))
        assert outbox.send_due(MessageKind.ALERT, alerts.send) == 0
        assert send_at(0) == 1
    receiver.status = 500
    raise_at(60)
    assert send_at(60) == 0
    with clock.set_to(NOW + timedelta(minutes=60)):
        assert outbox.send_due(MessageKind.ALERT, alerts.send) >= 1
