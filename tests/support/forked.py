"""Run Python in a process of its own that has imported most packages already.

To start Python, import Django and what it needs takes 0.7 s of a processor. A fork of a process
that has done so takes none of it.
"""

import os
import runpy
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from multiprocessing import get_context
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
# None of these packages reads the environment, or a setting, when it is imported.
_starts = get_context("forkserver")
_starts.set_forkserver_preload(
    [
        *("django.core.management", "django.core.serializers.json", "django.forms", "environs"),
        *("structlog", "icalendar", "phonenumber_field.phonenumber", "requests", "psycopg.pq"),
        *("cryptography.fernet", "huey", "prometheus_client", "tests.support.forked"),
    ]
)


def manage(arguments: Sequence[str], variables: dict[str, str]) -> subprocess.CompletedProcess[str]:
    """Run a command of `manage.py` with these environment variables alone."""
    return _run(_manage, arguments, variables)


def python(program: str, variables: dict[str, str]) -> subprocess.CompletedProcess[str]:
    """Run a program, as `python -c` would, with these environment variables alone."""
    return _run(_python, [program], variables)


def _run(
    do: Callable[[Sequence[str]], None], arguments: Sequence[str], variables: dict[str, str]
) -> subprocess.CompletedProcess[str]:
    with tempfile.TemporaryDirectory() as folder:
        process = _starts.Process(target=_begin, args=(do, arguments, variables, folder))
        process.start()
        process.join()
        said = [(Path(folder) / name).read_text() for name in ("stdout", "stderr")]
    assert process.exitcode is not None
    return subprocess.CompletedProcess(arguments, process.exitcode, *said)


def _begin(
    do: Callable[[Sequence[str]], None],
    arguments: Sequence[str],
    variables: dict[str, str],
    folder: str,
) -> None:
    for number, name in ((1, "stdout"), (2, "stderr")):
        os.dup2(os.open(f"{folder}/{name}", os.O_WRONLY | os.O_CREAT), number)
    os.environ.clear()
    os.environ.update(variables)
    os.chdir(ROOT)
    do(arguments)


def _manage(arguments: Sequence[str]) -> None:
    sys.argv = ["manage.py", *arguments]
    runpy.run_path("manage.py", run_name="__main__")


def _python(arguments: Sequence[str]) -> None:
    sys.argv = ["-c"]
    exec(arguments[0], {"__name__": "__main__"})
