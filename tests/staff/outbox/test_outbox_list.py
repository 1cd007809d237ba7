"""Staff see what waits to be sent and what failed, without a recipient in full."""

import pytest
from django.test import Client
from django.urls import reverse
from pytest_django import Settings

from callbacks.core import clock
from callbacks.models import (
    AlertKind,
    MessageKind,
    MessageState,
    OutboxMessage,
    WebhookEvent,
)
from callbacks.notifications import alerts, outbox
from callbacks.webhooks import endpoints
from tests.support.staff.pages import signed_in
from tests.support.staff.roles import member

pytestmark = pytest.mark.django_db

LIST = reverse("admin:callbacks_outboxmessage_changelist")


@pytest.fixture(autouse=True)
def _two_recipients(settings: Settings) -> None:
    settings.ALERT_EMAILS = ["staff@example.fr"]
    endpoints.create("https://hooks.example/secret-path", [WebhookEvent.ALERT], None)
    alerts.raise_alert(AlertKind.OUTAGE)


def fail(message: OutboxMessage) -> None:
    raise outbox.NotSent("mail_away", is_permanent=True)


def test_the_list_names_recipients_masked_and_says_what_failed() -> None:
    outbox.send_due(MessageKind.ALERT, fail)
    page = signed_in(member("viewers")).get(LIST).content.decode()
    assert "s•••@example.fr" in page
    assert "staff@" not in page
    assert "hooks.example" in page
    assert "secret-path" not in page
    assert "The mail server is unavailable" in page
    assert "Not sent" in page


def test_nobody_changes_the_outbox_there(staff: Client) -> None:
    message = OutboxMessage.objects.first()
    assert message is not None
    for name in ("change", "delete"):
        address = reverse(f"admin:callbacks_outboxmessage_{name}", args=[message.pk])
        assert staff.post(address, {"post": "yes"}).status_code == 403
    assert OutboxMessage.objects.count() == 2


def test_the_overview_warns_of_what_was_given_up(staff: Client) -> None:
    def warned() -> bool:
        return "messages could not be sent" in staff.get("/admin/").content.decode()

    assert not warned()
    for kind in (MessageKind.ALERT, MessageKind.WEBHOOK):
        outbox.send_due(kind, fail)
    assert warned()
    OutboxMessage.objects.update(problem=outbox.REFUSED)
    assert not warned()
    OutboxMessage.objects.update(problem="", ended_at=clock.now().replace(year=2020))
    assert not warned()
    assert OutboxMessage.objects.filter(state=MessageState.FAILED).count() == 2
