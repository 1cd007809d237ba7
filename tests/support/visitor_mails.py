"""Emails to visitors in tests: ask for a call, send what waits, and read what came."""

from datetime import datetime
from email.message import EmailMessage
from html.parser import HTMLParser
from typing import Any

from django.core import mail
from django.core.mail import EmailMultiAlternatives
from icalendar import Calendar

from callbacks.core import clock
from callbacks.intake import accept
from callbacks.models import CallRequest, MessageKind, OutboxMessage, Widget
from callbacks.notifications import outbox
from callbacks.visitor_mails import sending
from tests.support.factories import make_submission

NUMBER, EMAIL = "+33612345678", "jo@example.fr"
# Names of a company or a widget that must not get out of their place in an email.
HOSTILE_NAMES = [
    "Shop\nBcc: all@example.fr",
    "Shop\r\nSubject: other",
    "Shop\u2028X-Header: 1",
    'A "quoted", <b>bold</b> & co',
    "日本電話" * 20,
    "=?utf-8?q?hidden?=",
    "\x00\x1b[31m",
]


class Tags(HTMLParser):
    """The tags of an HTML text, each with its attributes."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))


def ask(widget: Widget, at: datetime | None = None, **fields: Any) -> CallRequest:
    """Send a form as a visitor and return its request."""
    fields = {"language": "en", "email": EMAIL} | fields
    with clock.set_to(at or clock.now()):
        accepted = accept.accept(make_submission(widget, **fields)).call_request
    return CallRequest.objects.get(pk=accepted.pk)


def send(at: datetime | None = None) -> list[EmailMultiAlternatives]:
    """Send the emails that are due, and return those that were sent now."""
    before = len(mail.outbox)
    with clock.set_to(at or clock.now()):
        outbox.send_due(MessageKind.VISITOR_MAIL, sending.send)
    return mail.outbox[before:]  # type: ignore[return-value]


def ends() -> list[tuple[str, str, str]]:
    """Return the event, the state and the problem of each message, in order."""
    return list(OutboxMessage.objects.order_by("pk").values_list("event", "state", "problem"))


def parts(email: EmailMultiAlternatives) -> tuple[str, str, EmailMessage]:
    """Return the text, the HTML and the message as it was sent."""
    message = email.message()
    assert isinstance(message, EmailMessage)
    text, html = message.get_body(["plain"]), message.get_body(["html"])
    assert text is not None
    assert html is not None
    return text.get_content(), html.get_content(), message


def calendar_of(email: EmailMultiAlternatives) -> tuple[str, Any]:
    """Return the METHOD and the only event of the attached calendar file."""
    [part] = parts(email)[2].iter_attachments()
    calendar = Calendar.from_ical(part.get_content())
    assert part.get_content_type() == "text/calendar"
    assert part.get_filename() == "call.ics"
    assert part["Content-Type"].params["method"] == calendar["method"]
    [event] = calendar.events
    return str(calendar["method"]), event
