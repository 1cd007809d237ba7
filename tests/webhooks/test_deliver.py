"""A webhook arrives at least once, signed, and an endpoint that fails delays nobody else."""

import json
from datetime import UTC, datetime, timedelta

import pytest
from pytest_django import Settings
from standardwebhooks import Webhook
from standardwebhooks.webhooks import WebhookVerificationError

from callbacks.core import clock
from callbacks.data_protection import erasure
from callbacks.models import (
    Alert,
    AlertKind,
    CallRequest,
    MessageState,
    OutboxMessage,
    WebhookEndpoint,
    WebhookEvent,
)
from callbacks.notifications import outbox
from callbacks.webhooks import deliver, endpoints
from tests.support.concurrency import concurrently
from tests.support.extra_fields import CUSTOMER, NAME, ORDER, SUBJECT
from tests.support.factories import make_request, make_widget
from tests.support.staff.pages import make_staff
from tests.support.webhook_receiver import Receiver

pytestmark = pytest.mark.django_db


def happen(endpoint: WebhookEndpoint, call_request: CallRequest | None = None) -> OutboxMessage:
    message = OutboxMessage(
        kind="webhook",
        channel="webhook",
        event=WebhookEvent.CALLED,
        endpoint=endpoint,
        call_request=call_request or make_request(email="jo@example.fr"),
    )
    outbox.add([message])
    return message


def only() -> OutboxMessage:
    return OutboxMessage.objects.get()


def body_of(receiver: Receiver, place: int = -1) -> dict[str, object]:
    found: dict[str, object] = json.loads(receiver.received[place].body)
    return found


def test_it_arrives_signed_and_names_the_request(
    endpoint: WebhookEndpoint, receiver: Receiver
) -> None:
    message = happen(endpoint)
    assert deliver.endpoints_with_work() == [endpoint.pk]
    assert deliver.send_to(endpoint.pk) == 1
    [got] = receiver.received
    Webhook(endpoint.secret).verify(got.body, got.headers)
    with pytest.raises(WebhookVerificationError):
        Webhook(endpoint.secret).verify(got.body + b" ", got.headers)
    request = message.call_request
    assert request is not None
    body = body_of(receiver)
    assert body["type"] == "callback.called"
    assert body["timestamp"] == message.created_at.isoformat().replace("+00:00", "Z")
    data = body["data"]
    assert isinstance(data, dict)
    assert (data["id"], data["widget"]) == (request.public_id, request.widget.public_id)
    assert request.token not in got.body.decode()
    assert (only().state, only().http_status) == (MessageState.SENT, 204)
    assert deliver.endpoints_with_work() == []


@pytest.mark.parametrize("in_full", [False, True])
def test_number_and_email_go_only_where_they_were_allowed(
    in_full: bool, receiver: Receiver
) -> None:
    endpoint = endpoints.create(receiver.url, [WebhookEvent.CALLED], None, with_contact=in_full)
    happen(endpoint)
    deliver.send_to(endpoint.pk)
    text = receiver.received[0].body.decode()
    assert (str(CallRequest.objects.get().number) in text) is in_full
    assert ("jo@example.fr" in text) is in_full


@pytest.mark.parametrize("in_full", [False, True])
def test_a_campaign_that_names_the_person_is_masked_too(in_full: bool, receiver: Receiver) -> None:
    endpoint = endpoints.create(receiver.url, [WebhookEvent.CALLED], None, with_contact=in_full)
    page = "https://shop.example/?utm_term=jo%40example.fr"
    call_request = make_request(
        email="jo@example.fr", page_url=page, campaign={"utm_term": "jo@example.fr"}
    )
    happen(endpoint, call_request)
    deliver.send_to(endpoint.pk)
    data = body_of(receiver)["data"]
    assert isinstance(data, dict)
    assert ("jo" in data["campaign"]["utm_term"]) is in_full
    assert (data["page"] == page) is in_full


