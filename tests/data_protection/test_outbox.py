"""An erasure and an export reach the messages that wait in the outbox, and those that were sent."""

import pytest

from callbacks.core import clock, crypto
from callbacks.data_protection import erasure, subject_access
from callbacks.models import CallRequest, Channel, MessageKind, OutboxMessage, Status
from callbacks.notifications import outbox
from tests.support.factories import make_request

pytestmark = pytest.mark.django_db

EMAIL = "jo@example.fr"


def with_message(email: str) -> CallRequest:
    row = make_request(status=Status.CALLED, email=email)
    message = OutboxMessage(
        kind=MessageKind.ALERT,
        channel=Channel.EMAIL,
        recipient=crypto.email_hash(email),
        call_request=row,
    )
    outbox.add([message])
    return row


def test_an_erasure_deletes_the_messages_of_the_person_and_no_others() -> None:
    with_message(EMAIL)
    other = with_message("ann@example.fr")
    erasure.erase(None, email=EMAIL)
    assert [message.call_request for message in OutboxMessage.objects.all()] == [other]


def test_a_person_gets_a_copy_of_the_messages() -> None:
    with_message(EMAIL)
    OutboxMessage.objects.update(state="sent", attempts=2, ended_at=clock.now())
    [request] = subject_access.export(email=EMAIL)["requests"]
    [message] = request["messages"]
    assert (message["channel"], message["state"], message["attempts"]) == ("email", "sent", 2)
