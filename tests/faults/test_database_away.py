"""Without its database the site says so and promises nothing; it all comes back by itself."""

import itertools
import sqlite3

import psycopg
import pytest
from django.db import connection
from huey.contrib.djhuey import HUEY

from callbacks.worker import tasks
from tests.support.processes.queues import queue_at
from tests.support.servers import throwaway_postgresql
from tests.support.site_processes import Site
from tests.support.visitor import ask_for_a_call, fetch

READ_ONLY = "default_transaction_read_only"
PROCESSES = ("web", "worker", "housekeeping")
numbers = itertools.count()


def a_number():
    return f"06 12 34 57 {next(numbers):02}"


class Lock:
    """An exclusive lock on a SQLite file, in the place of stopping a server: nothing can be
    written, what is there can still be read.
    """

    def __init__(self, path):
        self.other = sqlite3.connect(path, isolation_level=None, check_same_thread=False)

    def stop(self):
        self.other.execute("PRAGMA busy_timeout = 20000")
        self.other.execute("BEGIN EXCLUSIVE")

    def start(self):
        self.other.execute("ROLLBACK")


@pytest.fixture
def site_and_database(tmp_path, sandbox):
    """The site, and its own database: something to stop and start."""
    ours = {
        "uhlive_token_url": sandbox.token_url,
        "uhlive_call_url": sandbox.call_url,
        "uhlive_client_id": sandbox.client_id,
        "uhlive_client_secret": sandbox.client_secret,
        "demo": "true",
        "queue_url": f"sqlite:///{tmp_path}/queue.sqlite3",
    }
    if connection.vendor == "postgresql":
        with (
            throwaway_postgresql() as server,
            Site(tmp_path / "site", database_url=server.url, **ours) as site,
        ):
            yield site, server
        return
    path = tmp_path / "db.sqlite3"
    # Not the 20 s that the site waits for a lock by itself.
    url = f"sqlite:///{path}?timeout=3"
    with Site(tmp_path / "site", database_url=url, **ours) as site:
        lock = Lock(path)
        yield site, lock
        lock.other.close()


def log_of(site, name):
    return (site.folder / f"{name}.log").read_text()


@pytest.mark.minutes
def test_nothing_is_promised_and_it_comes_back_by_itself(site_and_database, sandbox, tmp_path):
    site, database = site_and_database
    page = f"{site.url}/w/{site.create_widget(language='en')}/"
    site.start(*PROCESSES)
    site.wait_for(
        lambda: site.query("PeriodicJob.objects.filter(name='housekeeping').count()"),
        "housekeeping",
    )
    before = a_number()
    # Told to come back, so that there is something to do while the database is away.
    sandbox.faults([{"at": "startcall", "fault": "429", "retry_after": 6, "times": 1}])
    assert "/r/" in ask_for_a_call(page, before).url
    site.wait_for(lambda: "not_accepted" in log_of(site, "worker"), "the first try")

    form = fetch(page)
    typed = form.fields | {"number": (meanwhile := a_number()), "email": "jo@example.fr"}
    database.stop()
    refused = fetch(form.action, typed | {"consent": "on"})
    assert (refused.status, refused.fields) == (503, typed | {"consent": "on"})
    away = 200 if isinstance(database, Lock) else 503
    assert fetch(f"{site.url}/readyz").status == away
    # A widget is remembered for a moment; its form can still be seen then, and not be sent.
    site.wait_for(lambda: fetch(page).status == away, "the form to be away", patience=10)
    assert fetch(f"{site.url}/healthz").status == 200
    _wake_in_vain(site)
    site.wait_for(lambda: "database_away" in log_of(site, "housekeeping"), "housekeeping to notice")

    database.start()
    site.wait_for(lambda: fetch(page).status == 200, "the web process")
    answer = fetch(refused.action, refused.fields)
    assert "/r/" in answer.url, answer.text
    after = a_number()
    assert "/r/" in ask_for_a_call(page, after).url
    calls = {call["destination"] for call in sandbox.wait_for_calls(3, timeout=30)}
    assert calls == {"+33" + number.replace(" ", "")[1:] for number in (before, meanwhile, after)}
    assert len(sandbox.calls()) == 3

    assert log_of(site, "worker").count("database_away") == 1
    assert log_of(site, "housekeeping").count("database_away") == 1
    for name in PROCESSES:
        assert "Traceback" not in log_of(site, name)
        assert site.stop(name) == 0


