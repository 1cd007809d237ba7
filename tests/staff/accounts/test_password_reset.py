"""A new password by email: for its owner, and without telling who has an account."""

import re
import threading
from collections.abc import Callable
from smtplib import SMTPServerDisconnected
from typing import Any
from unittest.mock import Mock

import pytest
from django.contrib.auth.models import User
from django.core import mail
from django.core.cache import cache
from django.db import OperationalError, connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from callbacks.accounts import audit_log
from callbacks.models import AuditEntry
from callbacks.staff.accounts import password_reset
from tests.support.staff.signing_in import (
    INDEX,
    LOGIN,
    browser,
    send_password,
    with_password,
    with_phone,
)

# The account is looked up in a thread of its own.
pytestmark = pytest.mark.django_db(transaction=True)

ASK = reverse("admin:admin_password_reset")
NEW = "a new and better passphrase"


@pytest.fixture(autouse=True)
def empty_cache() -> None:
    cache.clear()


@pytest.fixture
def owner(agent: User) -> User:
    agent.email = "agent@example.fr"
    return with_password(agent)


def ask(client: Client, email: str) -> Any:
    answer = client.post(ASK, {"email": email}, follow=True)
    for thread in threading.enumerate():
        if thread.name == "password-reset":
            thread.join(timeout=30)
    return answer


def link() -> str:
    (found,) = re.findall(r"http://testserver(\S+)", mail.outbox[-1].body)  # type: ignore[arg-type]
    return found


def test_the_owner_gets_a_link_and_chooses_another(owner: User) -> None:
    client = browser()
    ask(client, "agent@example.fr")
    assert mail.outbox[0].to == ["agent@example.fr"]
    assert "Choose it here" in mail.outbox[0].body
    page = client.get(link(), follow=True)
    address = page.redirect_chain[-1][0]
    assert page["Cache-Control"] == "no-store"
    done = client.post(address, {"new_password1": NEW, "new_password2": NEW}, follow=True)
    assert "Your password has been changed." in done.content.decode()
    # It is no way in by itself, and none around the second step.
    assert client.get(INDEX).status_code == 302
    send_password(client, "agent", NEW)
    assert client.get(INDEX).status_code == 200
    assert AuditEntry.objects.filter(action=audit_log.PASSWORD, person=owner).count() == 2


def test_the_second_step_stays(owner: User) -> None:
    with_phone(owner)
    client = browser()
    ask(client, "agent@example.fr")
    address = client.get(link(), follow=True).redirect_chain[-1][0]
    client.post(address, {"new_password1": NEW, "new_password2": NEW})
    send_password(client, "agent", NEW)
    assert client.get(INDEX).status_code == 302


def test_a_link_works_once(owner: User) -> None:
    ask(browser(), "agent@example.fr")
    for expected in (True, False):
        client = browser()
        page = client.get(link(), follow=True)
        assert ("Save this password" in page.content.decode()) is expected
        if expected:
            client.post(page.redirect_chain[-1][0], {"new_password1": NEW, "new_password2": NEW})


def test_a_reset_password_follows_the_rules_for_passwords(owner: User) -> None:
    client = browser()
    ask(client, "agent@example.fr")
    address = client.get(link(), follow=True).redirect_chain[-1][0]
    answer = client.post(address, {"new_password1": "short", "new_password2": "short"})
    assert "at least 12 characters" in answer.content.decode()


def test_the_answer_is_the_same_for_strangers(owner: User) -> None:
    token = re.compile(r'(name="csrfmiddlewaretoken" value=)"[^"]*"')
    answers = [
        token.sub("", ask(browser(), email).content.decode())
        for email in ("agent@example.fr", "stranger@example.fr")
    ]
    assert answers[0] == answers[1]
    assert len(mail.outbox) == 1


def test_the_answer_takes_the_same_work_for_strangers(
    owner: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    """All that depends on the account is done beside the answer."""
    beside: list[Callable[[], None]] = []

    class Later:
        def __init__(self, target: Callable[[], None], name: str) -> None:
            beside.append(target)

        def start(self) -> None:
            pass

    monkeypatch.setattr(password_reset, "Thread", Later)
    queries = []
    for email in (owner.email, "stranger@example.fr"):
        with CaptureQueriesContext(connection) as captured:
            assert browser().post(ASK, {"email": email}).status_code == 302
        queries.append([query["sql"] for query in captured])
    assert queries[0] == queries[1]
    assert "auth_user" not in " ".join(queries[0])
    assert mail.outbox == []
    assert len(beside) == 2
    for work in beside:
        work()
    assert len(mail.outbox) == 1


def test_a_database_that_is_away_then_is_one_event_and_no_email_in_it(
    owner: User, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(
        password_reset.AskForm, "get_users", Mock(side_effect=OperationalError("gone"))
    )
    assert ask(browser(), owner.email).status_code == 200
    events = [record.msg for record in caplog.records if isinstance(record.msg, dict)]
    assert [one["event"] for one in events] == ["password_reset_not_sent"]
    assert owner.email not in caplog.text


@pytest.mark.parametrize("email", ["", "nonsense", "\0@example.fr", "x" * 5000 + "@example.fr"])
def test_nonsense_is_refused(owner: User, email: str) -> None:
    assert browser().post(ASK, {"email": email}).status_code == 200
    assert mail.outbox == []


@pytest.mark.parametrize("path", ["x/y", "MQ/set-password", "zzzz/abc-def", "%00/x"])
def test_a_made_up_link_opens_nothing(owner: User, path: str) -> None:
    answer = browser().get(f"{ASK}{path}/")
    assert answer.status_code == 200
    assert "It is more than" in answer.content.decode()


def test_an_address_may_not_ask_without_end(owner: User, settings) -> None:
    settings.RATE_PASSWORD_RESET = "2/h"
    client = browser()
    answers = [client.post(ASK, {"email": "agent@example.fr"}).status_code for _ in range(3)]
    assert answers == [302, 302, 429]
    ask(Client(REMOTE_ADDR="203.0.113.9"), "agent@example.fr")
    assert client.get(LOGIN).status_code == 200


def test_a_mail_server_that_is_away_is_one_line_in_the_log_and_no_email_in_it(
    owner: User, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    away = SMTPServerDisconnected(owner.email)
    monkeypatch.setattr("django.core.mail.EmailMessage.send", Mock(side_effect=away))
    for _ in range(2):
        assert ask(browser(), owner.email).status_code == 200
    events = [record.msg for record in caplog.records if isinstance(record.msg, dict)]
    assert [one["event"] for one in events if "mail" in one["event"]] == ["mail_away"]
    assert owner.email not in caplog.text
    assert "Traceback" not in caplog.text