@pytest.mark.parametrize("in_full", [False, True])
def test_personal_answers_go_only_where_numbers_may_go(in_full: bool, receiver: Receiver) -> None:
    endpoint = endpoints.create(receiver.url, [WebhookEvent.CALLED], None, with_contact=in_full)
    call_request = make_request(
        widget=make_widget(extra_fields=[ORDER, SUBJECT, CUSTOMER, NAME]),
        number="+33612345678",
        answers={"order": "06 12 34 56 78", "subject": "quote", "customer": False},
        personal_answers='{"name": "Jo"}',
    )
    happen(endpoint, call_request)
    deliver.send_to(endpoint.pk)
    data = body_of(receiver)["data"]
    assert isinstance(data, dict)
    assert data["fields"]["name"] == ("Jo" if in_full else None)
    assert ("06 12 34 56 78" in data["fields"]["order"]) is in_full
    assert (data["fields"]["subject"], data["fields"]["customer"]) == ("quote", False)
    erasure.erase(make_staff("jo"), call_request=call_request)
    happen(endpoint, CallRequest.objects.get())
    deliver.send_to(endpoint.pk)
    data = body_of(receiver)["data"]
    assert isinstance(data, dict)
    assert data["fields"] == {}


def test_an_erasure_reaches_what_waits_and_is_told(receiver: Receiver) -> None:
    endpoint = endpoints.create(receiver.url, list(WebhookEvent), None, with_contact=True)
    call_request = make_request(email="jo@example.fr")
    number = str(call_request.number)[1:].encode()
    happen(endpoint, call_request)
    erasure.erase(make_staff("jo"), call_request=call_request)
    assert deliver.send_to(endpoint.pk) == 3
    types = [body_of(receiver, place)["type"] for place in range(3)]
    assert types == ["callback.called", "callback.cancelled", "callback.erased"]
    for place in range(3):
        data = body_of(receiver, place)["data"]
        assert isinstance(data, dict)
        assert (data["number"], data["email"], data["is_erased"]) == (None, None, True)
        assert number not in receiver.received[place].body
        assert b"jo@example.fr" not in receiver.received[place].body


def test_it_comes_again_with_the_same_id_and_the_time_of_the_attempt(
    endpoint: WebhookEndpoint, receiver: Receiver
) -> None:
    now = datetime(2026, 6, 1, 12, tzinfo=UTC)
    with clock.set_to(now):
        happen(endpoint)
        receiver.status = 400
        assert deliver.send_to(endpoint.pk) == 0
    assert (only().state, only().problem, only().http_status) == ("waiting", "http_400", 400)
    receiver.status = 200
    with clock.set_to(now + timedelta(minutes=2)):
        assert deliver.send_to(endpoint.pk) == 1
    first, second = (got.headers for got in receiver.received)
    assert first["webhook-id"] == second["webhook-id"]
    assert int(second["webhook-timestamp"]) - int(first["webhook-timestamp"]) == 120
    assert receiver.received[0].body == receiver.received[1].body


def test_after_a_rotation_both_secrets_sign_for_a_day(
    endpoint: WebhookEndpoint, receiver: Receiver
) -> None:
    old = endpoint.secret
    endpoints.rotate(endpoint)
    happen(endpoint)
    deliver.send_to(endpoint.pk)
    got = receiver.received[-1]
    for secret in (old, endpoint.secret):
        Webhook(secret).verify(got.body, got.headers)
    with clock.set_to(clock.now() + endpoints.OVERLAP):
        happen(endpoint)
        deliver.send_to(endpoint.pk)
    assert receiver.received[-1].headers["webhook-signature"].count("v1,") == 1


def test_an_endpoint_that_is_away_gets_one_message_at_a_time(
    endpoint: WebhookEndpoint, receiver: Receiver
) -> None:
    now = datetime(2026, 6, 1, 12, tzinfo=UTC)
    request = make_request()
    receiver.status = 503
    with clock.set_to(now):
        for _ in range(20):
            happen(endpoint, request)
        deliver.send_to(endpoint.pk)
        assert deliver.endpoints_with_work() == []
        deliver.send_to(endpoint.pk)
    assert len(receiver.received) == 1
    receiver.status = 200
    with clock.set_to(now + timedelta(minutes=2)):
        assert deliver.endpoints_with_work() == [endpoint.pk]
        assert deliver.send_to(endpoint.pk) == 20
    endpoint.refresh_from_db()
    assert (endpoint.failures, endpoint.failing_since, endpoint.quiet_until) == (0, None, None)


def test_a_message_that_is_refused_stops_no_other(
    endpoint: WebhookEndpoint, receiver: Receiver
) -> None:
    request = make_request()
    happen(endpoint, request), happen(endpoint, request)
    receiver.status = 422
    deliver.send_to(endpoint.pk)
    assert len(receiver.received) == 2


