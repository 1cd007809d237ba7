"""gunicorn without a master: it serves, ends in order, and does not hang for ever."""

import os
import signal
import threading
import urllib.request
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from subprocess import TimeoutExpired
from urllib.error import URLError

import pytest

from tests.support.processes.running import NEEDED, Running
from tests.support.servers import free_port

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not hasattr(signal, "alarm"), reason="this system has no alarm"),
]

PROGRAM = """
import sys
sys.argv = ["gunicorn", "--config", "{folder}/configuration.py"]
import django; django.setup()
from callback_site.gunicorn_alone import Application
Application(prog="gunicorn").run()
"""
CONFIGURATION = """
import ctypes, os
from pathlib import Path

bind, threads, timeout, workers = "127.0.0.1:{port}", 2, {timeout}, {workers}
chdir, wsgi_app = "{folder}", "configuration:answer"

def post_worker_init(worker):
    print("ready", flush=True)

def answer(environ, start_response):
    if environ["PATH_INFO"] == "/wait":
        with open("{folder}/go") as go:  # opened first: the test closes it after "begun"
            Path("{folder}/begun").write_text("")
            go.read()
    if environ["PATH_INFO"] == "/hang":
        ctypes.PyDLL(None).sleep(600)  # no other thread can go on meanwhile
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [str(os.getpid()).encode()]
"""

type Site = Callable[..., AbstractContextManager[Running]]


@pytest.fixture
def port() -> int:
    return free_port()


@pytest.fixture
def site(tmp_path: Path, port: int) -> Site:
    """Return a function that starts gunicorn, with a time-out in seconds and some processes."""
    os.mkfifo(tmp_path / "begun")
    os.mkfifo(tmp_path / "go")

    def start(*, timeout: int = 60, processes: int = 1) -> Running:
        given = {"folder": tmp_path, "port": port, "timeout": timeout, "workers": processes}
        (tmp_path / "configuration.py").write_text(CONFIGURATION.format(**given))
        needed = NEEDED | {
            "WEB_PROCESSES": str(processes),
            "DJANGO_SETTINGS_MODULE": "callback_site.settings",
            "DATABASE_URL": f"sqlite:///{tmp_path}/db.sqlite3",
        }
        return Running("-c", PROGRAM.format(**given), **needed)

    return start


def answer(port: int, path: str) -> str:
    with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=60) as answered:
        text: str = answered.read().decode()
        return text


def test_the_process_that_was_started_serves(site: Site, port: int) -> None:
    with site() as running:
        running.wait_for_line("ready")
        assert answer(port, "/") == str(running.process.pid)
        assert running.descendants() == []


def test_several_processes_have_a_master(site: Site, port: int) -> None:
    with site(processes=2) as running:
        running.wait_for_line("ready")
        running.wait_for_line("ready")
        assert int(answer(port, "/")) in running.descendants()


@pytest.mark.parametrize("signum", [signal.SIGTERM, signal.SIGHUP])
def test_what_it_has_begun_is_answered_before_it_ends(
    site: Site, port: int, tmp_path: Path, signum: signal.Signals
) -> None:
    answers = []
    visitor = threading.Thread(target=lambda: answers.append(answer(port, "/wait")))
    with site() as running:
        running.wait_for_line("ready")
        go = os.open(tmp_path / "go", os.O_RDWR)  # a pipe with a writer: its reader waits
        visitor.start()
        (tmp_path / "begun").read_text()
        running.process.send_signal(signum)
        os.close(go)
        visitor.join()
        assert running.process.wait(60) == 0
    assert answers == [str(running.process.pid)]


def test_it_ends_if_it_hangs(site: Site, port: int) -> None:
    with site(timeout=1) as running:
        running.wait_for_line("ready")
        with pytest.raises((URLError, ConnectionError)):
            answer(port, "/hang")
        assert running.process.wait(60) == -signal.SIGALRM


def test_it_does_not_end_while_it_has_nothing_to_do(site: Site, port: int) -> None:
    with site(timeout=3) as running:
        running.wait_for_line("ready")
        with pytest.raises(TimeoutExpired):
            running.process.wait(4)
        assert answer(port, "/") == str(running.process.pid)
