"""Emails to the team in tests: add recipients, send what waits, and read what came."""

from datetime import datetime
from typing import Any

from django.core import mail
from django.core.mail import EmailMultiAlternatives

from callbacks.core import clock
from callbacks.models import (
    CallRequest,
    Channel,
    MessageKind,
    OutboxMessage,
    TeamMailRecipient,
    Widget,
)
from callbacks.notifications import outbox
from callbacks.team_mails import recipients, sending
from callbacks.team_mails.recipients import Notice
from tests.support.factories import make_request

OWNER = "owner@shop.example.fr"


def add(widget: Widget, *notices: Notice, email: str = OWNER, **fields: Any) -> TeamMailRecipient:
    """Add a recipient; without `notices`, one who gets every email."""
    return recipients.add(widget, email, notices or list(Notice), **{"language": "en"} | fields)


def send(at: datetime | None = None) -> list[EmailMultiAlternatives]:
    """Send the emails that are due, and return those that were sent now."""
    before = len(mail.outbox)
    with clock.set_to(at or clock.now()):
        sending.send_due()
    return mail.outbox[before:]  # type: ignore[return-value]


def flood(widget: Widget, count: int) -> list[CallRequest]:
    """Make requests, with the message to the only recipient that a form would add for each."""
    recipient = widget.mail_recipients.get()
    requests = [make_request(widget=widget) for _ in range(count)]
    outbox.add(
        OutboxMessage(
            kind=MessageKind.TEAM_MAIL,
            channel=Channel.EMAIL,
            event="team.new",
            call_request=call_request,
            team_recipient=recipient,
        )
        for call_request in requests
    )
    return requests
