"""What `/healthz` and `/readyz` say, and which of it takes the site away from visitors."""

from datetime import timedelta
from typing import Any

import pytest
from django.core.cache import cache
from django.db import OperationalError, connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from redis import ConnectionError as RedisAway

from callbacks.core import clock, process_memory
from callbacks.dispatch import call_switch
from callbacks.models import AlertKind, CallControl, CircuitState, WorkerProcess
from callbacks.operations import health
from callbacks.worker import heartbeat, housekeeping_job
from tests.support.factories import make_called

pytestmark = pytest.mark.django_db


def ask() -> Any:
    """Return the answer of `/readyz` in a process that remembers nothing."""
    process_memory.forget_all()
    return Client().get("/readyz")


def lines(response: Any) -> dict[str, str]:
    """Return the words of each line by its name, without the first line."""
    rows = response.content.decode().splitlines()[1:]
    return dict(row.split(": ", 1) for row in rows)


def everything_runs() -> None:
    heartbeat.beat()
    housekeeping_job.take_job("machine:1")


def test_while_all_is_well_each_thing_has_a_line() -> None:
    everything_runs()
    make_called(3)
    answer = ask()
    assert answer.status_code == 200
    assert answer.content.startswith(b"ok\n")
    assert {name: words.split()[0] for name, words in lines(answer).items()} == {
        "database": "ok",
        "cache": "ok",
        "migrations": "ok",
        "worker": "seen",
        "housekeeping": "seen",
        "token": "had",
    }


def test_just_after_the_start_no_token_is_needed() -> None:
    everything_runs()
    answer = ask()
    assert answer.content.startswith(b"ok\n")
    assert lines(answer)["token"] == "none needed yet"


def test_without_workers_and_housekeeping_visitors_are_still_served() -> None:
    answer = ask()
    assert answer.status_code == 200
    assert answer.content.startswith(b"ok, but look at: worker, housekeeping\n")
    found = lines(answer)
    assert (found["worker"], found["housekeeping"]) == ("none is running", "not running")


def test_what_was_seen_long_ago_does_not_count() -> None:
    everything_runs()
    WorkerProcess.objects.update(seen_at=clock.now() - heartbeat.LASTS)
    with clock.set_to(clock.now() + timedelta(seconds=11)):
        found = lines(ask())
    assert (found["worker"], found["housekeeping"]) == ("none is running", "not running")


@pytest.mark.parametrize("kind", [AlertKind.CREDENTIALS, AlertKind.NO_TOKEN, AlertKind.OUTAGE])
def test_a_call_service_that_fails_does_not_take_the_form_away(kind: AlertKind) -> None:
    everything_runs()
    call_switch.current()
    CallControl.objects.update(circuit=CircuitState.OPEN, opened_reason=kind)
    answer = ask()
    assert answer.status_code == 200
    assert answer.content.startswith(b"ok, but look at: token\n")
    assert "call service" in lines(answer)["token"]


def test_a_cache_that_is_away_does_not_take_the_form_away(monkeypatch: pytest.MonkeyPatch) -> None:
    def away(*_args: object) -> None:
        raise RedisAway

    everything_runs()
    monkeypatch.setattr(cache, "get", away)
    answer = ask()
    assert answer.status_code == 200
    assert lines(answer)["cache"] == "unavailable"


def test_missing_migrations_stop_visitors(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        "django.db.migrations.executor.MigrationExecutor.migration_plan", lambda *_: [1]
    )
    answer = ask()
    assert answer.status_code == 503
    assert answer.content.startswith(b"migrations missing\n")


def test_a_database_that_is_away_stops_visitors_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Although everything else is remembered for a moment."""

    def away(*_args: object) -> None:
        raise OperationalError

    assert ask().status_code == 200
    monkeypatch.setattr("django.db.backends.utils.CursorWrapper.execute", away)
    answer = Client().get("/readyz")
    assert answer.status_code == 503
    assert answer.content == b"database unavailable\ndatabase: unavailable\n"
    assert Client().get("/healthz").status_code == 200


def test_most_answers_cost_one_query() -> None:
    everything_runs()
    ask()
    with CaptureQueriesContext(connection) as queries:
        assert Client().get("/readyz").status_code == 200
    assert len(queries) == 1


@pytest.mark.parametrize(
    ("ago", "words"),
    [
        (timedelta(seconds=-3), "0 s ago"),
        (timedelta(seconds=119), "119 s ago"),
        (timedelta(minutes=119), "119 min ago"),
        (timedelta(hours=30), "30 h ago"),
    ],
)
def test_how_long_ago_is_said_in_one_unit(ago: timedelta, words: str) -> None:
    now = clock.now()
    assert health._ago(now - ago, now) == words


@pytest.mark.parametrize("path", ["/healthz", "/readyz"])
def test_only_reading_is_allowed(path: str) -> None:
    assert Client().post(path).status_code == 405
