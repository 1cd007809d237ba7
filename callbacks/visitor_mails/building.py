"""Build an email to a visitor: plain text and HTML, with its headers and its calendar file."""

from email.message import MIMEPart
from email.utils import formataddr, parseaddr
from typing import Any

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.template.loader import render_to_string
from django.utils.translation import get_language, get_language_bidi

from callbacks.contact.fallback_contact import Kind
from callbacks.models import CallRequest, MailEvent, OutboxMessage, Status
from callbacks.notifications import mail
from callbacks.scheduling import calendar_file
from callbacks.visitor_mails import opt_out, words
from callbacks.widgets import colours


def email(message: OutboxMessage, call_request: CallRequest) -> EmailMultiAlternatives:
    """Return the email of a message, in the active language.

    The visitor's token stands only in the link to the status page. Each attempt to send the message
    has the same Message-ID.
    """
    event = MailEvent(message.event)
    said = words.of(event, call_request)
    stop_link = opt_out.link(message.recipient)
    has_file = calendar_file.is_offered(call_request) or calendar_file.is_withdrawn(call_request)
    context = _context(call_request, said) | {
        "stop_link": stop_link,
        "has_file": has_file,
        "file_adds": has_file and calendar_file.method(call_request) == "PUBLISH",
    }
    contact = call_request.widget.fallback_contact
    built = mail.Email(
        mail.one_line(said.subject),
        render_to_string("mail/visitor.txt", context),
        _sender(call_request.widget.company_name),
        [call_request.email],
        reply_to=[contact.shown] if contact and contact.kind == Kind.EMAIL else None,
        headers={
            "Message-ID": mail.message_id(f"{call_request.public_id}.{event}.{message.pk}"),
            # RFC 8058: a mail program stops the emails with one POST.
            "List-Unsubscribe": f"<{stop_link}>",
            "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
            # RFC 3834: no program should answer it.
            "Auto-Submitted": "auto-generated",
        },
    )
    built.attach_alternative(render_to_string("mail/visitor.html", context), "text/html")
    if has_file:
        built.attach(_file(call_request))
    return built


def _context(call_request: CallRequest, said: words.Words) -> dict[str, Any]:
    widget = call_request.widget
    return {
        "language": get_language(),
        "is_right_to_left": get_language_bidi(),
        "said": said,
        "company": widget.company_name,
        "contact": widget.fallback_contact if said.names_contact else None,
        "palette": colours.palette(widget.accent_colour),
        "status_link": settings.PUBLIC_URL + call_request.get_absolute_url(),
        "may_change": call_request.status == Status.QUEUED,
    }


def _file(call_request: CallRequest) -> MIMEPart:
    """Return the calendar file. Its type names its METHOD, as RFC 6047 asks."""
    part = MIMEPart()
    part.set_content(
        calendar_file.of(call_request).decode(),
        subtype="calendar",
        params={"method": calendar_file.method(call_request)},
        disposition="attachment",
        filename=calendar_file.NAME,
    )
    return part


def _sender(company: str) -> str:
    """Return the site's sender, under the name of the company if it is known."""
    _name, address = parseaddr(settings.DEFAULT_FROM_EMAIL)
    return formataddr((mail.one_line(company), address)) if company else settings.DEFAULT_FROM_EMAIL
