"""The recipients of a widget hear of the requests about its topics, each person once."""

from datetime import time, timedelta

import pytest
from django.core import mail
from django.core.mail import EmailMessage

from callbacks.call_api import Refused
from callbacks.core import clock
from callbacks.dispatch import place_next
from callbacks.intake import accept
from callbacks.models import MessageKind, OutboxMessage, TeamMailRecipient, Topic, Widget
from callbacks.notifications import outbox
from callbacks.team_mails import digest
from callbacks.team_mails.recipients import Notice
from tests.support.call_service.fake_api import FakeApi
from tests.support.factories import make_submission, make_widget
from tests.support.team_mails import OWNER, add, send
from tests.support.topics import offering, request_about, submission_about, target_of

pytestmark = pytest.mark.django_db
OTHER = "other@shop.example.fr"


@pytest.fixture
def shop() -> Widget:
    """A widget with topics."""
    return offering(name="Shop")


def to_whom() -> list[tuple[str, str]]:
    """Return the event and the widget of the recipient of each message, in order."""
    found = OutboxMessage.objects.filter(kind=MessageKind.TEAM_MAIL).order_by("pk")
    return [
        (message.event, message.team_recipient.widget.name)
        for message in found
        if message.team_recipient
    ]


def test_an_email_names_the_topic_also_when_it_is_gone(shop: Widget) -> None:
    add(shop, Notice.NEW)
    accept.accept(submission_about(shop))
    Topic.objects.all().delete()
    [email] = send()
    assert "Topic: Sales" in email.body


def test_recipients_of_the_widget_and_of_the_topics_widget_hear_of_it(shop: Widget) -> None:
    add(shop, email=OTHER)
    add(target_of(shop, "sales"))
    add(make_widget())
    accept.accept(submission_about(shop))
    place_next(FakeApi(Refused("no", code="refused", http_status=400)))  # type: ignore[arg-type]
    for event in ("team.new", "team.failed", "team.unseen"):
        heard = {name for told, name in to_whom() if told == event}
        assert heard == {"Shop", target_of(shop, "sales").name}


def test_who_is_on_both_lists_hears_of_it_once(shop: Widget) -> None:
    sales = target_of(shop, "sales")
    Widget.objects.filter(pk=sales.pk).update(name="Sales")
    add(shop)
    add(sales)
    accept.accept(submission_about(shop))
    place_next(FakeApi(Refused("no", code="refused", http_status=400)))  # type: ignore[arg-type]
    once = [("team.new", "Sales"), ("team.failed", "Sales"), ("team.unseen", "Sales")]
    assert sorted(to_whom()) == sorted(once)


def test_who_stopped_the_emails_of_the_topics_widget_still_gets_those_of_the_widget(
    shop: Widget,
) -> None:
    add(shop, Notice.NEW)
    add(target_of(shop, "sales"), Notice.NEW)
    stopped = TeamMailRecipient.objects.exclude(widget=shop)
    stopped.update(stopped_at=clock.now())
    accept.accept(submission_about(shop))
    assert to_whom() == [("team.new", "Shop")]


def test_what_the_topics_widget_takes_for_others_is_not_told(shop: Widget) -> None:
    add(shop)
    accept.accept(make_submission(target_of(shop, "sales")))
    assert to_whom() == []


def test_a_summary_counts_the_requests_about_topics(shop: Widget) -> None:
    now = clock.now()
    with clock.set_to(now - timedelta(hours=2)):
        add(shop, Notice.DIGEST, digest_at=time(8, 30))
    with clock.set_to(now - timedelta(hours=1)):
        request_about(shop)
    with clock.set_to(now + timedelta(days=1)):
        digest.add_due()
        outbox.send_due(MessageKind.TEAM_DIGEST, digest.send)
    [email] = mail.outbox
    assert isinstance(email, EmailMessage)
    assert (email.to, "New requests: 1" in email.body) == ([OWNER], True)