def _wake_in_vain(site):
    """Wakes the workers while there is no database, until they have noticed."""
    queue = queue_at(site.env["QUEUE_URL"])

    def wake_and_look():
        queue.storage.enqueue(HUEY.serialize_task(tasks.work.s()))
        return "database_away" in log_of(site, "worker")

    try:
        site.wait_for(wake_and_look, "the workers to notice")
        site.wait_for(lambda: not queue.storage.queue_size(), "the messages to be taken")
    finally:
        queue.storage.close()


@pytest.mark.minutes
@pytest.mark.postgresql
def test_an_answer_in_hand_is_recorded_once_the_database_is_back(site_and_database, sandbox):
    site, database = site_and_database
    page = f"{site.url}/w/{site.create_widget()}/"
    site.start(*PROCESSES)
    sandbox.faults([{"at": "startcall", "fault": "latency", "seconds": 4}])
    answer = ask_for_a_call(page, a_number())
    site.wait_for(lambda: sandbox.totals()["startcall_requests"], "the call", patience=30)
    database.stop()
    sandbox.wait_for_calls(1)
    site.wait_for(lambda: "database_away" in log_of(site, "worker"), "the worker to notice")
    database.start()
    site.wait_for(lambda: status_at(site, answer.url) == "called", "the record")
    assert len(sandbox.calls()) == 1


def read_only(server, value):
    """As after a failover, when this server is the standby."""
    with psycopg.connect(server.url, autocommit=True) as other:
        other.execute(f"SET {READ_ONLY} = off")
        other.execute(f"ALTER SYSTEM SET {READ_ONLY} = {value}")
        other.execute("SELECT pg_reload_conf()")


@pytest.mark.minutes
@pytest.mark.postgresql
def test_a_database_that_can_only_be_read_is_away_as_well(site_and_database, sandbox):
    site, database = site_and_database
    page = f"{site.url}/w/{site.create_widget()}/"
    site.start(*PROCESSES)
    site.wait_for(
        lambda: site.query("PeriodicJob.objects.filter(name='housekeeping').count()"),
        "housekeeping",
    )
    sandbox.faults([{"at": "startcall", "fault": "latency", "seconds": 3}])
    answer = ask_for_a_call(page, a_number())
    form = fetch(page)
    typed = form.fields | {"number": a_number(), "email": "jo@example.fr"}
    site.wait_for(lambda: sandbox.totals()["startcall_requests"], "the call", patience=30)
    read_only(database, "on")
    sandbox.wait_for_calls(1)
    site.wait_for(lambda: "database_away" in log_of(site, "worker"), "the worker to notice")
    site.wait_for(lambda: "database_away" in log_of(site, "housekeeping"), "housekeeping to notice")
    refused = fetch(form.action, typed | {"consent": "on"})
    assert (refused.status, refused.fields) == (503, typed | {"consent": "on"})
    read_only(database, "off")
    site.wait_for(lambda: status_at(site, answer.url) == "called", "the record")
    again = fetch(refused.action, refused.fields)
    assert "/r/" in again.url, again.text
    site.wait_for(lambda: status_at(site, again.url) == "called", "the second call")
    assert len(sandbox.calls()) == 2
    for name in PROCESSES:
        assert "Traceback" not in log_of(site, name)
        assert site.stop(name) == 0


def status_at(site, address):
    token = address.rstrip("/").rpartition("/")[2]
    return site.query(f"CallRequest.objects.get(token={token!r}).status")
