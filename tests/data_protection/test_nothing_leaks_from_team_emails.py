"""Emails to the team with marked data: nothing about visitors or recipients is logged or stored."""

from collections.abc import Callable
from smtplib import SMTPRecipientsRefused, SMTPServerDisconnected

import pytest
from django.core.mail import EmailMessage
from django.test import Client
from pytest_django import Settings

from callbacks.models import AuditEntry, OutboxMessage
from callbacks.team_mails import recipients, sending, unsubscribing
from callbacks.team_mails.recipients import Notice
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
def test_nothing_about_a_person_is_logged(
    how: str, settings: Settings, monkeypatch: pytest.MonkeyPatch, said: Callable[[], str]
) -> None:
    settings.MAIL_IS_SET = True
    widget = make_widget()
    recipient = recipients.add(widget, EMAIL, list(Notice), language="fr", with_contact=True)
    fields = {"number": NUMBER, "email": EMAIL, "consent": "on"}
    assert post_form(Client(), widget, **fields).status_code == 303
    if (failure := FAILURES[how]) is not None:

        def fail(message: EmailMessage, **options: object) -> int:
            raise failure

        monkeypatch.setattr(EmailMessage, "send", fail)
    sending.send_due()
    code = unsubscribing.code_of(recipient)
    for address in (f"/m/team/{code}/", f"/m/team/{code}x/"):
        Client().get(address)
        Client().post(address, {"List-Unsubscribe": "One-Click"})
    recipients.remove(recipient)
    stored = [*AuditEntry.objects.values(), *OutboxMessage.objects.values()]
    assert marks_in(f"{stored} {said()}") == []