@pytest.mark.long
def test_one_that_fails_for_a_day_is_paused_and_staff_are_told_once(
    endpoint: WebhookEndpoint, receiver: Receiver
) -> None:
    now = datetime(2026, 6, 1, 12, tzinfo=UTC)
    receiver.status = 500
    with clock.set_to(now):
        happen(endpoint)
    for minutes in range(0, 3 * 24 * 60, 61):
        with clock.set_to(now + timedelta(minutes=minutes)):
            deliver.send_to(endpoint.pk)
    endpoint.refresh_from_db()
    assert endpoint.paused_at is not None
    assert timedelta(days=1) <= endpoint.paused_at - now < timedelta(hours=27)
    alert = Alert.objects.get(kind=AlertKind.WEBHOOK)
    assert alert.about == f"127.0.0.1 #{endpoint.pk}"
    sent, receiver.status = len(receiver.received), 200
    with clock.set_to(now + timedelta(days=3)):
        assert deliver.endpoints_with_work() == []
        assert endpoints.resume(endpoint)
        assert deliver.send_to(endpoint.pk) == 1
    assert len(receiver.received) == sent + 1
    alert.refresh_from_db()
    assert alert.over_at is not None


def test_one_that_says_it_is_gone_is_paused_at_once(
    endpoint: WebhookEndpoint, receiver: Receiver
) -> None:
    receiver.status = 410
    happen(endpoint)
    deliver.send_to(endpoint.pk)
    endpoint.refresh_from_db()
    assert endpoint.paused_at is not None
    assert Alert.objects.filter(kind=AlertKind.WEBHOOK).count() == 1


def test_an_event_that_is_no_longer_wanted_is_dropped(
    endpoint: WebhookEndpoint, receiver: Receiver
) -> None:
    happen(endpoint)
    endpoint.subscriptions.filter(event=WebhookEvent.CALLED).delete()
    deliver.send_to(endpoint.pk)
    assert (only().state, only().problem) == (MessageState.DROPPED, "not_wanted")
    assert not receiver.received


def test_an_address_that_has_become_private_is_not_connected_to(
    endpoint: WebhookEndpoint, receiver: Receiver, settings: Settings
) -> None:
    settings.WEBHOOK_ALLOW_PRIVATE = False
    happen(endpoint)
    deliver.send_to(endpoint.pk)
    assert only().problem == "address_not_allowed"
    assert not receiver.received


def test_a_test_message_is_about_no_request(endpoint: WebhookEndpoint, receiver: Receiver) -> None:
    endpoints.send_test(endpoint)
    assert deliver.send_to(endpoint.pk) == 1
    assert body_of(receiver) | {"timestamp": ""} == {
        "type": "webhook.test",
        "timestamp": "",
        "data": {},
    }


def test_what_was_given_up_can_be_sent_again(endpoint: WebhookEndpoint, receiver: Receiver) -> None:
    message = happen(endpoint)
    OutboxMessage.objects.update(state=MessageState.FAILED, attempts=50)
    assert deliver.send_to(endpoint.pk) == 0
    assert endpoints.send_again(endpoint.messages.all()) == 1
    assert deliver.send_to(endpoint.pk) == 1
    assert receiver.received[0].headers["webhook-id"] == deliver.message_id(message)
    assert endpoints.send_again(endpoint.messages.filter(state=MessageState.WAITING)) == 0


@pytest.mark.django_db(transaction=True)
def test_two_processes_send_each_message_once(
    endpoint: WebhookEndpoint, receiver: Receiver
) -> None:
    request = make_request()
    for _ in range(10):
        happen(endpoint, request)
    sent = concurrently(4, lambda _place: deliver.send_to(endpoint.pk))
    assert sum(sent) == 10
    assert len({got.headers["webhook-id"] for got in receiver.received}) == 10
    assert len(receiver.received) == 10


def test_nothing_of_a_person_or_a_secret_is_logged(
    endpoint: WebhookEndpoint, receiver: Receiver, caplog: pytest.LogCaptureFixture
) -> None:
    receiver.status, receiver.answer = 410, b"unknown: jo@example.fr +33612345678"
    happen(endpoint)
    deliver.send_to(endpoint.pk)
    shown = caplog.text + only().excerpt
    for secret in ("jo@example.fr", "612345678", endpoint.secret, receiver.url):
        assert secret not in shown
    assert "webhook_paused" in caplog.text
