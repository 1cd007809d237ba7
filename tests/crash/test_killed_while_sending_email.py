"""A process is killed while it sends an email: the email comes, and mail programs show it once."""

from datetime import timedelta
from email import message_from_string

import pytest
from pytest_django import Settings

from callbacks.core import clock
from callbacks.models import MessageState, OutboxMessage
from callbacks.notifications import outbox
from tests.support import team_mails
from tests.support.factories import make_widget
from tests.support.processes import sinks, steps
from tests.support.visitor_mails import ask


@pytest.mark.parametrize(
    ("step", "copies"), [(steps.BEFORE_EMAIL, 1), (steps.AFTER_EMAIL, 2)], ids=str
)
@pytest.mark.parametrize("reader", ["visitor", "team"])
def test_the_email_is_sent_again_with_the_same_message_id(
    nursery, settings: Settings, step, copies, reader
):
    settings.MAIL_IS_SET = True
    widget = make_widget(mails_visitors=reader == "visitor")
    if reader == "team":
        team_mails.add(widget)
    ask(widget)
    now = clock.now() + timedelta(seconds=1)
    with sinks.mail_server() as (port, came):
        nursery.die(step, "send_emails", port=port, at=now)
        waiting = OutboxMessage.objects.get()
        assert (waiting.state, waiting.attempts) == (MessageState.WAITING, 1)
        assert nursery.run("send_emails", port=port, at=now) == 0
        assert OutboxMessage.objects.get().attempts == 1
        assert nursery.run("send_emails", port=port, at=now + outbox.FIRST_WAIT) == 0
        assert OutboxMessage.objects.get().state == MessageState.SENT
    assert len(came) == copies
    assert len({message_from_string(email)["Message-ID"] for email in came}) == 1
