"""A new site is set up by one command, which asks, or is told everything."""

import builtins
from collections.abc import Callable
from io import StringIO
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command

from callbacks import dispatch
from callbacks.management.commands import place_test_call
from callbacks.models import AuditEntry, CallRequest, Status, Widget
from callbacks.worker import heartbeat
from tests.support.call_service.fake_api import FakeApi

pytestmark = pytest.mark.django_db

ANSWERS = {
    "username": "chief",
    "email": "chief@example.fr",
    "widget": "Shop",
    "originate": "shop-bot",
    "origins": "https://www.example.fr",
}


def set_up(**options: Any) -> str:
    output = StringIO()
    call_command("setup", stdout=output, stderr=output, **{"no_check": True} | options)
    return output.getvalue()


@pytest.fixture
def worker(monkeypatch: pytest.MonkeyPatch) -> Any:
    api: Any = FakeApi()
    heartbeat.beat()
    monkeypatch.setattr(place_test_call, "sleep", lambda _: dispatch.place_next(api))
    return api


@pytest.fixture
def answers(monkeypatch: pytest.MonkeyPatch) -> Callable[[list[str]], None]:
    def give(lines: list[str]) -> None:
        left = iter(lines)
        monkeypatch.setattr(builtins, "input", lambda _question: next(left))

    return give


def test_it_can_be_told_everything(worker: Any) -> None:
    said = set_up(**ANSWERS, test_number="06 12 34 56 78", no_input=True)
    account, widget = User.objects.get(), Widget.objects.get()
    assert account.is_superuser
    [line] = [line for line in said.splitlines() if line.startswith("Password of chief: ")]
    assert account.check_password(line.split()[3])
    assert (widget.originate, widget.allowed_origins) == ("shop-bot", ["https://www.example.fr"])
    assert f"Public id: {widget.public_id}" in said
    assert CallRequest.objects.get().status == Status.CALLED
    assert [call["originate"] for call in worker.calls] == ["shop-bot"]
    assert AuditEntry.objects.filter(action="widget.add").exists()


def test_it_asks_for_what_was_not_given(worker: Any, answers: Callable[[list[str]], None]) -> None:
    answers([*ANSWERS.values(), "06 12 34 56 78", "y"])
    assert "the phone is ringing" in set_up()
    assert User.objects.get().email == "chief@example.fr"


def test_a_second_time_nothing_is_created(answers: Callable[[list[str]], None]) -> None:
    set_up(**ANSWERS, no_input=True)
    answers([])
    said = set_up()
    assert said.count("there is one already") == 2
    assert (User.objects.count(), Widget.objects.count()) == (1, 1)


def test_without_a_worker_it_says_what_to_do() -> None:
    said = set_up(**ANSWERS, test_number="06 12 34 56 78", no_input=True)
    assert "make serve" in said
    assert not CallRequest.objects.exists()


@pytest.mark.parametrize("missing", ANSWERS)
def test_what_is_missing_is_named(missing: str) -> None:
    given = {name: answer for name, answer in ANSWERS.items() if name != missing}
    with pytest.raises(CommandError, match=f"--{missing}"):
        set_up(**given, no_input=True)


def test_a_wrong_email_is_told() -> None:
    with pytest.raises(CommandError, match="valid email"):
        set_up(**ANSWERS | {"email": "chief"}, no_input=True)
    assert not User.objects.exists()


def test_a_wrong_connection_ends_it_before_anything_is_created() -> None:
    with pytest.raises(CommandError):
        set_up(**ANSWERS, no_input=True, no_check=False)
    assert not User.objects.exists()
