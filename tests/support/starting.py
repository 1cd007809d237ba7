"""Run a command of `manage.py` in an environment that a test chooses."""

import os
import runpy
import subprocess
import sys
import tempfile
from multiprocessing import get_context
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
GOOD = {
    "SECRET_KEY": "k" * 40,
    "PUBLIC_URL": "https://callback.example.fr",
    "UHLIVE_CLIENT_ID": "a-client",
    "UHLIVE_CLIENT_SECRET": "a-secret",
}
# Each start is a fork of a process that has imported what most of the time would go to. None of
# these packages reads the environment, or a setting, when it is imported.
_starts = get_context("forkserver")
_starts.set_forkserver_preload(
    [
        *("django.core.management", "django.core.serializers.json", "django.forms", "environs"),
        *("structlog", "icalendar", "phonenumber_field.phonenumber", "requests", "psycopg.pq"),
        *("cryptography.fernet", "huey", "prometheus_client", "tests.support.starting"),
    ]
)


def start(*command: str, **environment: str | None) -> subprocess.CompletedProcess[str]:
    """Run `manage.py` in this environment; `None` leaves a needed variable out.

    With a variable that Python itself reads, such as `PYTHONPATH`, a new Python is started.
    """
    inherited = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    given = inherited | GOOD | environment
    command, variables = command or ("check",), {k: v for k, v in given.items() if v is not None}
    if any(name.startswith("PYTHON") for name in variables):
        return subprocess.run(
            [sys.executable, "manage.py", *command],
            cwd=ROOT,
            env=variables,
            capture_output=True,
            text=True,
        )
    with tempfile.TemporaryDirectory() as folder:
        process = _starts.Process(target=_run, args=(command, variables, folder))
        process.start()
        process.join()
        said = [(Path(folder) / name).read_text() for name in ("stdout", "stderr")]
    assert process.exitcode is not None
    return subprocess.CompletedProcess(command, process.exitcode, *said)


def _run(command: tuple[str, ...], variables: dict[str, str], folder: str) -> None:
    for number, name in ((1, "stdout"), (2, "stderr")):
        os.dup2(os.open(f"{folder}/{name}", os.O_WRONLY | os.O_CREAT), number)
    os.environ.clear()
    os.environ.update(variables)
    os.chdir(ROOT)
    sys.argv = ["manage.py", *command]
    runpy.run_path("manage.py", run_name="__main__")
