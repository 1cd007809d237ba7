"""The documented program that writes requests into a CRM does so once, in order, and erases too."""

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import responses
from standardwebhooks import Webhook

from callbacks.core import clock
from callbacks.data_protection import erasure
from callbacks.models import CallRequest, MessageKind, OutboxMessage, Status, WebhookEvent
from callbacks.webhooks import body, endpoints
from tests.support.examples import example
from tests.support.factories import make_request

pytestmark = pytest.mark.django_db

SECRET = endpoints._new_secret()
type Receive = Callable[[dict[str, str], bytes], int]


@pytest.fixture
def receive(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Receive]:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("WEBHOOK_SECRET", SECRET)
    names: dict[str, Any] = {}
    exec(example("crm"), names)  # the documents are ours
    yield names["receive"]
    names["written"].close()


def signed(event: str, call_request: CallRequest) -> tuple[dict[str, str], bytes]:
    """Return headers and body of a message, as the site sends it now."""
    message = OutboxMessage(
        kind=MessageKind.WEBHOOK, event=event, call_request=call_request, created_at=clock.now()
    )
    text = body.of(message, with_contact=True)
    now = datetime.now(UTC)
    headers = {
        "webhook-id": "msg_1",
        "webhook-timestamp": str(int(now.timestamp())),
        "webhook-signature": Webhook(SECRET).sign("msg_1", now, text.decode()),
    }
    return headers, text


@responses.activate
def test_the_latest_state_is_written_however_often_and_in_whatever_order_messages_come(
    receive: Receive,
) -> None:
    call_request = make_request(email="jo@example.fr", campaign={"utm_source": "news"})
    lead = f"https://crm.example/api/leads/{call_request.public_id}"
    written = responses.put(lead)
    first = signed(WebhookEvent.REQUESTED, call_request)
    call_request.status = Status.CALLED
    call_request.status_at += timedelta(seconds=3)
    later = signed(WebhookEvent.CALLED, call_request)
    assert [receive(*message) for message in (first, later, later, first)] == [204] * 4
    sent = [json.loads(call.request.body or "") for call in written.calls]
    assert [one["status"] for one in sent] == ["queued", "called", "called"]
    assert sent[-1]["email"] == "jo@example.fr"
    assert sent[-1]["campaign"] == {"utm_source": "news"}


@responses.activate
def test_a_message_of_somebody_else_writes_nothing(receive: Receive) -> None:
    headers, text = signed(WebhookEvent.REQUESTED, make_request())
    assert receive(headers, text + b" ") == 401
    assert receive(headers | {"webhook-signature": "v1,AAAA"}, text) == 401


@responses.activate
def test_while_the_crm_is_unavailable_the_message_is_not_taken(receive: Receive) -> None:
    call_request = make_request()
    lead = f"https://crm.example/api/leads/{call_request.public_id}"
    message = signed(WebhookEvent.REQUESTED, call_request)
    responses.put(lead, status=500)
    assert receive(*message) == 503
    responses.replace("PUT", lead, status=200)
    assert receive(*message) == 204


@responses.activate
def test_an_erased_request_is_deleted_also_by_a_message_that_waited(receive: Receive) -> None:
    call_request = make_request(status=Status.CALLED)
    lead = f"https://crm.example/api/leads/{call_request.public_id}"
    erasure.erase_rows([call_request.pk], clock.now())
    deleted = responses.delete(lead)
    call_request.refresh_from_db()
    for event in (WebhookEvent.ERASED, WebhookEvent.CALLED):
        assert receive(*signed(event, call_request)) == 204
    assert deleted.call_count == 2


def test_the_test_button_is_answered(receive: Receive) -> None:
    text = b'{"type":"webhook.test","timestamp":"2026-06-01T12:00:00Z","data":{}}'
    now = datetime.now(UTC)
    signature = Webhook(SECRET).sign("msg_1", now, text.decode())
    headers = {"webhook-id": "msg_1", "webhook-timestamp": str(int(now.timestamp()))}
    assert receive(headers | {"webhook-signature": signature}, text) == 204
