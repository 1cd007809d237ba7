"""serve: as in production on this machine. It starts only what can work, and says why not."""

import os
import signal
import socket
import subprocess
import sys
import urllib.request
from pathlib import Path

import pytest
from django.db import connection

from tests.support.processes.running import NEEDED, ROOT, Running, alive, clean_environment, refusal
from tests.support.sandbox_process import SandboxProcess
from tests.support.servers import free_port, throwaway_postgresql

SERVE = ("manage.py", "serve")


@pytest.fixture
def given(tmp_path):
    """An empty database of the kind that these tests run on, and a port."""
    base = NEEDED | {"PORT": str(free_port())}
    if connection.vendor != "postgresql":
        yield base | {
            "DATABASE_URL": f"sqlite:///{tmp_path}/db.sqlite3",
            "QUEUE_URL": f"sqlite:///{tmp_path}/queue.sqlite3",
        }
        return
    with throwaway_postgresql() as server:
        yield base | {"DATABASE_URL": server.url, "QUEUE_URL": server.url}


def manage(*arguments: str, **extra: str) -> subprocess.Popen:  # type: ignore[type-arg]
    return subprocess.Popen(
        [sys.executable, "manage.py", *arguments],
        cwd=ROOT,
        env=clean_environment(extra),
        stdout=subprocess.PIPE,
        text=True,
    )


@pytest.mark.slow
def test_a_call_in_hand_is_finished_before_everything_ends(given):
    with SandboxProcess(answer_ms=2000) as sandbox:
        service = given | {
            "DEMO": "true",
            "UHLIVE_TOKEN_URL": sandbox.token_url,
            "UHLIVE_CALL_URL": sandbox.call_url,
            "UHLIVE_CLIENT_ID": sandbox.client_id,
            "UHLIVE_CLIENT_SECRET": sandbox.client_secret,
        }
        with Running(*SERVE, "--migrate", **service) as site:
            site.wait_for_line("Connected to the sandbox")
            ready = f"http://127.0.0.1:{given['PORT']}/readyz"
            with urllib.request.urlopen(ready, timeout=10) as answer:
                assert answer.status == 200
            arguments = ("0612345678", "--email", "jo@example.fr", "--originate", "x", "--yes")
            call = manage("place_test_call", *arguments, **service)
            sandbox.wait_for_calls(1, timeout=60)
            processes = site.descendants()
            assert site.end(signal.SIGTERM) == 0
            assert alive(processes) == []
        said, _ = call.communicate(timeout=60)
        assert call.returncode == 0, said
        assert "the phone is ringing" in said
        assert len(sandbox.calls()) == 1


@pytest.mark.slow
def test_missing_migrations_stop_the_start(given):
    sentence = refusal(*SERVE, **given)
    assert sentence.startswith("Cannot start: The database is not up to date (")
    assert sentence.endswith("Run manage.py migrate, or start with --migrate.")


@pytest.mark.slow
def test_a_port_in_use_stops_the_start(given):
    with socket.create_server(("127.0.0.1", int(given["PORT"]))):
        sentence = refusal(*SERVE, **given)
    assert sentence.startswith(f"Cannot start: Port {given['PORT']} is already in use.")


@pytest.mark.slow
@pytest.mark.parametrize(
    ("variable", "value", "named"),
    [
        ("SECRET_KEY", "", "SECRET_KEY is not set"),
        ("PUBLIC_URL", "", "PUBLIC_URL is not set"),
        ("WEB_PROCESSES", "2", "WEB_PROCESSES is 2"),
        ("WEB_THREADS", "none", "WEB_THREADS"),
        ("UHLIVE_CLIENT_ID", "sandbox-x", "UHLIVE_CLIENT_ID is for the sandbox"),
        ("DATABASE_URL", "sqlite:////no/such/folder/db.sqlite3", "unable to open database file"),
        ("BIND", "192.0.2.1", "Cannot listen on 192.0.2.1"),
    ],
)
def test_a_wrong_setting_is_one_sentence(tmp_path, variable, value, named):
    given = NEEDED | {
        "PORT": str(free_port()),
        "DATABASE_URL": f"sqlite:///{tmp_path}/db.sqlite3",
    }
    sentence = refusal(*SERVE, **given | {variable: value})
    assert sentence.startswith("Cannot start: ")
    assert named in sentence


@pytest.mark.minutes
def test_a_queue_that_is_away_is_one_sentence_without_its_password(given):
    subprocess.run(
        [sys.executable, "manage.py", "migrate", "--verbosity", "0"],
        cwd=ROOT,
        env=clean_environment(given),
        check=True,
    )
    sentence = refusal(*SERVE, **given | {"QUEUE_URL": "redis://:geheim@127.0.0.1:9/0"})
    assert "The queue at redis://127.0.0.1:9/0 cannot be used" in sentence
    assert "geheim" not in sentence


def named(site: Running) -> dict[str, int]:
    """Return the processes below `site` by name."""
    return {Path(f"/proc/{pid}/comm").read_text().strip(): pid for pid in site.descendants()}


def names(site: Running) -> list[str]:
    """Return the names of the process that was started and of those below it."""
    pids = [site.process.pid, *site.descendants()]
    return [Path(f"/proc/{pid}/comm").read_text().strip() for pid in pids]


def shared_share(pid: int) -> float:
    """Return which share of a process's memory it shares with another one."""
    lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()[1:]
    sizes = {
        name: int(size.split()[0]) for name, _, size in (line.partition(":") for line in lines)
    }
    return sizes["Shared_Dirty"] / (sizes["Shared_Dirty"] + sizes["Private_Dirty"])


@pytest.mark.minutes
@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_a_killed_worker_is_forked_again_and_places_one_call(given):
    with SandboxProcess() as sandbox:
        service = given | {
            "DEMO": "true",
            "UHLIVE_TOKEN_URL": sandbox.token_url,
            "UHLIVE_CALL_URL": sandbox.call_url,
            "UHLIVE_CLIENT_ID": sandbox.client_id,
            "UHLIVE_CLIENT_SECRET": sandbox.client_secret,
        }
        with Running(*SERVE, "--migrate", **service) as site:
            site.wait_for_line("Connected to the sandbox")
            before = named(site)
            ours = sorted(name for name in names(site) if name != "sh")
            assert ours == ["housekeeping", "supervisor", "web", "worker"]
            # Ours alone: no connection to a database or a queue is open at a fork.
            files = {os.readlink(fd) for fd in Path(f"/proc/{site.process.pid}/fd").iterdir()}
            assert not [name for name in files if "sqlite" in name or name.startswith("socket:")]
            for name in ("web", "worker", "housekeeping"):
                assert shared_share(before[name]) > 0.5, name
            os.kill(before["worker"], signal.SIGKILL)
            site.wait_for_line("worker restarted.")
            arguments = ("0612345678", "--email", "jo@example.fr", "--originate", "x", "--yes")
            call = manage("place_test_call", *arguments, **service)
            said, _ = call.communicate(timeout=60)
            assert "the phone is ringing" in said
            after = named(site)
            assert shared_share(after["worker"]) > 0.5
            assert after["worker"] != before["worker"]
            assert site.end(signal.SIGTERM) == 0
        assert len(sandbox.calls()) == 1
