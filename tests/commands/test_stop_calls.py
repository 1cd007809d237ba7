"""stop_calls and resume_calls: the switch, by the operator's name, and what it says."""

import getpass
from io import StringIO

import pytest
from django.core.management import call_command

from callbacks.core import clock
from callbacks.dispatch import call_switch, circuit_breaker
from callbacks.models import AlertKind
from callbacks.operations import operator

pytestmark = pytest.mark.django_db


def run(*arguments: str) -> str:
    output = StringIO()
    call_command(*arguments, stdout=output)
    return output.getvalue()


def test_calls_are_stopped_by_the_operator_with_a_note():
    said = run("stop_calls", "--note", "the bot is being changed")
    row = call_switch.current()
    assert circuit_breaker.must_wait(row, clock.now())
    assert row.stopped_by == getpass.getuser()
    assert row.stopped_note == "the bot is being changed"
    assert f"by {getpass.getuser()} (the bot is being changed)" in said


def test_a_second_stop_changes_nothing_and_says_who_was_first():
    call_switch.stop("somebody else", "their note")
    said = run("stop_calls", "--note", "mine")
    assert "already stopped" in said
    assert "somebody else (their note)" in said
    assert call_switch.current().stopped_note == "their note"


def test_calls_are_resumed():
    call_switch.stop("somebody else")
    assert run("resume_calls") == "Calls are running.\n"
    assert not circuit_breaker.must_wait(call_switch.current(), clock.now())


def test_resuming_what_was_not_stopped_says_so():
    assert run("resume_calls").startswith("Calls were not stopped")


def test_an_open_circuit_is_told_too():
    circuit_breaker.failed(
        circuit_breaker.request_permission(clock.now()), AlertKind.CREDENTIALS, "a worker"
    )
    assert "refuses the client ID and secret" in run("resume_calls")


def test_a_user_without_a_name_is_a_number(monkeypatch):
    def unknown() -> str:
        raise OSError

    monkeypatch.setattr(getpass, "getuser", unknown)
    assert operator.name().startswith("uid ")
