"""What stands in an email to the team, and what never does."""

import re
from datetime import timedelta
from email import message_from_bytes, policy

import pytest
from django.test import Client

from callbacks.core import clock
from callbacks.models import CallRequest, TeamMailRecipient, Widget
from callbacks.team_mails import unsubscribing
from callbacks.team_mails.recipients import Notice
from tests.support.factories import make_widget
from tests.support.hours.december import TOWN_HALL, widget_with
from tests.support.staff.pages import signed_in
from tests.support.staff.roles import member
from tests.support.team_mails import OWNER, add, flood, send
from tests.support.visitor_mails import EMAIL, HOSTILE_NAMES, Tags, ask, parts

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("language", "words"), [("en", "New request: Shop"), ("fr", "Nouvelle demande\xa0: Shop")]
)
def test_it_speaks_the_language_of_the_recipient(shop: Widget, language: str, words: str) -> None:
    add(shop, language=language)
    ask(shop, language="en")
    [email] = send()
    _text, html, message = parts(email)
    assert str(message["Subject"]) == words
    assert words in html
    assert f'<html lang="{language}">' in html
    assert f"?lang={language}" in str(message["List-Unsubscribe"])


def test_numbers_and_emails_are_hidden_unless_the_recipient_may_read_them(shop: Widget) -> None:
    add(shop, email="masked@shop.example.fr")
    add(shop, email="full@shop.example.fr", with_contact=True)
    ask(shop)
    masked, full = (
        [re.sub(r"\s", "", part) for part in parts(email)[:2]]
        for email in sorted(send(), key=lambda email: email.to, reverse=True)
    )
    for part in masked:
        assert "12345678" not in part
        assert EMAIL not in part
        assert "j•••@example.fr" in part
        assert "78" in part
    for part in full:
        assert "+33612345678" in part
        assert EMAIL in part
        assert "Itcontainspersonaldata" in part


def test_no_header_contains_personal_data_nor_the_visitors_key(shop: Widget) -> None:
    add(shop, with_contact=True)
    call_request = ask(shop)
    [email] = send()
    source = email.message().as_bytes().decode()
    head, _, _body = source.partition("\n\n")
    for private in ("12345678", EMAIL, call_request.token):
        assert private not in re.sub(r"[\s.\xa0]", "", head)
    assert call_request.token not in source


def test_each_request_links_to_its_page_in_the_admin(shop: Widget) -> None:
    add(shop)
    call_request = ask(shop)
    [email] = send()
    text, html, _message = parts(email)
    path = f"/admin/callbacks/callrequest/{call_request.pk}/change/"
    for part in (text, html):
        assert f"http://testserver{path}" in part
    assert Client().get(path).status_code == 302  # it opens nothing by itself
    assert signed_in(member("viewers")).get(path).status_code == 200


def test_it_can_be_stopped_with_one_click(shop: Widget) -> None:
    recipient = add(shop)
    ask(shop)
    [email] = send()
    text, _html, message = parts(email)
    link = unsubscribing.link(recipient).partition("?")[0]
    assert str(message["List-Unsubscribe"]).startswith(f"<{link}")
    assert str(message["List-Unsubscribe-Post"]) == "List-Unsubscribe=One-Click"
    assert str(message["Auto-Submitted"]) == "auto-generated"
    assert link in text
    assert OWNER not in link


def test_it_says_when_a_later_call_is_planned() -> None:
    town_hall = widget_with(**TOWN_HALL, slot_minutes=30, name="Mairie")
    add(town_hall)
    now = clock.now()
    [one] = flood(town_hall, 1)
    CallRequest.objects.filter(pk=one.pk).update(due_at=now + timedelta(days=1), is_scheduled=True)
    [email] = send(now + timedelta(minutes=1))
    assert "Call planned: " in str(email.body)


def test_an_unreadable_number_is_said_to_be(shop: Widget) -> None:
    add(shop, with_contact=True)
    [one] = flood(shop, 1)
    CallRequest.objects.filter(pk=one.pk).update(number="enc1:none")
    [email] = send(clock.now() + timedelta(minutes=1))
    assert "Number: cannot be decrypted" in str(email.body)


@pytest.mark.parametrize("name", HOSTILE_NAMES)
def test_no_name_of_a_widget_adds_a_header_or_html(name: str) -> None:
    widget = make_widget(name=name.replace("\x00", ""))
    add(widget, Notice.NEW)
    ask(widget)
    [email] = send()
    sent = message_from_bytes(email.message().as_bytes(), policy=policy.default)
    allowed = {"subject", "from", "to", "date", "message-id", "list-unsubscribe"}
    allowed |= {"list-unsubscribe-post", "auto-submitted", "mime-version", "content-type"}
    assert {name.lower() for name in sent} <= allowed
    assert len(sent.get_all("Subject") or []) == 1
    assert "<b>bold" not in parts(email)[1]


def test_the_html_is_plain_and_loads_nothing(shop: Widget) -> None:
    add(shop)
    flood(shop, 2)
    [email] = send(clock.now() + timedelta(minutes=1))
    tags = Tags()
    tags.feed(parts(email)[1])
    assert not {tag for tag, _ in tags.found} & {"table", "img", "script", "link", "iframe"}
    assert tags.found
    assert all("src" not in attributes for _, attributes in tags.found)


def test_each_attempt_has_a_name_of_what_it_tells(shop: Widget) -> None:
    """Mail programs show one of two emails with the same name: both must tell the same."""
    add(shop)
    flood(shop, 1)
    now = clock.now() + timedelta(minutes=1)
    [first] = send(now)
    flood(shop, 2)
    TeamMailRecipient.objects.update(quiet_until=None)
    [second] = send(now)
    assert first.extra_headers["Message-ID"] != second.extra_headers["Message-ID"]
