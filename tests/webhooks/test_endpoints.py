"""Endpoints are created with a right address, rotated, and removed; each act is on record."""

from io import StringIO

import pytest
from django.core.exceptions import ValidationError
from django.core.management import CommandError, call_command
from django.db import connection
from pytest_django import Settings
from standardwebhooks import Webhook

from callbacks.models import (
    AuditEntry,
    MessageState,
    OutboxMessage,
    WebhookEndpoint,
    WebhookEvent,
)
from callbacks.webhooks import endpoints
from tests.support.factories import make_widget

pytestmark = pytest.mark.django_db

GOOD = "https://crm.example/hook?key=s3cret"


@pytest.mark.parametrize("address", [GOOD, "https://8.8.8.8/", "https://crm.example:8443"])
def test_a_good_address(address: str) -> None:
    endpoints.check_address(address)


@pytest.mark.parametrize(
    "address",
    [
        *("http://crm.example/", "ftp://crm.example/", "javascript:alert(1)", "crm.example", ""),
        *("https://", "https://jo:secret@crm.example/", "https://crm.example/#part"),
        *("https://crm.example/" + "x" * 500, "https://crm.example:99999/", "https://[::1/"),
        *("https://crm.example/\r\nX: y", "https://crm.example/\0", "https://cr m.example/"),
    ],
)
def test_a_bad_address_is_refused_with_a_sentence(address: str) -> None:
    with pytest.raises(ValidationError) as caught:
        endpoints.check_address(address)
    assert caught.value.messages[0].endswith(".")


def test_http_is_for_private_networks_that_were_allowed(settings: Settings) -> None:
    settings.WEBHOOK_ALLOW_PRIVATE = True
    endpoints.check_address("http://10.0.0.7/hook")


def run(command: str, *words: object) -> str:
    out = StringIO()
    call_command(command, *(str(word) for word in words), stdout=out, stderr=StringIO())
    return out.getvalue().strip()


def test_the_command_prints_the_secret_as_the_last_word() -> None:
    widget = make_widget()
    secret = run(
        *("create_webhook", GOOD, "--widget", widget.public_id),
        *("--event", "callback.called", "--event", "callback.failed", "--with-contact"),
    )
    endpoint = WebhookEndpoint.objects.get()
    assert secret == endpoint.secret
    Webhook(secret)
    assert (endpoint.widget, endpoint.with_contact) == (widget, True)
    assert {one.event for one in endpoint.subscriptions.all()} == {
        "callback.called",
        "callback.failed",
    }
    entry = AuditEntry.objects.get(action="webhook.create")
    assert entry.about == f"crm.example #{endpoint.pk}"
    assert "s3cret" not in str(entry.facts)


@pytest.mark.parametrize(
    "words",
    [
        ("http://crm.example/", "--event", "callback.called"),
        (GOOD, "--event", "callback.called", "--widget", "nobody"),
        (GOOD, "--event", "callback.dance"),
        (GOOD,),
    ],
)
def test_the_command_refuses_what_is_wrong(words: tuple[str, ...]) -> None:
    with pytest.raises(CommandError):
        run("create_webhook", *words)
    assert not WebhookEndpoint.objects.exists()


def test_secret_and_address_are_encrypted_at_rest(settings: Settings) -> None:
    settings.ENCRYPTION_KEYS = ["rMZC0F3EKLPlGuEyBOzVHFKaGvIxCcWf3xEcYEyxbnU="]
    endpoint = endpoints.create(GOOD, [WebhookEvent.CALLED], None)
    with connection.cursor() as cursor:
        cursor.execute("SELECT url, secret FROM callbacks_webhookendpoint")
        stored = repr(cursor.fetchall())
    assert "s3cret" not in stored
    assert endpoint.secret not in stored


def test_there_is_an_end_to_how_many() -> None:
    for _ in range(endpoints.MOST):
        endpoints.create(GOOD, [WebhookEvent.CALLED], None)
    with pytest.raises(ValidationError):
        endpoints.create(GOOD, [WebhookEvent.CALLED], None)


def test_the_other_command_does_one_thing_at_a_time() -> None:
    endpoint = endpoints.create(GOOD, [WebhookEvent.CALLED], None)
    assert run("change_webhook", endpoint.pk, "--resume") == "It was not paused."
    assert endpoints.pause(endpoint)
    assert not endpoints.pause(endpoint)
    assert run("change_webhook", endpoint.pk, "--resume") == "It is resumed."
    run("change_webhook", endpoint.pk, "--test")
    assert OutboxMessage.objects.get().event == "webhook.test"
    OutboxMessage.objects.update(state=MessageState.FAILED)
    assert run("change_webhook", endpoint.pk, "--send-again").endswith(": 1.")
    before = endpoint.secret
    assert run("change_webhook", endpoint.pk, "--rotate") not in ("", before)
    run("change_webhook", endpoint.pk, "--delete")
    assert not WebhookEndpoint.objects.exists()
    assert not OutboxMessage.objects.exists()
    with pytest.raises(CommandError):
        run("change_webhook", endpoint.pk, "--test")
    assert set(AuditEntry.objects.values_list("action", flat=True)) == {
        *("webhook.create", "webhook.pause", "webhook.resume", "webhook.again"),
        *("webhook.rotate", "webhook.delete"),
    }
