"""Managers see who gets emails about a widget's requests, add people and remove them."""

from datetime import time
from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from pytest_django import Settings

from callbacks.models import AuditEntry, OutboxMessage, TeamMailRecipient, Widget
from callbacks.team_mails import digest, unsubscribing
from callbacks.team_mails.recipients import Notice
from tests.support.factories import make_widget
from tests.support.staff.pages import make_staff, signed_in
from tests.support.staff.roles import member
from tests.support.team_mails import OWNER, add

pytestmark = pytest.mark.django_db

ENGLISH = {"Accept-Language": "en"}
GOOD = {"email": OWNER, "notices": ["new", "problems"], "language": "fr"}


@pytest.fixture
def manager() -> Client:
    return signed_in(member("managers"))


@pytest.fixture
def shop() -> Widget:
    return make_widget(name="Shop")


def page_of(widget: Widget) -> str:
    return reverse("admin:callbacks_widget_mails", args=[widget.pk])


def remove_page(recipient: TeamMailRecipient) -> str:
    return reverse("admin:callbacks_widget_mails_remove", args=[recipient.widget_id, recipient.pk])


def read(client: Client, address: str) -> str:
    return client.get(address, headers=ENGLISH).content.decode()


@pytest.mark.long
def test_the_page_of_a_widget_leads_there(manager: Client, shop: Widget) -> None:
    change = reverse("admin:callbacks_widget_change", args=[shop.pk])
    assert page_of(shop) in read(manager, change)
    assert page_of(shop) not in read(signed_in(member("operators")), change)


def test_a_recipient_is_added_and_listed(manager: Client, shop: Widget) -> None:
    assert "Nobody gets emails" in read(manager, page_of(shop))
    answer = manager.post(page_of(shop), GOOD, follow=True, headers=ENGLISH)
    shown = answer.content.decode()
    for words in (OWNER, "each new request, failed and uncertain requests", "Partly hidden"):
        assert words in shown
    recipient = TeamMailRecipient.objects.get()
    assert (recipient.language, recipient.with_contact) == ("fr", False)
    assert AuditEntry.objects.get(action="recipient.add").person is not None


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"email": "nobody"}, "contains an @"),
        ({"email": ""}, "required"),
        ({"email": "x" * 300}, "254"),
        ({"email": "a\0b@example.fr"}, "Null characters"),
        ({"notices": []}, "Choose at least one kind"),
        ({"notices": ["other"]}, "not one of the available choices"),
        ({"digest_at": "25:00"}, "valid time"),
        ({"digest_at": "\0"}, "valid time"),
        ({"language": "xx"}, "not one of the available choices"),
    ],
)
def test_what_is_wrong_is_said_beside_the_field(
    manager: Client, shop: Widget, change: dict[str, Any], words: str
) -> None:
    answer = manager.post(page_of(shop), GOOD | change, headers=ENGLISH)
    assert answer.status_code == 422
    assert words in answer.content.decode()
    assert not TeamMailRecipient.objects.exists()


def test_the_daily_summary_comes_at_the_time_that_was_chosen(manager: Client, shop: Widget) -> None:
    manager.post(page_of(shop), GOOD | {"notices": ["digest"], "digest_at": "18:45"})
    recipient = TeamMailRecipient.objects.get()
    assert (recipient.wants_digest, recipient.digest_at) == (True, time(18, 45))
    assert recipient.digest_due_at is not None
    assert "a daily summary (18:45)" in read(manager, page_of(shop))


def test_an_address_that_is_known_is_refused(manager: Client, shop: Widget) -> None:
    add(shop)
    answer = manager.post(page_of(shop), GOOD, headers=ENGLISH)
    assert "already in the list" in answer.content.decode()


def test_numbers_in_full_need_the_right_to_copy_them(shop: Widget) -> None:
    limited = make_staff("limited")
    names = ["change_widget", "view_callrequest"]
    limited.user_permissions.set(Permission.objects.filter(codename__in=names))
    client = signed_in(limited)
    assert "with_contact" not in read(client, page_of(shop))
    client.post(page_of(shop), GOOD | {"with_contact": "on"})
    assert not TeamMailRecipient.objects.get().with_contact


def test_a_manager_chooses_numbers_in_full_after_a_warning(manager: Client, shop: Widget) -> None:
    assert "they leave this site" in read(manager, page_of(shop))
    manager.post(page_of(shop), GOOD | {"with_contact": "on"})
    assert TeamMailRecipient.objects.get().with_contact
    assert "In full" in read(manager, page_of(shop))


def test_it_is_removed_after_a_question(manager: Client, shop: Widget) -> None:
    recipient = add(shop)
    assert f"{OWNER} gets no more emails" in read(manager, remove_page(recipient))
    assert TeamMailRecipient.objects.exists()
    answer = manager.post(remove_page(recipient), follow=True, headers=ENGLISH)
    assert "The recipient is removed." in answer.content.decode()
    assert not TeamMailRecipient.objects.exists()


def test_a_widget_whose_recipients_were_sent_something_can_be_deleted(
    manager: Client, shop: Widget, settings: Settings
) -> None:
    settings.MAIL_IS_SET = True
    recipient = add(shop, Notice.DIGEST)
    TeamMailRecipient.objects.update(digest_due_at=recipient.created_at)
    assert digest.add_due() == 1
    manager.post(reverse("admin:callbacks_widget_delete", args=[shop.pk]), {"post": "yes"})
    assert not Widget.objects.exists()
    assert not OutboxMessage.objects.exists()


def test_a_recipient_of_another_widget_is_not_found_there(manager: Client, shop: Widget) -> None:
    recipient = add(make_widget())
    address = reverse("admin:callbacks_widget_mails_remove", args=[shop.pk, recipient.pk])
    assert manager.post(address).status_code == 404
    assert TeamMailRecipient.objects.exists()


def test_who_has_unsubscribed_is_shown(manager: Client, shop: Widget) -> None:
    unsubscribing.stop(add(shop))
    assert "Unsubscribed on" in read(manager, page_of(shop))


def test_a_site_without_a_mail_server_says_so(
    manager: Client, shop: Widget, settings: Settings
) -> None:
    settings.MAIL_IS_SET = False
    assert "has no mail server yet" in read(manager, page_of(shop))
    settings.MAIL_IS_SET = True
    assert "has no mail server yet" not in read(manager, page_of(shop))


def test_the_page_takes_the_same_queries_for_any_number(manager: Client, shop: Widget) -> None:
    def queries() -> int:
        with CaptureQueriesContext(connection) as asked:
            assert manager.get(page_of(shop)).status_code == 200
        return len(asked)

    add(shop)
    queries()
    first = queries()
    for index in range(9):
        add(shop, email=f"p{index}@shop.example.fr")
    assert queries() == first
