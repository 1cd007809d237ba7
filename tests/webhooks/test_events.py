"""Each change of a request that means something to others is told once, and only if it was made."""

import json
import re
from typing import Any

import pytest
from django.utils import timezone

from callbacks.call_outcomes import report, store
from callbacks.core import clock
from callbacks.intake import accept
from callbacks.lifecycle import transitions
from callbacks.models import (
    Actor,
    CallRequest,
    OutboxMessage,
    Status,
    WebhookEndpoint,
    WebhookEvent,
)
from callbacks.webhooks import endpoints, events
from tests.support.factories import make_request, make_submission, make_widget
from tests.support.sandbox_process import ROOT
from tests.support.staff.pages import make_staff

pytestmark = pytest.mark.django_db


@pytest.fixture
def endpoint() -> WebhookEndpoint:
    return endpoints.create("https://crm.example/hook", list(WebhookEvent), None)


def told() -> list[str]:
    return list(OutboxMessage.objects.order_by("pk").values_list("event", flat=True))


def test_a_new_request_is_told(endpoint: WebhookEndpoint) -> None:
    call_request = accept.accept(make_submission()).call_request
    assert told() == ["callback.requested"]
    message = OutboxMessage.objects.get()
    assert (message.call_request, message.endpoint) == (call_request, endpoint)
    assert message.created_at == message.due_at == call_request.created_at


def test_the_same_form_again_is_told_once(endpoint: WebhookEndpoint) -> None:
    widget = make_widget()
    for _ in range(2):
        accept.accept(make_submission(widget, nonce="the same"))
    assert told() == ["callback.requested"]


def test_each_endpoint_is_told_what_it_wants_of_its_widget() -> None:
    widget, other = make_widget(), make_widget()
    for of, wanted in [
        (widget, [WebhookEvent.REQUESTED]),
        (other, [WebhookEvent.REQUESTED]),
        (None, [WebhookEvent.CALLED]),
        (None, [WebhookEvent.REQUESTED, WebhookEvent.FAILED]),
    ]:
        endpoints.create("https://crm.example/hook", wanted, of)
    accept.accept(make_submission(widget))
    receivers = [message.endpoint for message in OutboxMessage.objects.order_by("pk")]
    assert [receiver and receiver.widget for receiver in receivers] == [widget, None]


def test_without_an_endpoint_nothing_is_written() -> None:
    call_request = accept.accept(make_submission()).call_request
    transitions.transition(call_request, transitions.CANCEL, Actor.VISITOR)
    assert told() == []


@pytest.mark.parametrize("name", [*transitions.MOVES])
def test_each_move_that_has_an_event_is_told(name: str, endpoint: WebhookEndpoint) -> None:
    move = transitions.MOVES[name]
    source = sorted(move.sources)[0]
    actor = sorted(move.actors)[0]
    call_request = make_request(status=source)
    if name == "expire":
        CallRequest.objects.update(patience_until=timezone.now())
    person = make_staff("jo") if actor is Actor.STAFF else None
    made = transitions.transition(call_request, move, actor, person=person)
    expected = [events.EVENTS[name].value] if made and name in events.EVENTS else []
    assert told() == expected
    if name not in ("confirm", "expire_closed"):  # these ask for more than a status
        assert made


def test_a_move_that_is_not_made_is_not_told(endpoint: WebhookEndpoint) -> None:
    call_request = make_request()
    CallRequest.objects.update(attempts_made=7)
    assert not transitions.transition(call_request, transitions.CANCEL, Actor.VISITOR)
    assert told() == []


def test_every_event_but_those_of_no_move_has_a_move() -> None:
    assert set(events.EVENTS) <= set(transitions.MOVES)
    without = {
        WebhookEvent.REQUESTED,
        WebhookEvent.OUTCOME,
        WebhookEvent.ERASED,
        WebhookEvent.ALERT,
    }
    assert set(events.EVENTS.values()) == set(WebhookEvent) - without
    for name, event in events.EVENTS.items():
        expected = {
            Status.CALLED: WebhookEvent.CALLED,
            Status.FAILED: WebhookEvent.FAILED,
            Status.UNCERTAIN: WebhookEvent.UNCERTAIN,
            Status.CANCELLED: WebhookEvent.CANCELLED,
            Status.QUEUED: WebhookEvent.SCHEDULED,
        }
        assert event == expected[transitions.MOVES[name].target], name
    silent = set(transitions.MOVES) - set(events.EVENTS)
    assert silent == {"claim", "requeue"}


def test_a_reported_outcome_is_told_once(endpoint: WebhookEndpoint) -> None:
    call_request = make_request(status=Status.CALLED)
    now = clock.now()
    call_request.attempts.create(
        widget=call_request.widget,
        number=1,
        queue_position=0,
        started_at=now,
        deadline_at=now,
        outcome="accepted",
    )
    body = {"unique_id": "1", "metadata": {"ANI": str(call_request.number)}}
    for _ in range(2):
        store.store(_report(body), b"{}")
    assert told() == ["callback.outcome"]


def _report(fields: dict[str, Any]) -> report.Report:
    return report.read(json.dumps(fields).encode())


def test_the_table_in_the_documents_is_that_of_the_code() -> None:
    text = (ROOT / "docs" / "webhooks.md").read_text()
    rows = re.findall(r"^\| `(callback\.\w+)` \| .* \|(.*)\|$", text, re.MULTILINE)
    written = {event: set(re.findall(r"`(\w+)`", moves)) for event, moves in rows}
    code = {
        event.value: {name for name, of in events.EVENTS.items() if of == event}
        for event in WebhookEvent
        if event != WebhookEvent.ALERT
    }
    assert written == code
