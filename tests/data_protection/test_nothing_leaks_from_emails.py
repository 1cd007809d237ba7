"""Emails to visitors with marked data: neither number nor address is logged or stored."""

from collections.abc import Callable
from smtplib import SMTPRecipientsRefused, SMTPServerDisconnected

import pytest
from django.core.mail import EmailMessage
from django.test import Client
from pytest_django import Settings

from callbacks.core.redaction import scrub
from callbacks.models import CallRequest, MessageKind, OutboxMessage
from callbacks.notifications import outbox
from callbacks.visitor_mails import opt_out, sending
from tests.support.factories import make_widget, post_form
from tests.support.samples.marks import EMAIL, NUMBER, marks_in

pytestmark = pytest.mark.django_db(transaction=True)

FAILURES = {
    "sent": None,
    "away": SMTPServerDisconnected(EMAIL),
    "refused": SMTPRecipientsRefused({EMAIL: (550, EMAIL.encode())}),
    "our own mistake": ZeroDivisionError(f"{NUMBER} {EMAIL}"),
}


@pytest.mark.parametrize("how", FAILURES)
def test_nothing_about_the_visitor_is_logged(
    how: str, settings: Settings, monkeypatch: pytest.MonkeyPatch, said: Callable[[], str]
) -> None:
    settings.MAIL_IS_SET = True
    fields = {"number": NUMBER, "email": EMAIL, "consent": "on"}
    assert post_form(Client(), make_widget(mails_visitors=True), **fields).status_code == 303
    call_request = CallRequest.objects.get()
    if (failure := FAILURES[how]) is not None:

        def fail(message: EmailMessage, **options: object) -> int:
            raise failure

        monkeypatch.setattr(EmailMessage, "send", fail)
    outbox.send_due(MessageKind.VISITOR_MAIL, sending.send)
    code = opt_out.code_of(call_request.email_hash)
    for address in (f"/m/{code}/", f"/m/{code}x/"):
        Client().get(address)
        Client().post(address, {"List-Unsubscribe": "One-Click"})
    message = OutboxMessage.objects.values().get()
    assert marks_in(f"{message} {said()}") == []
    assert call_request.token not in said()
    assert message["attempts"] == 1


def test_the_code_that_stops_emails_is_hidden_in_logs() -> None:

    code = opt_out.code_of("f" * 40)
    assert code not in scrub(f"GET /m/{code}/?lang=fr")
