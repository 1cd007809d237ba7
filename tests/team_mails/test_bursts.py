"""A flood of requests leads to few emails, and to no request that is not told of."""

from datetime import datetime, timedelta

import pytest

from callbacks.core import clock
from callbacks.models import OutboxMessage, Widget
from callbacks.team_mails import sending, words
from callbacks.team_mails.recipients import Notice
from tests.support.team_mails import add, flood, send
from tests.support.visitor_mails import ask

pytestmark = pytest.mark.django_db

MINUTE = timedelta(minutes=1)


@pytest.fixture
def now() -> datetime:
    return clock.now()


def test_what_happens_after_an_email_waits_for_the_next_one(shop: Widget, now: datetime) -> None:
    add(shop, Notice.NEW)
    ask(shop, now)
    assert len(send(now)) == 1
    for index in range(3):
        at = now + index * 2 * MINUTE
        ask(shop, at, nonce=f"n{index}", number=f"06 12 34 56 0{index}")
        assert send(at) == []
    assert send(now + sending.PAUSE - MINUTE) == []
    [email] = send(now + sending.PAUSE)
    assert email.subject == "3 requests: Shop"
    assert send(now + 3 * sending.PAUSE) == []


@pytest.mark.long
def test_a_thousand_requests_are_one_email(shop: Widget, now: datetime) -> None:
    add(shop, Notice.NEW)
    requests = flood(shop, sending.MOST_TOLD + 1)
    [email] = send(now + MINUTE)
    assert email.subject == "1000 requests: Shop"
    assert str(email.body).count("/admin/callbacks/callrequest/") == words.MOST_DESCRIBED + 1
    assert "980 more requests are in the list" in str(email.body)
    assert send(now + 2 * MINUTE) == []
    [email] = send(now + MINUTE + sending.PAUSE)
    assert f"/admin/callbacks/callrequest/{requests[-1].pk}/change/" in str(email.body)
    assert OutboxMessage.objects.filter(state="sent").count() == len(requests)


def test_what_waits_costs_a_round_nothing_until_it_is_due(shop: Widget, now: datetime) -> None:
    add(shop, Notice.NEW)
    ask(shop, now)
    send(now)
    ask(shop, now + MINUTE, nonce="later", number="06 12 34 56 79")
    assert OutboxMessage.objects.latest("pk").due_at == now + sending.PAUSE


def test_what_was_due_already_waits_as_well(shop: Widget, now: datetime) -> None:
    """The messages of a request are stored before the email that begins the pause is sent."""
    add(shop, Notice.NEW)
    ask(shop, now)
    send(now)
    flood(shop, 1)
    assert send(now + MINUTE) == []
    assert OutboxMessage.objects.latest("pk").attempts == 0
    assert len(send(now + sending.PAUSE)) == 1


def test_a_clock_that_was_set_back_delays_nothing_for_long(shop: Widget, now: datetime) -> None:
    recipient = add(shop, Notice.NEW)
    recipient.quiet_until = now + timedelta(days=30)
    recipient.save()
    ask(shop, now)
    assert len(send(now)) == 1


def test_one_recipients_pause_is_not_anothers(shop: Widget, now: datetime) -> None:
    add(shop, Notice.NEW)
    ask(shop, now)
    send(now)
    add(shop, Notice.NEW, email="second@shop.example.fr")
    ask(shop, now + MINUTE, nonce="later", number="06 12 34 56 79")
    assert [email.to for email in send(now + MINUTE)] == [["second@shop.example.fr"]]
