"""gunicorn's configuration: what it takes from the environment, and what it must not do."""

import subprocess
import sys

import pytest

from tests.support.processes.running import NEEDED, ROOT, clean_environment

pytestmark = pytest.mark.slow


def gunicorn(*arguments: str, folder=ROOT, **extra: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [
            *(sys.executable, "-m", "gunicorn"),
            *("--config", str(ROOT / "deploy" / "gunicorn.conf.py"), *arguments),
        ],
        cwd=folder,
        env=clean_environment(extra),
        capture_output=True,
        text=True,
        timeout=60,
    )


def configuration(**extra: str) -> dict[str, str]:
    printed = gunicorn("--print-config", **NEEDED, **extra).stdout
    lines = (line.partition("=") for line in printed.splitlines())
    return {name.strip(): value.strip() for name, _, value in lines}


def test_the_environment_says_where_it_listens_and_how_much_it_does():
    given = configuration(BIND="0.0.0.0", PORT="8123", WEB_PROCESSES="3", WEB_THREADS="5")
    assert given["bind"] == "['0.0.0.0:8123']"
    assert (given["workers"], given["threads"]) == ("3", "5")
    assert given["worker_class"] == "callback_site.gunicorn_worker.BoundedWorker"
    assert configuration(BIND="::1")["bind"] == "['[::1]:8000']"


def test_by_itself_it_listens_on_this_machine_only_and_keeps_no_record():
    given = configuration()
    assert given["bind"] == "['127.0.0.1:8000']"
    assert given["accesslog"] == "None"
    assert given["control_socket_disable"] == "True"
    # Whether a request came by https is judged by Django, not here.
    assert given["forwarded_allow_ips"] == "[]"
    assert given["secure_scheme_headers"] == "{}"


def test_the_web_server_starts_from_any_folder(tmp_path):
    done = gunicorn("--check-config", folder=tmp_path, **NEEDED)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize(
    ("extra", "named"),
    [({}, "SECRET_KEY, PUBLIC_URL"), (NEEDED | {"PORT": "99999"}, "PORT must be between")],
)
def test_a_wrong_environment_is_one_sentence(extra, named):
    done = gunicorn(**extra)
    assert done.returncode == 1
    assert done.stderr.count("\n") == 1
    assert done.stderr.startswith(f"Cannot start: {named}")
