"""What stands in an email to a visitor, and what never does."""

import re
from email import message_from_bytes, policy
from smtplib import SMTPRecipientsRefused
from typing import Any

import pytest
from django.core.mail import EmailMessage
from django.urls import reverse
from pytest_django import Settings

from callbacks.core import clock, crypto
from callbacks.models import CallRequest, MessageKind, OutboxMessage, Widget
from callbacks.notifications import outbox
from callbacks.visitor_mails import opt_out, sending
from tests.support.factories import make_widget
from tests.support.visitor_mails import EMAIL, HOSTILE_NAMES, Tags, ask, parts, send

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("language", "words"),
    [("en", "We received your request"), ("fr", "Nous avons bien reçu votre demande")],
)
def test_it_speaks_the_language_of_the_request(shop: Widget, language: str, words: str) -> None:
    ask(shop, language=language)
    [email] = send()
    text, html, _message = parts(email)
    assert words in text
    assert words in html
    assert f'<html lang="{language}">' in html
    assert f"?lang={language}" in text


def test_the_html_is_plain_and_loads_nothing(shop: Widget) -> None:
    ask(shop)
    [email] = send()
    tags = Tags()
    tags.feed(parts(email)[1])
    assert not {tag for tag, _ in tags.found} & {"table", "img", "script", "link", "iframe"}
    assert ("meta", {"name": "color-scheme", "content": "light dark"}) in tags.found
    assert tags.found
    assert all("src" not in attributes for _, attributes in tags.found)


def test_no_number_in_full_and_the_token_only_in_the_link(shop: Widget) -> None:
    call_request = ask(shop)
    [email] = send()
    source = email.message().as_bytes().decode()
    text, html, _message = parts(email)
    for readable in (source, text, html):
        digits = re.sub(r"[\s.\xa0]", "", readable)
        assert "612345678" not in digits
    link = f"http://testserver/r/{call_request.token}/"
    for readable in (text, html):
        assert readable.count(call_request.token) == 1
        assert link in readable
    head, _, _body = source.partition("\n\n")
    assert call_request.token not in head
    assert call_request.public_id in head


def test_it_can_be_stopped_with_one_click(shop: Widget) -> None:
    ask(shop)
    [email] = send()
    text, _html, message = parts(email)
    link = opt_out.link(crypto.email_hash(EMAIL)).partition("?")[0]
    assert str(message["List-Unsubscribe"]).startswith(f"<{link}")
    assert str(message["List-Unsubscribe-Post"]) == "List-Unsubscribe=One-Click"
    assert str(message["Auto-Submitted"]) == "auto-generated"
    assert link in text
    assert EMAIL not in link


def test_the_link_of_the_one_click_is_sent_as_it_is(shop: Widget, settings: Settings) -> None:
    settings.PUBLIC_URL = f"https://{'long-' * 12}name.callback.example"
    ask(shop)
    [email] = send()
    source = email.message(policy=policy.SMTP).as_bytes().decode("ascii")
    link = opt_out.link(crypto.email_hash(EMAIL)).partition("?")[0]
    assert f"\r\nList-Unsubscribe: <{link}?lang=en>\r\n" in source
    assert max(map(len, source.split("\r\n"))) <= 998


@pytest.mark.parametrize("company", HOSTILE_NAMES)
def test_no_company_name_adds_a_header_or_html(company: str) -> None:
    widget = make_widget(mails_visitors=True, company_name=company.replace("\x00", ""))
    ask(widget)
    [email] = send()
    sent = message_from_bytes(email.message().as_bytes(), policy=policy.default)
    allowed = {"subject", "from", "to", "date", "message-id", "list-unsubscribe"}
    allowed |= {"list-unsubscribe-post", "auto-submitted", "mime-version", "content-type"}
    assert {name.lower() for name in sent} <= allowed
    assert len(sent.get_all("Subject") or []) == 1
    assert "<b>bold" not in parts(email)[1]


@pytest.mark.parametrize(
    "email", ["jo@example.fr\nBcc: all@example.fr", "jo@example.fr, ann@example.fr", "jo@"]
)
def test_no_stored_email_adds_a_recipient(shop: Widget, email: str) -> None:
    call_request = ask(shop)
    CallRequest.objects.filter(pk=call_request.pk).update(email=email)
    assert send() == []


def test_a_process_that_dies_after_sending_sends_the_same_message_id_again(
    shop: Widget, monkeypatch: pytest.MonkeyPatch, mailoutbox: list[EmailMessage]
) -> None:
    ask(shop)
    send_one = EmailMessage.send

    def send_and_die(message: EmailMessage, **options: Any) -> int:
        send_one(message)
        raise KeyboardInterrupt

    with monkeypatch.context() as dying:
        dying.setattr(EmailMessage, "send", send_and_die)
        with pytest.raises(KeyboardInterrupt):
            send()
    assert len(send(clock.now() + outbox.FIRST_WAIT)) == 1
    first, second = (email.message()["Message-ID"] for email in mailoutbox)
    assert first == second
    assert OutboxMessage.objects.get().state == "sent"


def test_each_email_has_a_message_id_of_its_own(shop: Widget) -> None:
    ask(shop)
    ask(shop, nonce="b", number="06 98 76 54 32")
    ids = {email.message()["Message-ID"] for email in send()}
    assert len(ids) == 2


def test_an_address_that_the_server_refuses_is_tried_once(
    shop: Widget, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def refuse(message: EmailMessage, **options: Any) -> int:
        raise SMTPRecipientsRefused({EMAIL: (550, b"no such user jo@example.fr")})

    call_request = ask(shop)
    monkeypatch.setattr(EmailMessage, "send", refuse)
    caplog.clear()
    send()
    assert (OutboxMessage.objects.get().state, OutboxMessage.objects.get().problem) == (
        "failed",
        outbox.REFUSED,
    )
    assert EMAIL not in caplog.text
    assert call_request.token not in caplog.text


def test_the_list_of_messages_names_the_visitor_masked(shop: Widget, admin_client: Any) -> None:
    ask(shop)
    assert outbox.send_due(MessageKind.VISITOR_MAIL, sending.send) == 1
    page = admin_client.get(reverse("admin:callbacks_outboxmessage_changelist")).content.decode()
    assert "j•••@example.fr" in page
    assert EMAIL not in page


def test_the_page_of_the_request_in_the_admin_says_what_was_sent(
    shop: Widget, admin_client: Any
) -> None:
    call_request = ask(shop)
    send()
    Widget.objects.update(mails_visitors=False)
    late = make_widget(mails_visitors=True)
    other = ask(late, nonce="b", number="06 98 76 54 32", email="ann@example.fr")
    Widget.objects.update(mails_visitors=False)
    send()
    english = {"Accept-Language": "en"}
    for row, words in (
        (call_request, ["Sent"]),
        (other, ["Not needed", "Emails to visitors are off"]),
    ):
        address = reverse("admin:callbacks_callrequest_change", args=[row.pk])
        page = admin_client.get(address, headers=english).content.decode()
        assert "Email to the visitor: Request received" in page
        assert all(word in page for word in words)
