"""Inviting a colleague: from a name, an email and a role to their first sign-in."""

import re
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier
from typing import Any

import pytest
from django.contrib.auth.hashers import MD5PasswordHasher
from django.contrib.auth.models import Group, Permission, User
from django.contrib.auth.tokens import PasswordResetTokenGenerator
from django.core import mail
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.urls import reverse

from callbacks.accounts import audit_log
from callbacks.models import AuditEntry
from callbacks.staff.accounts import invitation
from callbacks.staff.accounts.password_reset import NewPasswordForm
from tests.support.staff.pages import make_staff, messages_on, signed_in
from tests.support.staff.roles import member
from tests.support.staff.signing_in import INDEX, PASSWORD, browser, send_password, with_password

pytestmark = pytest.mark.django_db

ADD = reverse("admin:auth_user_add")
LIST = reverse("admin:auth_user_changelist")


@pytest.fixture(autouse=True)
def empty_cache() -> None:
    cache.clear()


@pytest.fixture
def manager() -> User:
    manager = member("managers")
    User.objects.filter(pk=manager.pk).update(first_name="Ada", last_name="Martin")
    return manager


@pytest.fixture
def invite(manager: User) -> Any:
    """Sends the form as the manager; what is missing is filled in."""
    client = signed_in(manager)

    def send(role: str = "operators", **fields: str) -> Any:
        sent = {"name": "Marie Dupont", "email": "marie@example.fr"} | fields
        pk = Group.objects.get(name=role).pk if role else ""
        return client.post(ADD, sent | {"role": pk})

    send.client = client  # type: ignore[attr-defined]
    return send


def link() -> str:
    (found,) = re.findall(r"http://testserver(\S+/invitation/\S+)", mail.outbox[-1].body)  # type: ignore[arg-type]
    return found


def choose_password(address: str, password: str = PASSWORD) -> str:
    """Opens the link of an invitation, and chooses a password there; gives the last page."""
    client = browser()
    page = client.get(address, follow=True)
    if not page.redirect_chain:
        return page.text
    words = {"new_password1": password, "new_password2": password}
    return client.post(page.redirect_chain[-1][0], words, follow=True).text


@pytest.mark.long
def test_a_colleague_is_invited_chooses_a_password_and_signs_in(invite: Any) -> None:
    assert invite()["Location"] == LIST
    (sent,) = mail.outbox
    assert sent.to == ["marie@example.fr"]
    assert sent.subject == "Ada Martin invites you to handle callback requests"
    for told in ("Hello Marie Dupont", "Operators", "Your user name: marie.dupont", "for 7 days"):
        assert told in sent.body
    assert "marie.dupont" in browser().get(link(), follow=True).text
    assert "Your password is saved." in choose_password(link())
    for name in ("marie.dupont", "Marie@Example.fr"):  # as people type what they remember
        client = browser()
        send_password(client, name)
        assert client.get(INDEX).status_code == 200
    marie = User.objects.get(username="marie.dupont")
    assert [group.name for group in marie.groups.all()] == ["operators"]
    told = AuditEntry.objects.filter(action__in=["user.add", audit_log.INVITE])  # type: ignore[assignment]
    assert {(entry.action, entry.about) for entry in told} == {  # type: ignore[attr-defined]
        ("user.add", "marie.dupont"),
        (audit_log.INVITE, "marie.dupont"),
    }


def test_the_manager_is_told_that_it_was_sent(invite: Any) -> None:
    invite()
    html = invite.client.get(LIST).text
    assert messages_on(html) == [
        "The invitation of Marie Dupont has been sent to marie@example.fr."
    ]
    assert "Invited" in html


def test_a_link_works_once_and_a_newer_one_replaces_it(invite: Any) -> None:
    invite()
    first, marie = link(), User.objects.get(username="marie.dupont")
    again = reverse("admin:auth_user_invite", args=[marie.pk])
    assert again in invite.client.get(reverse("admin:auth_user_change", args=[marie.pk])).text
    invite.client.post(again)
    assert len(mail.outbox) == 2
    assert "It is more than" in choose_password(first)
    assert "Your password is saved." in choose_password(link())
    assert "It is more than" in choose_password(link())
    # Nobody is invited whose password is chosen: it would be taken away.
    invite.client.post(again)
    assert len(mail.outbox) == 2
    marie.refresh_from_db()
    assert marie.check_password(PASSWORD)


