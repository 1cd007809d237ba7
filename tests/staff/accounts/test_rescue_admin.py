"""The command for when nobody can sign in any more."""

import re

import pytest
from axes.models import AccessAttempt
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command

from callbacks.accounts import audit_log, two_factor
from callbacks.models import AuditEntry
from tests.support.staff.signing_in import INDEX, browser, send_password, with_password, with_phone

pytestmark = pytest.mark.django_db


@pytest.fixture
def locked(agent: User) -> User:
    """An inactive account, with a phone that is lost, and locked by failed tries."""
    with_phone(with_password(agent))
    two_factor.new_recovery_codes(agent)
    for _ in range(6):
        send_password(browser(), "agent", "wrong")
    agent.is_active = False
    agent.save()
    return agent


def test_the_account_gets_in_again(locked: User, capsys: pytest.CaptureFixture[str]) -> None:
    call_command("rescue_admin", "agent", "--yes")
    (password,) = re.findall(r"Password of agent: (\w{20}) ", capsys.readouterr().out)
    client = browser()
    send_password(client, "agent", password)
    assert client.get(INDEX).status_code == 200
    account = User.objects.get(pk=locked.pk)
    assert (account.is_active, account.is_staff, account.is_superuser) == (True, True, True)
    assert not two_factor.is_set_up(account)
    assert not AccessAttempt.objects.exists()
    entry = AuditEntry.objects.get(action=audit_log.RESCUE)
    assert (entry.about, entry.person) == ("agent", None)
    assert not any(password in f"{e.about} {e.detail}" for e in AuditEntry.objects.all())


@pytest.mark.parametrize("answer", ["no", "", "y"])
def test_rescue_admin_asks_first(
    locked: User, monkeypatch: pytest.MonkeyPatch, answer: str
) -> None:
    monkeypatch.setattr("builtins.input", lambda _: answer)
    with pytest.raises(CommandError, match="Nothing was changed"):
        call_command("rescue_admin", "agent")
    assert not User.objects.get(pk=locked.pk).is_active
    assert two_factor.is_set_up(locked)


def test_without_a_terminal_it_changes_nothing(
    locked: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    def nobody_there(_: str) -> str:
        raise EOFError

    monkeypatch.setattr("builtins.input", nobody_there)
    with pytest.raises(CommandError):
        call_command("rescue_admin", "agent")
    assert not User.objects.get(pk=locked.pk).is_active


def test_yes_goes_on(locked: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("builtins.input", lambda _: " Yes ")
    call_command("rescue_admin", "agent")
    assert User.objects.get(pk=locked.pk).is_superuser


def test_an_account_that_is_not_there_is_told() -> None:
    with pytest.raises(CommandError, match="createsuperuser"):
        call_command("rescue_admin", "who", "--yes")
    assert not User.objects.exists()
