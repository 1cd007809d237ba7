"""Send one email to a visitor, if it still says what is true."""

from datetime import datetime, timedelta

from django.conf import settings
from django.utils import translation

from callbacks.contact import email_addresses
from callbacks.core import clock
from callbacks.models import CallRequest, MailEvent, OutboxMessage, Status
from callbacks.notifications import mail, outbox
from callbacks.visitor_mails import building, daily_limit, opt_out
from callbacks.widgets import languages

# An email that could not be sent for this long is of no use any more.
USEFUL_FOR = timedelta(days=1)
_TRUE_OF = {
    MailEvent.ASKED: {Status.QUEUED, Status.CALLING, Status.CALLED, Status.UNCERTAIN},
    MailEvent.MOVED: {Status.QUEUED},
    MailEvent.CONFIRMED: {Status.QUEUED},
    MailEvent.CANCELLED: {Status.CANCELLED},
    MailEvent.FAILED: {Status.FAILED},
    MailEvent.UNCERTAIN: {Status.UNCERTAIN},
}


def send(message: OutboxMessage) -> None:
    """Send an email about a request to its visitor.

    Raises:
        outbox.Dropped: there is nothing to tell any more, or the visitor gets no emails.
        outbox.NotSent: the mail server did not accept it.
    """
    call_request = CallRequest.objects.select_related("widget").filter(messages=message).first()
    if call_request is None or call_request.erased_at is not None:
        raise outbox.Dropped("erased")
    if why_not := _objection(message, call_request):
        raise outbox.Dropped(why_not)
    if not daily_limit.admit(message):
        raise outbox.Dropped("too_many")
    language = languages.supported(call_request.language) or settings.LANGUAGE_CODE
    with translation.override(language):
        email = building.email(message, call_request)
    try:
        is_accepted = mail.deliver(email)
    except (mail.Refused, ValueError):
        raise outbox.NotSent(outbox.REFUSED, is_permanent=True) from None
    if not is_accepted:
        raise outbox.NotSent("mail_away")


def _objection(message: OutboxMessage, call_request: CallRequest) -> str:
    """Return the code of why the email is not sent, or "" if nothing speaks against it."""
    if not (settings.MAIL_IS_SET and call_request.widget.mails_visitors):
        return "mail_off"
    if call_request.is_test_call:
        return "test_call"
    try:
        email_addresses.clean(call_request.email)
    except email_addresses.EmailRefused:
        return "no_address"
    if opt_out.is_stopped(message.recipient):
        return "opted_out"
    later = OutboxMessage.objects.filter(
        call_request=call_request, kind=message.kind, pk__gt=message.pk
    )
    if later.exists():
        return "superseded"
    return "" if _is_true(message, call_request, clock.now()) else "outdated"


def _is_true(message: OutboxMessage, call_request: CallRequest, now: datetime) -> bool:
    """Return whether what the email says is still true of the request, and of use."""
    event = MailEvent(message.event)
    if call_request.status not in _TRUE_OF[event]:
        return False
    tells_a_time = event in {MailEvent.MOVED, MailEvent.CONFIRMED}
    if tells_a_time or (event == MailEvent.ASKED and call_request.slot_start is not None):
        return call_request.status == Status.QUEUED and call_request.due_at > now
    return now - message.created_at < USEFUL_FOR
