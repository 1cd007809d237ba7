"""By which sign each part of the site is known to serve, and what its process gets to know."""

import os
import threading
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
from huey import SqliteHuey
from huey.contrib.djhuey import HUEY

from callbacks.core import clock, process_identity
from callbacks.models import PeriodicJob
from callbacks.operations import programs
from callbacks.worker import housekeeping_job, tasks


@pytest.fixture
def storage(monkeypatch, tmp_path):
    storage = SqliteHuey(filename=str(tmp_path / "queue.sqlite3")).storage
    monkeypatch.setattr(HUEY, "storage", storage)
    yield storage
    storage.close()


def test_a_worker_serves_once_it_has_taken_a_message(storage):
    lacks = programs.worker().lacks
    assert lacks(1) == lacks(1) == "has not taken a message yet"
    assert storage.queue_size() == 1
    storage.dequeue()
    assert lacks(1) == ""


def test_a_worker_that_works_through_a_backlog_serves(storage):
    for _ in range(3):
        storage.enqueue(b"an earlier message")
    lacks = programs.worker().lacks
    assert lacks(1)
    storage.dequeue()
    assert lacks(1) == ""


def test_a_worker_does_not_serve_while_the_storage_is_away(storage, monkeypatch):
    monkeypatch.setattr(tasks, "notify_workers", lambda: False)
    assert programs.worker().lacks(1) == "the queue is unavailable"


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("holder", "seconds_left", "serves"),
    [
        (process_identity.process_name(7), 5, True),
        (process_identity.process_name(7), -1, False),
        # One of this machine that was killed: ours takes over when its time has ended.
        (process_identity.process_name(6), 5, False),
        ("another-machine:6", 5, True),
    ],
)
def test_housekeeping_serves_once_its_lease_is_held(holder, seconds_left, serves):
    lacks = programs.housekeeping().lacks
    assert lacks(7)
    until = clock.now() + timedelta(seconds=seconds_left)
    PeriodicJob.objects.create(name=housekeeping_job.NAME, locked_by=holder, until=until)
    assert (lacks(7) == "") is serves


@pytest.fixture
def web(settings):
    """A web process that answers as the test says; `web.hosts`: under which names it was asked."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            server.hosts.append(self.headers["Host"])
            self.send_response(server.status)
            self.end_headers()
            self.wfile.write(b"migrations missing\n")

        def log_message(self, *args): ...

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        server.status, server.hosts = 200, []
        settings.PORT = server.server_port
        threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        yield server
        server.shutdown()


@pytest.mark.parametrize("bind", ["127.0.0.1", "0.0.0.0"])
def test_the_web_is_asked_by_its_public_name(web, settings, bind):
    settings.BIND = bind
    settings.PUBLIC_URL = "https://callback.example"
    assert programs.web().lacks(1) == ""
    assert web.hosts == ["callback.example"]


def test_the_web_says_what_it_lacks(web):
    web.status = 503
    assert programs.web().lacks(1) == "/readyz answered 503 migrations missing"


def test_a_web_that_is_not_there_yet(web, settings):
    settings.PORT = 9
    assert programs.web().lacks(1) == "no answer on port 9 yet"


def test_the_sandbox_learns_its_own_secret_and_nothing_of_ours(tmp_path, monkeypatch):
    monkeypatch.setenv("UHLIVE_CLIENT_SECRET", "a real one")
    program = programs.sandbox(8010, "sandbox-demo", "its secret", tmp_path / "log")
    assert program.environment["SANDBOX_CLIENT_SECRET"] == "its secret"
    assert not {"SECRET_KEY", "UHLIVE_CLIENT_SECRET", "DATABASE_URL"} & program.environment.keys()
    assert program.environment["PATH"] == os.environ["PATH"]


def test_no_secret_is_on_a_command_line(tmp_path, settings):
    settings.UHLIVE_CLIENT_SECRET = settings.SECRET_KEY = "geheim"
    site = [programs.web(), programs.worker(), programs.housekeeping()]
    for program in [*site, programs.sandbox(1, "sandbox-demo", "geheim", tmp_path / "log")]:
        assert "geheim" not in " ".join(program.command)
