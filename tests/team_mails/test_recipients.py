"""Recipients are added and removed, by functions and by the command."""

import io
from datetime import time

import pytest
from django.core.exceptions import ValidationError
from django.core.management import CommandError, call_command

from callbacks.data_protection import erasure, subject_access
from callbacks.models import AuditEntry, Erasure, OutboxMessage, TeamMailRecipient, Widget
from callbacks.team_mails import recipients
from callbacks.team_mails.recipients import Notice
from tests.support.factories import make_request, make_widget
from tests.support.team_mails import OWNER, add, send
from tests.support.visitor_mails import ask

pytestmark = pytest.mark.django_db


def run(*arguments: str) -> str:
    output = io.StringIO()
    call_command("team_emails", *arguments, stdout=output)
    return output.getvalue()


def test_an_address_is_in_the_list_of_a_widget_once(shop: Widget) -> None:
    add(shop)
    with pytest.raises(ValidationError, match="already in the list"):
        add(shop, email=OWNER.upper())
    add(make_widget())
    assert TeamMailRecipient.objects.count() == 2


@pytest.mark.parametrize("email", ["", "owner", "a@b", "owner@shop.example.fr\nBcc: x@y.fr", "\0"])
def test_what_is_no_address_is_refused(shop: Widget, email: str) -> None:
    with pytest.raises(ValidationError):
        add(shop, email=email)
    assert not TeamMailRecipient.objects.exists()


def test_one_who_wants_nothing_is_refused(shop: Widget) -> None:
    with pytest.raises(ValidationError, match="at least one"):
        recipients.add(shop, OWNER, [], language="en")


def test_a_widget_has_few_recipients(shop: Widget) -> None:
    for index in range(recipients.MOST):
        add(shop, email=f"p{index}@shop.example.fr")
    with pytest.raises(ValidationError, match="20 recipients already"):
        add(shop)


def test_each_change_is_in_the_audit_trail_without_the_address(shop: Widget) -> None:
    recipient = add(shop, Notice.NEW, with_contact=True)
    recipient_pk = recipient.pk
    recipients.remove(recipient, operator="root")
    added, removed = AuditEntry.objects.order_by("pk")
    assert (added.action, removed.action) == ("recipient.add", "recipient.remove")
    known = {"recipient": recipient_pk, "notices": ["new"], "with_contact": True}
    assert added.facts == known
    assert removed.facts["operator"] == "root"
    assert OWNER not in f"{added.__dict__}{removed.__dict__}"


def test_a_removed_recipient_takes_along_what_waits(shop: Widget) -> None:
    recipient = add(shop)
    ask(shop)
    recipients.remove(recipient)
    assert send() == []
    assert not OutboxMessage.objects.exists()


def test_the_command_adds_lists_and_removes(shop: Widget) -> None:
    assert run(shop.public_id) == ""
    said = run(shop.public_id, "--add", OWNER, "--notice", "new", "--language", "fr")
    assert said == "Recipient o•••@shop.example.fr is added.\n"
    assert run(shop.public_id) == "o•••@shop.example.fr: new (fr)\n"
    run(shop.public_id, "--add", "all@shop.example.fr", "--with-contact")
    assert "new, problems, unseen, numbers in full" in run(shop.public_id)
    run(shop.public_id, "--remove", OWNER.upper())
    run(shop.public_id, "--add", OWNER, "--notice", "digest", "--digest-at", "18:45")
    assert TeamMailRecipient.objects.get(wants_digest=True).digest_at == time(18, 45)
    run(shop.public_id, "--remove", OWNER)
    assert OWNER not in [str(one.email) for one in TeamMailRecipient.objects.all()]
    assert AuditEntry.objects.filter(facts__has_key="operator").count() == 5


def test_the_command_says_what_is_wrong(shop: Widget) -> None:
    with pytest.raises(CommandError, match="No widget has the public ID"):
        run("none")
    with pytest.raises(CommandError, match="not in the list"):
        run(shop.public_id, "--remove", OWNER)
    with pytest.raises(CommandError, match="--digest-at"):
        run(shop.public_id, "--add", OWNER, "--digest-at", "25:00")
    with pytest.raises(CommandError, match="@") as wrong:
        run(shop.public_id, "--add", "nobody")
    assert "nobody" not in str(wrong.value)


def test_a_person_gets_a_copy_of_their_entries_and_messages(shop: Widget) -> None:
    add(shop, Notice.NEW)
    ask(shop)
    send()
    copy = subject_access.export(email=OWNER.upper())["team_emails"]
    [entry], [message] = copy["lists"], copy["messages"]
    assert (entry["widget__name"], entry["wants_new"], entry["with_contact"]) == (
        "Shop",
        True,
        False,
    )
    assert (message["kind"], message["state"]) == ("team_mail", "sent")
    assert subject_access.export(email="other@example.fr")["team_emails"]["lists"] == []
    assert "team_emails" not in subject_access.export(number="+33612345678")


def test_an_erasure_of_the_address_removes_it_and_certifies_that(shop: Widget) -> None:
    add(shop)
    other = add(shop, email="other@shop.example.fr")
    erasure.erase(None, email=OWNER)
    assert list(TeamMailRecipient.objects.all()) == [other]
    assert Erasure.objects.get().counts["recipients"] == 1


def test_an_erasure_of_a_request_leaves_the_recipient_who_made_it(shop: Widget) -> None:
    """A member of the team tries the form: erasing that request must not stop their emails."""
    add(shop)
    call_request = make_request(widget=shop, email=OWNER, status="called")
    erasure.erase(None, call_request=call_request)
    assert TeamMailRecipient.objects.count() == 1