def test_of_two_who_use_a_link_at_once_the_second_is_refused(
    invite: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    invite()
    address, clean, others = link(), NewPasswordForm.clean, [True]

    def overtaken(form: NewPasswordForm) -> Any:
        if others and others.pop():
            assert "Your password is saved." in choose_password(address)
        return clean(form)

    monkeypatch.setattr(NewPasswordForm, "clean", overtaken)
    assert "This invitation no longer works" in choose_password(address, "quite another one")
    assert User.objects.get(username="marie.dupont").check_password(PASSWORD)


def test_a_password_chosen_meanwhile_is_not_taken_away(
    invite: Any, manager: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    invite()
    marie, address = User.objects.get(username="marie.dupont"), link()
    is_pending = invitation.is_pending

    def overtaken(account: User) -> bool:
        pending = is_pending(account)
        choose_password(address)
        return pending

    monkeypatch.setattr("callbacks.staff.accounts.user_admin.invitation.is_pending", overtaken)
    page = invite.client.post(reverse("admin:auth_user_invite", args=[marie.pk]), follow=True)
    assert "has chosen a password in the meantime" in page.text
    marie.refresh_from_db()
    assert marie.check_password(PASSWORD)
    assert len(mail.outbox) == 1


@pytest.mark.parametrize(("days", "works"), [(6, True), (8, False)])
def test_a_link_works_for_a_week(
    invite: Any, monkeypatch: pytest.MonkeyPatch, days: int, works: bool
) -> None:
    invite()
    now = PasswordResetTokenGenerator._now
    later = timedelta(days=days)
    monkeypatch.setattr(PasswordResetTokenGenerator, "_now", lambda self: now(self) + later)
    assert ("Your password is saved." in choose_password(link())) is works


def test_an_invitation_is_no_way_to_reset_a_password(invite: Any) -> None:
    invite()
    reset = link().replace("/invitation/", "/password-reset/")
    assert "It is more than" in choose_password(reset)


@pytest.mark.django_db(transaction=True)  # the account is looked up in a thread of its own
def test_who_lost_the_invitation_asks_for_a_new_password(invite: Any) -> None:
    invite()
    browser().post(reverse("admin:admin_password_reset"), {"email": "marie@example.fr"})
    for thread in threading.enumerate():
        if thread.name == "password-reset":
            thread.join(timeout=30)
    (address,) = re.findall(r"http://testserver(\S+)", mail.outbox[-1].body)  # type: ignore[arg-type]
    assert "Your password has been changed." in choose_password(address)


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ({"name": ""}, "This field is required."),
        ({"name": "Marie\nDupont"}, "on one line"),
        ({"email": "marie"}, "Enter a valid email address."),
        ({"email": "Taken@Example.fr"}, "“colleague” already has this address"),
        ({"role": ""}, "Choose a role: without one, nobody can sign in."),
    ],
)
def test_what_is_wrong_is_said_and_nothing_is_sent(
    invite: Any, fields: dict[str, str], told: str
) -> None:
    colleague = make_staff("colleague")
    User.objects.filter(pk=colleague.pk).update(email="taken@example.fr")
    count = User.objects.count()
    page = invite(**fields)
    assert page.status_code == 200
    assert told in page.text
    assert User.objects.count() == count
    assert mail.outbox == []


def test_nobody_invites_to_a_role_that_may_do_more_than_they(invite: Any, manager: User) -> None:
    page = invite.client.get(ADD).text
    assert all(name in page for name in ("Viewers", "Operators", "Managers"))
    manager.groups.get().permissions.remove(
        *manager.groups.get().permissions.filter(codename="erase_callrequest")
    )
    Group.objects.create(name="auditors").permissions.add(
        *Group.objects.get(name="viewers").permissions.all()
    )
    eraser = Group.objects.create(name="erasers")
    eraser.permissions.add(Permission.objects.get(codename="erase_callrequest"))
    page = invite.client.get(ADD).text
    assert "auditors" in page
    assert "erasers" not in page
    answer = invite(role="erasers")
    assert "You cannot give this role" in answer.text
    assert not User.objects.filter(email="marie@example.fr").exists()


