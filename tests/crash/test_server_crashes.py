"""A PostgreSQL that crashes has kept every commit that it answered, whatever its role says."""

import itertools
from datetime import timedelta

import psycopg
import pytest
from django.core.management import call_command
from django.db import connection

from callback_site.transaction_settings import no_statement_timeout
from callbacks.core import clock
from callbacks.dispatch import PlaceResult, place_next
from callbacks.intake import accept, submission
from callbacks.models import Attempt, CallRequest, Outcome, Reason, Status, Widget
from callbacks.models.attempt import GRACE
from callbacks.worker import housekeeping
from tests.support import database_server
from tests.support.call_service.fake_api import FakeApi
from tests.support.factories import make_request, make_widget
from tests.support.servers import throwaway_postgresql

pytestmark = [
    pytest.mark.slow,
    pytest.mark.postgresql,
    pytest.mark.django_db(transaction=True),
]

# What is not on the disk at a commit stays in memory for so long, unless it becomes a lot.
FORGETFUL = ["--wal_writer_delay=10s", "--wal_writer_flush_after=1GB", "--bgwriter_delay=10s"]
nonces = itertools.count()


@pytest.fixture(scope="module")
def migrated(django_db_setup, django_db_blocker):
    """A server with the site's tables, whose role says that a commit need not be on the disk."""
    with throwaway_postgresql(options=FORGETFUL) as server:
        ours = {"HOST": "127.0.0.1", "PORT": str(server.port)}
        ours |= {"USER": "postgres", "NAME": "postgres"}
        with (
            django_db_blocker.unblock(),
            database_server.opened_with(**ours),
            no_statement_timeout(),
        ):
            call_command("migrate", verbosity=0)
        with psycopg.connect(server.url, autocommit=True) as other:
            other.execute("ALTER ROLE postgres SET synchronous_commit = off")
        yield server, ours


@pytest.fixture
def server(migrated, transactional_db):
    """The same, as the database of the test."""
    server, ours = migrated
    with database_server.opened_with(**ours):
        yield server
        call_command("flush", interactive=False, verbosity=0)


def keep_all(server):
    """What was written so far is on the disk."""
    with psycopg.connect(server.url, autocommit=True) as other:
        assert other.execute("SHOW synchronous_commit").fetchone() == ("off",)
        other.execute("CHECKPOINT")


def crash(server):
    server.restart(gently=False)
    connection.close()


class Died(BaseException):
    """The worker's process is gone with the server."""


def test_a_claim_is_still_there_and_nobody_is_called_twice(server):
    call_request = make_request()
    keep_all(server)

    def crash_and_die():
        crash(server)
        raise Died

    api = FakeApi(answer=crash_and_die)
    with pytest.raises(Died):
        place_next(api)
    call_request.refresh_from_db()
    assert call_request.status == Status.CALLING
    attempt = call_request.attempts.get()
    assert attempt.outcome == Outcome.PENDING
    with clock.set_to(attempt.deadline_at + GRACE + timedelta(seconds=1)):
        housekeeping.run_round()
        assert place_next(api) is PlaceResult.IDLE
    call_request.refresh_from_db()
    assert (call_request.status, call_request.reason) == (Status.UNCERTAIN, Reason.WORKER_DIED)
    assert len(api.calls) == 1


def test_an_answer_is_recorded_by_a_worker_that_outlived_the_server(server):
    call_request = make_request()
    keep_all(server)
    accepted = FakeApi().answer

    def crash_and_answer():
        crash(server)
        return accepted

    api = FakeApi(answer=crash_and_answer)
    assert place_next(api) is PlaceResult.WORKED
    assert place_next(api) is PlaceResult.IDLE
    crash(server)
    call_request.refresh_from_db()
    assert call_request.status == Status.CALLED
    assert Attempt.objects.get().outcome == Outcome.ACCEPTED
    assert len(api.calls) == 1


def test_a_form_that_was_taken_is_still_there(server):
    widget = make_widget()
    keep_all(server)
    accept.accept(
        submission.Submission(
            widget=Widget.objects.get(pk=widget.pk),
            nonce=f"form {next(nonces)}",
            number="+33612345678",
            email="jo@example.fr",
            language="fr",
            consent=True,
            consent_text="Call me.",
        )
    )
    crash(server)
    assert CallRequest.objects.get().status == Status.QUEUED
