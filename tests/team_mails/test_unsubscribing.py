"""Each person stops their emails with the link in them, and staff see it."""

import pytest
from django.core.exceptions import ValidationError
from django.test import Client
from django.urls import reverse
from django.utils import translation

from callbacks.core.redaction import scrub
from callbacks.models import AuditEntry, OutboxMessage, TeamMailRecipient, Widget
from callbacks.team_mails import recipients, unsubscribing
from tests.support.factories import make_widget
from tests.support.team_mails import OWNER, add, send
from tests.support.visitor_mails import ask

pytestmark = pytest.mark.django_db

ENGLISH = {"Accept-Language": "en"}


def link(recipient: TeamMailRecipient) -> str:
    return reverse("public:stop_team_emails", args=[unsubscribing.code_of(recipient)])


def is_stopped(recipient: TeamMailRecipient) -> bool:
    return TeamMailRecipient.objects.filter(pk=recipient.pk, stopped_at__isnull=False).exists()


def test_a_look_at_the_link_changes_nothing_and_asks(shop: Widget) -> None:
    recipient = add(shop)
    page = Client().get(link(recipient), headers=ENGLISH).content.decode()
    assert "Stop these emails?" in page
    assert "Shop" in page
    assert not is_stopped(recipient)


def test_one_click_stops_what_comes_and_what_waits(shop: Widget) -> None:
    recipient = add(shop)
    ask(shop)
    answer = Client().post(link(recipient), {"List-Unsubscribe": "One-Click"}, headers=ENGLISH)
    assert answer.status_code == 200
    assert "You won't get these emails any more" in answer.content.decode().replace("&#x27;", "'")
    assert send() == []
    assert OutboxMessage.objects.get().problem == "unsubscribed"
    ask(shop, nonce="other", number="06 12 34 56 79")
    assert OutboxMessage.objects.count() == 1


def test_it_works_twice_and_is_recorded_once(shop: Widget) -> None:
    recipient = add(shop)
    for _ in range(2):
        assert Client().post(link(recipient)).status_code == 200
    [entry] = AuditEntry.objects.filter(action="recipient.unsubscribe")
    assert entry.facts == {"recipient": recipient.pk}
    assert entry.about == "Shop"


def test_it_stops_the_emails_of_one_widget_to_one_person(shop: Widget) -> None:
    first, second = add(shop), add(shop, email="second@shop.example.fr")
    elsewhere = add(make_widget())
    Client().post(link(first))
    assert [is_stopped(one) for one in (first, second, elsewhere)] == [True, False, False]


def test_who_has_unsubscribed_is_not_added_again_unasked(shop: Widget) -> None:
    recipient = add(shop)
    Client().post(link(recipient))
    with translation.override("en"), pytest.raises(ValidationError, match="has unsubscribed"):
        add(shop)
    recipients.remove(TeamMailRecipient.objects.get())
    assert not is_stopped(add(shop))


@pytest.mark.parametrize("change", ["x", "", "1-", "0" * 40, "9" * 30 + "-a", "٣-a"])
def test_another_code_opens_nothing(shop: Widget, change: str) -> None:
    recipient = add(shop)
    code = unsubscribing.code_of(recipient)
    for wrong in (change + code, code[:-1] + change):
        if wrong == code:
            continue
        assert unsubscribing.recipient_of(wrong) is None
    path = link(recipient)
    assert Client().post(path[:-2] + "/").status_code == 404
    assert not is_stopped(recipient)


def test_the_code_of_a_removed_recipient_opens_nothing(shop: Widget) -> None:
    recipient = add(shop)
    path = link(recipient)
    recipients.remove(recipient)
    assert Client().get(path).status_code == Client().post(path).status_code == 404


def test_the_code_does_not_contain_the_address_and_is_hidden_in_logs(shop: Widget) -> None:
    recipient = add(shop)
    code = unsubscribing.code_of(recipient)
    assert OWNER not in code
    assert recipient.email_hash not in code
    assert code not in scrub(f"GET {link(recipient)}?lang=fr")
    assert code.partition("-")[2] not in scrub(f"GET {link(recipient)}?lang=fr")
