"""stop_calls and resume_calls: the switch, by the operator's name, and what it says."""

import getpass
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.urls import reverse

from callbacks.core import clock
from callbacks.dispatch import call_switch, circuit_breaker
from callbacks.models import AlertKind, AuditEntry
from callbacks.operations import operator
from tests.support.hours.december import NOW, TOWN_HALL, at, widget_with
from tests.support.staff.pages import signed_in

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
    circuit_breaker.record_failure(
        circuit_breaker.request_permission(clock.now()), AlertKind.CREDENTIALS, "a worker"
    )
    assert "refuses the client ID and secret" in run("resume_calls")


def test_a_user_without_a_name_is_a_number(monkeypatch):
    def unknown() -> str:
        raise OSError

    monkeypatch.setattr(getpass, "getuser", unknown)
    assert operator.name().startswith("uid ")


@pytest.mark.parametrize(("end", "until"), [("hour", at(1, 10, 30)), ("day", at(2, 0))])
def test_a_stop_ends_by_itself_if_the_operator_says_when(end, until):
    with clock.set_to(NOW):
        said = run("stop_calls", "--for", end)
        row = call_switch.current()
        assert row.stopped_until == until
        assert f"They resume automatically at {until:%Y-%m-%d %H:%M}:00" in said
    assert not row.is_stopped_at(until)


def test_a_stop_ends_when_the_first_widget_opens():
    with clock.set_to(NOW):
        with pytest.raises(CommandError, match="No opening is ahead"):
            run("stop_calls", "--for", "opening")
        assert call_switch.current().stopped_at is None
        widget_with(**TOWN_HALL)
        run("stop_calls", "--for", "opening")
        assert call_switch.current().stopped_until == at(1, 14)


def test_stops_and_restarts_are_on_record_and_on_the_page_of_calls(admin_user, monkeypatch):
    monkeypatch.setattr("callbacks.operations.operator.name", lambda: "root")
    run("stop_calls", "--for", "hour", "--note", "repair")
    run("stop_calls")
    run("resume_calls")
    run("resume_calls")
    resumed, stopped = AuditEntry.objects.order_by("-pk")
    assert (stopped.action, stopped.detail, stopped.facts["operator"]) == (
        *("calls.stop", "repair"),
        "root",
    )
    assert "until" in stopped.facts
    assert (resumed.action, resumed.facts) == ("calls.resume", {"operator": "root"})
    page = " ".join(signed_in(admin_user).get(reverse("admin:calling")).text.split())
    assert "root stopped all calls <q>repair</q>" in page
    assert "root resumed calls" in page
