"""An address gets three emails a day at most, whatever widget sends them."""

import itertools
from datetime import timedelta
from threading import Barrier
from typing import Any

import pytest

from callbacks.core import clock
from callbacks.models import MessageState, OutboxMessage, Widget
from callbacks.notifications import outbox
from callbacks.visitor_mails import daily_limit
from tests.support.concurrency import concurrently
from tests.support.factories import make_widget
from tests.support.visitor_mails import ask, ends, send

pytestmark = pytest.mark.django_db


_counter = itertools.count(10)


def ask_often(count: int, **fields: Any) -> None:
    for index in itertools.islice(_counter, count):
        widget = make_widget(mails_visitors=True)
        ask(widget, nonce=f"n{index}", number=f"06123456{index}", **fields)


def test_the_fourth_email_of_a_day_is_not_sent() -> None:
    ask_often(4)
    assert len(send()) == 3
    assert ends()[-1] == ("asked", "dropped", "too_many")


def test_another_address_and_another_day_have_a_limit_of_their_own() -> None:
    now = clock.now()
    ask_often(3)
    send()
    ask_often(1, email="ann@example.fr")
    assert len(send()) == 1
    with clock.set_to(now + timedelta(days=1, minutes=1)):
        ask_often(1)
    assert len(send(now + timedelta(days=1, minutes=1))) == 1


def test_the_same_address_in_capitals_is_the_same_address() -> None:
    ask_often(2)
    ask_often(2, email="JO@example.fr")
    assert len(send()) == 3


def test_a_message_that_is_tried_again_counts_once(shop: Widget) -> None:
    ask(shop)
    message = OutboxMessage.objects.get()
    assert daily_limit.admit(message)
    assert daily_limit.admit(message)
    assert OutboxMessage.objects.filter(admitted_at__isnull=False).count() == 1


def test_what_could_not_be_sent_does_not_count() -> None:
    ask_often(3)
    for message in OutboxMessage.objects.all():
        assert daily_limit.admit(message)
    OutboxMessage.objects.update(state=MessageState.FAILED)
    ask_often(1, email="jo@example.fr", language="fr")
    assert len(send()) == 1


@pytest.mark.django_db(transaction=True)
def test_of_messages_that_are_sent_at_the_same_moment_three_are_admitted() -> None:
    ask_often(8)
    messages = list(OutboxMessage.objects.order_by("pk"))
    start = Barrier(8, timeout=20)

    def admit(index: int) -> bool:
        start.wait()
        return daily_limit.admit(messages[index])

    assert sum(concurrently(8, admit)) == 3
    assert outbox.due(clock.now()).count() == 8