def test_without_a_mail_server_the_link_is_shown_once_to_pass_on(
    invite: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(*args: object, **options: object) -> None:
        raise ConnectionRefusedError

    monkeypatch.setattr("django.core.mail.EmailMessage.send", away)
    page = invite()
    assert "no-store" in page.headers["Cache-Control"]
    assert "No mail server accepted the message to marie@example.fr." in page.text
    (shown,) = re.findall(r"<code[^>]*>http://testserver(\S+)</code>", page.text)
    assert shown not in invite.client.get(LIST).text
    (entry,) = AuditEntry.objects.filter(action=audit_log.INVITE)
    assert entry.facts == {"by_hand": True}
    assert "Your password is saved." in choose_password(shown)


@pytest.mark.django_db(transaction=True)
def test_two_who_invite_the_same_colleague_at_once_make_one_account(manager: User) -> None:
    chief = User.objects.create(username="chief", is_staff=True, is_superuser=True, password="!")
    clients, together = [signed_in(manager), signed_in(chief)], Barrier(2)
    sent = {"name": "Marie Dupont", "email": "marie@example.fr"}
    sent |= {"role": str(Group.objects.get(name="viewers").pk)}

    def press(client: Client) -> int:
        try:
            together.wait(timeout=30)
            return int(client.post(ADD, sent).status_code)
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as threads:
        assert sorted(threads.map(press, clients)) == [200, 302]
    assert User.objects.filter(email="marie@example.fr").count() == 1


@pytest.mark.parametrize(
    ("name", "username"),
    [
        ("Marie Dupont", "marie.dupont"),
        ("Zoë d’Hôtel-Œuvre", "zoe.dhotel.uvre"),
        ("李雷", "colleague"),
        ("x" * 150, "x" * 30),
    ],
)
def test_a_user_name_is_made_from_the_name(name: str, username: str) -> None:
    assert invitation.free_username(name) == username
    User.objects.create(username=username.upper())
    assert invitation.free_username(name) == f"{username}2"


# -- signing in: errors that say what is wrong ------------------------------------------------
def test_a_right_password_without_a_role_is_not_called_wrong() -> None:
    with_password(User.objects.create(username="marie"))
    answer = send_password(browser(), "marie")
    assert "Your password is right, but your account has no role" in answer.text


def test_a_deactivated_account_is_told_so_with_the_right_password_alone() -> None:
    with_password(User.objects.create(username="marie", is_staff=True, is_active=False))
    for password, told in [
        (PASSWORD, "This account has been deactivated"),
        ("wrong", "The user name or the password is wrong."),
    ]:
        assert told in send_password(browser(), "marie", password).text


def test_a_wrong_name_takes_as_many_hashes_as_a_deactivated_account(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A quicker answer would tell which accounts there are."""
    with_password(User.objects.create(username="marie", is_staff=True, is_active=False))
    with_password(User.objects.create(username="jean", is_staff=True))
    hashes: list[str] = []
    plain = MD5PasswordHasher.encode

    def counted(self: MD5PasswordHasher, password: str, salt: str) -> str:
        hashes.append(salt)
        return plain(self, password, salt)

    monkeypatch.setattr(MD5PasswordHasher, "encode", counted)
    counts = []
    for name in ("nobody", "marie", "jean"):
        hashes.clear()
        send_password(browser(), name, "wrong")
        counts.append(len(hashes))
    assert counts == [2, 2, 2]


def test_an_email_of_two_accounts_signs_nobody_in() -> None:
    for name in ("one", "two"):
        user = with_password(User.objects.create(username=name, is_staff=True))
        User.objects.filter(pk=user.pk).update(email="shared@example.fr")
    client = browser()
    send_password(client, "shared@example.fr")
    assert client.get(INDEX).status_code == 302


def test_too_many_tries_by_email_lock_the_account_as_by_its_name(settings: Any) -> None:
    user = with_password(make_staff("marie", "view_callrequest"))
    User.objects.filter(pk=user.pk).update(email="marie@example.fr")
    for typed in ["marie@example.fr", "marie"] * 3:
        send_password(browser(), typed, "wrong")
    assert send_password(browser(), "marie@example.fr").status_code == 429


def test_strangers_and_operators_invite_nobody() -> None:
    for client in (Client(), signed_in(member("operators"))):
        assert client.get(ADD).status_code in {302, 403}
        client.post(ADD, {"name": "Marie", "email": "marie@example.fr"})
    assert not User.objects.filter(email="marie@example.fr").exists()
