"""Emails to the team tell the answers to additional fields, and what came of the call."""

import re
from datetime import time, timedelta
from typing import Any

import pytest
from cryptography.fernet import Fernet
from django.core import mail
from django.db import connection
from django.test.utils import CaptureQueriesContext
from pytest_django import Settings

from callbacks.core import clock, redaction
from callbacks.models import (
    CallOutcome,
    CallRequest,
    MessageKind,
    OutcomeStatus,
    TeamMailEvent,
    Widget,
)
from callbacks.notifications import outbox
from callbacks.team_mails import digest, words
from callbacks.team_mails.recipients import Notice
from tests.support.extra_fields import NAME, ORDER, SUBJECT
from tests.support.factories import make_request, make_widget
from tests.support.team_mails import add, flood, send
from tests.support.visitor_mails import EMAIL, ask, parts

pytestmark = pytest.mark.django_db


@pytest.fixture
def shop() -> Widget:
    return make_widget(name="Shop", extra_fields=[ORDER, SUBJECT, NAME])


def body() -> str:
    """Return the text of the only email that is due."""
    [email] = send()
    return parts(email)[0]


def rate(call_request: CallRequest, status: str = OutcomeStatus.QUALIFIED, **fields: Any) -> None:
    CallOutcome.objects.create(
        key=f"{CallOutcome.objects.count()}",
        received_at=clock.now(),
        call_request=call_request,
        status=status,
        **fields,
    )


def test_answers_are_told_in_the_language_of_the_recipient(shop: Widget) -> None:
    add(shop, Notice.NEW, language="fr")
    ask(shop, answers={"order": "A-17", "subject": "repair"})
    text = body().replace("\xa0", " ")
    assert "Numéro de commande : A-17" in text
    assert "Sujet : Une réparation" in text


@pytest.mark.parametrize("with_contact", [False, True])
def test_personal_answers_are_hidden_unless_the_recipient_may_read_them(
    shop: Widget, with_contact: bool
) -> None:
    add(shop, Notice.NEW, with_contact=with_contact)
    ask(shop, answers={"name": "Jo Martin", "order": f"for {EMAIL}, 06 12 34 56 78"})
    text = body()
    assert (("Your name: Jo Martin" in text), (EMAIL in text)) == (with_contact, with_contact)
    assert (f"Your name: {redaction.HIDDEN}" in text) is not with_contact
    assert ("06 12 34 56 78" in text) is with_contact


def test_personal_answers_that_no_key_decrypts_are_told_as_such(
    shop: Widget, settings: Settings
) -> None:
    old, new = (Fernet.generate_key().decode() for _ in range(2))
    settings.ENCRYPTION_KEYS = [old]
    ask(shop, answers={"name": "Jo Martin"})
    settings.ENCRYPTION_KEYS = [new]
    recipient = add(shop, Notice.NEW, with_contact=True)
    said = words.of(recipient, [(TeamMailEvent.NEW, CallRequest.objects.get())])
    assert dict(said.entries[0].facts)["Your name"] == "cannot be decrypted"


def test_an_answer_adds_no_line_of_its_own(shop: Widget) -> None:
    add(shop, Notice.NEW)
    ask(shop, answers={"order": "1 <b>Status: Called</b>"})
    [email] = send()
    text, html, _message = parts(email)
    assert "Order number: 1 <b>Status: Called</b>" in text
    assert "&lt;b&gt;Status: Called&lt;/b&gt;" in html


def test_the_latest_outcome_of_the_call_is_told(shop: Widget) -> None:
    add(shop, Notice.NEW)
    call_request = ask(shop)
    now = clock.now()
    with clock.set_to(now - timedelta(minutes=1)):
        rate(call_request, OutcomeStatus.VOID)
    rate(call_request, tags=["quote", "boats"])
    assert "Outcome of the call: Qualified (quote, boats)" in body()


def test_a_summary_counts_the_outcomes_that_were_reported(shop: Widget) -> None:
    now, other = clock.now(), make_widget()
    with clock.set_to(now - timedelta(hours=2)):
        add(shop, Notice.DIGEST, digest_at=time(8, 30))
        rate(make_request(widget=shop))
    with clock.set_to(now - timedelta(days=1)):
        early = make_request(widget=shop)
    with clock.set_to(now):
        for status in (OutcomeStatus.QUALIFIED, OutcomeStatus.QUALIFIED, OutcomeStatus.VOID, ""):
            rate(early, status)
        rate(make_request(widget=other))
    with clock.set_to(now + timedelta(days=1)):
        digest.add_due()
        outbox.send_due(MessageKind.TEAM_DIGEST, digest.send)
    [email] = mail.outbox
    assert "Calls with the outcome “Qualified”: 2" in email.body
    assert "Calls with the outcome “Void”: 1" in email.body


def test_more_requests_with_answers_and_outcomes_need_no_more_queries(shop: Widget) -> None:
    add(shop, Notice.NEW)
    counts = []
    for hours in (0, 1):
        with clock.set_to(clock.now() + timedelta(hours=hours)):
            for call_request in flood(shop, 3 + 5 * hours):
                CallRequest.objects.filter(pk=call_request.pk).update(answers={"order": "A"})
                rate(call_request)
            with CaptureQueriesContext(connection) as asked:
                [email] = send(clock.now())
        assert len(re.findall("Order number: A", parts(email)[0])) == 3 + 5 * hours
        counts.append(len(asked))
    assert counts[0] == counts[1]
