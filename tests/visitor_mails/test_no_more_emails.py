"""A visitor stops all emails, from an email or from the page of the request; staff can undo it."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse
from pytest_django import Settings

from callbacks.abuse import block_list, system_blocks
from callbacks.accounts import api_keys
from callbacks.core import clock, crypto
from callbacks.data_protection import erasure, subject_access
from callbacks.models import Block, BlockKind, CallRequest, Scope, Widget
from callbacks.visitor_mails import opt_out
from tests.support.factories import make_widget
from tests.support.visitor_mails import EMAIL, ask, ends, send

pytestmark = pytest.mark.django_db

ENGLISH = {"HTTP_ACCEPT_LANGUAGE": "en"}


def link() -> str:
    return reverse("public:stop_emails", args=[opt_out.code_of(crypto.email_hash(EMAIL))])


def is_stopped() -> bool:
    return opt_out.is_stopped(crypto.email_hash(EMAIL))


def test_the_link_in_the_email_asks_first(shop: Widget) -> None:
    ask(shop)
    page = Client().get(link(), **ENGLISH)  # type: ignore[arg-type]
    assert page.status_code == 200
    assert "Stop all emails to this address?" in page.content.decode()
    assert "jo" not in page.content.decode().replace("join", "")
    assert not is_stopped()
    Client().head(link())
    assert not is_stopped()


def test_one_click_of_a_mail_program_stops_all_emails(shop: Widget) -> None:
    ask(shop)
    answer = Client().post(
        link(),
        "List-Unsubscribe=One-Click",
        content_type="application/x-www-form-urlencoded",
    )
    assert answer.status_code == 200
    assert not answer.cookies
    assert is_stopped()
    assert send() == []
    assert ends() == [("asked", "dropped", "opted_out")]
    ask(make_widget(mails_visitors=True), nonce="b", number="06 98 76 54 32")
    assert send() == []


def test_stopping_emails_stops_no_calls(shop: Widget) -> None:
    Client().post(link())
    assert not block_list.is_blocked(email=EMAIL)
    ask(shop)


@pytest.mark.parametrize("code", ["x", "0" * 80, "f" * 40])
def test_a_wrong_code_is_not_found_and_changes_nothing(code: str) -> None:
    address = reverse("public:stop_emails", args=[code])
    assert Client().get(address).status_code == Client().post(address).status_code == 404
    assert not Block.objects.exists()


def test_another_site_cannot_send_the_form() -> None:
    answer = Client().post(link(), headers={"Origin": "https://evil.example"})
    assert answer.status_code == 403
    assert not is_stopped()


def test_the_page_of_the_request_offers_it_beside_do_not_call_me_again(shop: Widget) -> None:
    call_request = ask(shop)
    status = call_request.get_absolute_url()
    address = reverse("public:no_emails", args=[call_request.token])
    page = Client().get(status).content.decode()
    assert page.index("Do not call me again") < page.index("No more emails to this address")
    assert f'href="{address}"' in page
    asked = Client().get(address).content.decode()
    assert "j•••@example.fr" in asked
    assert not is_stopped()
    assert Client().post(address).status_code == 303
    assert is_stopped()
    page = Client().get(status).content.decode()
    assert address not in page
    assert "won't send any more emails to j•••@example.fr" in page
    call_request.refresh_from_db()
    assert call_request.status == "queued"


@pytest.mark.parametrize("off", ["widget", "site"])
def test_the_page_does_not_offer_it_while_no_emails_are_sent(
    shop: Widget, settings: Settings, off: str
) -> None:
    call_request = ask(shop)
    if off == "widget":
        Widget.objects.update(mails_visitors=False)
    else:
        settings.MAIL_IS_SET = False
    address = reverse("public:no_emails", args=[call_request.token])
    assert address not in Client().get(call_request.get_absolute_url()).content.decode()
    assert Client().get(address).status_code == Client().post(address).status_code == 303
    assert not is_stopped()


def test_the_choice_outlives_the_request(shop: Widget) -> None:
    call_request = ask(shop)
    Client().post(link())
    assert str(Block.objects.get().value) == EMAIL
    erasure.erase(None, email=EMAIL)
    block = Block.objects.get()
    assert (str(block.value), block.reason) == ("", opt_out.BY_VISITOR)
    assert is_stopped()
    call_request.refresh_from_db()
    Block.objects.all().delete()
    Client().post(link())  # the link still works, and only the hash is known
    assert str(Block.objects.get().value) == ""
    assert is_stopped()


def test_an_erasure_of_the_request_alone_reaches_the_entry(shop: Widget) -> None:
    call_request = ask(shop)
    Client().post(link())
    erasure.erase(None, call_request=call_request)
    assert str(Block.objects.get().value) == ""


def test_a_person_gets_a_copy_of_the_choice(shop: Widget) -> None:
    ask(shop)
    Client().post(link())
    [entry] = subject_access.export(email=EMAIL)["block_list"]
    assert entry["kind"] == BlockKind.MAIL
    assert subject_access.export(number="+33612345678")["block_list"] == []


def test_staff_see_it_and_lift_it(shop: Widget, admin_client: Client, admin_user: User) -> None:
    ask(shop)
    Client().post(link())
    changelist = reverse("admin:callbacks_block_changelist")
    page = admin_client.get(changelist, **ENGLISH).content.decode()  # type: ignore[arg-type]
    assert "j•••@example.fr" in page
    assert "Emails to" in page
    assert opt_out.BY_VISITOR in page
    found = admin_client.post(changelist, {"q": EMAIL}, follow=True).content.decode()
    assert "j•••@example.fr" in found
    delete = reverse("admin:callbacks_block_delete", args=[Block.objects.get().pk])
    admin_client.post(delete, {"post": "yes"})
    assert not is_stopped()
    assert len(send()) == 1


def test_staff_stop_emails_for_a_person_who_asks_by_phone(shop: Widget) -> None:
    block_list.add(BlockKind.MAIL, "Jo@Example.fr", until=clock.now() + timedelta(days=1))
    ask(shop)
    assert send() == []
    Client().post(link())  # the person's own choice has no end
    assert Block.objects.get().until is None
    Client().post(link())
    assert Block.objects.count() == 1
    assert CallRequest.objects.get().status == "queued"


def test_the_owners_choice_replaces_that_of_a_system_which_can_then_not_undo_it(
    shop: Widget,
) -> None:
    key, _secret = api_keys.create("CRM", [Scope.BLOCKS_WRITE], None)
    system_blocks.add(key, BlockKind.MAIL, EMAIL, reason="asked by phone", until=None)
    Client().post(link())
    with pytest.raises(system_blocks.AskedByVisitor):
        system_blocks.remove(key, Block.objects.get())
    assert Block.objects.get().reason == opt_out.BY_VISITOR
