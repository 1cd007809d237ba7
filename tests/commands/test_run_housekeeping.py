"""run_housekeeping: one process works in rounds, ends at once and waits for the database."""

import logging
import signal
from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import InterfaceError, OperationalError

from callbacks.core import clock, process_identity
from callbacks.management.commands import run_housekeeping
from callbacks.models import PeriodicJob, Status
from callbacks.worker import housekeeping, housekeeping_job
from callbacks.worker.fallback import Fallback
from callbacks.worker.outbox_sender import OutboxSender
from tests.support.factories import make_request

pytestmark = pytest.mark.django_db


def run(*arguments: str) -> str:
    output = StringIO()
    call_command("run_housekeeping", *arguments, stdout=output)
    return output.getvalue()


@pytest.fixture
def ends_after(monkeypatch):
    """`ends_after(n)`: the n-th round asks the process to end, as a supervisor would."""

    def replace(rounds: int) -> list[float]:
        done: list[float] = []

        def run_round_and_end() -> housekeeping.HousekeepingReport:
            done.append(1)
            if len(done) >= rounds:
                signal.raise_signal(signal.SIGTERM)
            return housekeeping.HousekeepingReport()

        monkeypatch.setattr(housekeeping, "run_round", run_round_and_end)
        return done

    monkeypatch.setattr(run_housekeeping, "PERIOD", 0.001)
    return replace


def test_once_makes_one_round_and_says_what_it_did():
    call_request = make_request(patience_until=clock.now() - timedelta(seconds=1))
    assert "1 too late" in run("--once")
    call_request.refresh_from_db()
    assert call_request.status == Status.FAILED


def test_once_leaves_it_to_the_process_that_holds_the_lease():
    housekeeping_job.take_job("another:1")
    call_request = make_request(patience_until=clock.now() - timedelta(seconds=1))
    assert "Another process does the housekeeping" in run("--once")
    call_request.refresh_from_db()
    assert call_request.status == Status.QUEUED
    assert PeriodicJob.objects.get().locked_by == "another:1"


def test_housekeeping_goes_on_until_it_is_told_to_end(ends_after):
    done = ends_after(3)
    run()
    assert len(done) == 3


@pytest.mark.parametrize("signum", [signal.SIGTERM, signal.SIGINT])
def test_housekeeping_ends_at_once_and_gives_its_job_back(monkeypatch, signum):
    monkeypatch.setattr(run_housekeeping, "PERIOD", 3600)
    monkeypatch.setattr(
        housekeeping,
        "run_round",
        lambda: signal.raise_signal(signum) or housekeeping.HousekeepingReport(),
    )
    run()
    job = PeriodicJob.objects.get()
    assert job.locked_by == process_identity.process_name()
    assert job.until <= clock.now()
    assert housekeeping_job.take_job("another:1")


def test_a_round_is_never_interrupted(monkeypatch):
    done = []

    def round_with_a_signal_inside() -> housekeeping.HousekeepingReport:
        signal.raise_signal(signal.SIGTERM)
        done.append("to its end")
        return housekeeping.HousekeepingReport()

    monkeypatch.setattr(housekeeping, "run_round", round_with_a_signal_inside)
    run()
    assert done == ["to its end"]


@pytest.mark.django_db(transaction=True)  # the broken connection is closed
@pytest.mark.parametrize("error", [OperationalError, InterfaceError])
def test_a_database_that_is_away_is_waited_for_and_told_once(
    monkeypatch, caplog, ends_after, error
):
    done = ends_after(1)
    held = iter([error("gone"), error("gone"), error("gone"), True])

    def take_job(holder: str) -> bool:
        answer = next(held)
        if isinstance(answer, Exception):
            raise answer
        return answer

    monkeypatch.setattr(housekeeping_job, "take_job", take_job)
    with caplog.at_level(logging.WARNING):
        run()
    assert len(done) == 1
    events = [record.msg["event"] for record in caplog.records]
    assert events == ["database_away", "database_back"]


def test_the_wait_for_the_database_grows_up_to_five_seconds(monkeypatch):
    pauses = []

    class Signals:
        def wait(self, seconds: float) -> bool:
            pauses.append(seconds)
            return len(pauses) > 7

    def away(holder: str) -> bool:
        raise OperationalError

    monkeypatch.setattr(housekeeping_job, "take_job", away)
    run_housekeeping._until_told("me:1", Signals(), Fallback(), OutboxSender())
    assert pauses == [0, 0.5, 1, 2, 4, 5, 5, 5]


def test_an_unforeseen_error_ends_the_process_and_gives_the_lease_back(monkeypatch):
    def broken() -> None:
        raise RuntimeError("a mistake")

    monkeypatch.setattr(housekeeping, "run_round", broken)
    with pytest.raises(RuntimeError):
        run()
    assert housekeeping_job.take_job("another:1")


def test_once_without_a_database_is_one_sentence(monkeypatch):
    def away(holder: str) -> bool:
        raise OperationalError("connection refused")

    monkeypatch.setattr(housekeeping_job, "take_job", away)
    with pytest.raises(CommandError, match=r"cannot be used \(connection refused\)"):
        run("--once")
