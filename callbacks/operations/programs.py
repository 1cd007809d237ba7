"""The processes that make up the site, and the sign by which each is known to serve."""

import http.client
import os
import sys
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlsplit

import gunicorn
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.core.management import call_command
from django.db import Error
from huey.contrib.djhuey import HUEY

from callback_site import gunicorn_alone
from callback_site.durability import refuse_at_start
from callback_site.transaction_settings import no_statement_timeout
from callbacks.core import clock, process_identity
from callbacks.models import PeriodicJob
from callbacks.operations.process import Program
from callbacks.worker import housekeeping_job, tasks

# The only variables of our environment that the sandbox and the shop get. They are no part of the
# site.
SANDBOX_NEEDS = ("PATH", "LANG", "PYTHONUTF8", "PYTHONUNBUFFERED")
# Slightly longer than both processes wait for the calls in hand. In seconds.
_FINISHES_CALLS = settings.LONGEST_PLACING_SECONDS + 5
_OPTIONS = ("--config", "deploy/gunicorn.conf.py")  # of gunicorn
READY, HEALTHY = "/readyz", "/sandbox/healthz"


def web(log: Path | None = None) -> Program:
    """Return the web process, gunicorn. It serves once `/readyz` says so."""
    host = {"0.0.0.0": "127.0.0.1", "::": "::1", "": "127.0.0.1"}.get(  # noqa: S104
        settings.BIND, settings.BIND
    )
    return Program(
        "web",
        [sys.executable, "-m", "gunicorn", *_OPTIONS],
        lambda _pid: _lacks_answer(
            host, settings.PORT, READY, urlsplit(settings.PUBLIC_URL).netloc
        ),
        log=log,
        run=_in_fork(_gunicorn, log),
    )


def worker(log: Path | None = None) -> Program:
    """Return the worker process, Huey's consumer. It serves once it has taken a message of ours."""
    return Program(
        "worker",
        _manage("run_huey"),
        _lacks_taken_message(),
        log=log,
        ends_in=_FINISHES_CALLS,
        run=_in_fork(lambda: _command("run_huey"), log),
    )


def housekeeping(log: Path | None = None) -> Program:
    """Return the housekeeping process.

    It serves once it does the job, or stands by because another machine does.
    """
    return Program(
        "housekeeping",
        _manage("run_housekeeping"),
        _lacks_job,
        log=log,
        ends_in=_FINISHES_CALLS,
        run=_in_fork(lambda: _command("run_housekeeping"), log),
    )


def sandbox(port: int, client_id: str, client_secret: str, log: Path) -> Program:
    """Return the sandbox, which stands in for the call service.

    Its secret is passed in its environment, because other users can read a command line.
    """
    command = ["-m", "callbacks.sandbox", "--port", str(port), "--client-id", client_id]
    return Program(
        "sandbox",
        [sys.executable, *command],
        lambda _pid: _lacks_answer("127.0.0.1", port, HEALTHY, f"127.0.0.1:{port}"),
        environment={name: os.environ[name] for name in SANDBOX_NEEDS if name in os.environ}
        | {"SANDBOX_CLIENT_SECRET": client_secret},
        log=log,
    )


def shop(port: int, widget: str, log: Path) -> Program:
    """Return the demo's shop: a web site of another company that shows the widget."""
    options = ["--port", str(port), "--site", settings.PUBLIC_URL, "--widget", widget]
    return Program(
        "shop",
        [sys.executable, "deploy/shop.py", *options],
        lambda _pid: _lacks_answer("127.0.0.1", port, "/", f"shop.localhost:{port}"),
        environment={name: os.environ[name] for name in SANDBOX_NEEDS if name in os.environ},
        log=log,
    )


def _manage(command: str) -> list[str]:
    """Return the command line of a `manage.py` command."""
    return [sys.executable, "manage.py", command]


def _in_fork(run: Callable[[], None], log: Path | None) -> Callable[[], None] | None:
    """Return the function that runs a program of ours in a fork; None if it must be no fork.

    Sentry and OpenTelemetry send from threads, which a fork does not have. So does a captured log
    have a thread that reads it.
    """
    reports = settings.SENTRY_DSN or settings.OTEL_EXPORTER_OTLP_ENDPOINT
    return None if log or reports else run


def _gunicorn() -> None:
    """Be the web process, without gunicorn's master if one process serves."""
    # gunicorn reads the options, and starts itself with them again if it is told to (SIGUSR2).
    sys.argv = [str(Path(gunicorn.__file__).with_name("__main__.py")), *_OPTIONS]
    gunicorn_alone.Application(prog="gunicorn").run()


def _command(name: str) -> None:
    """Be the process of a `manage.py` command. The checks were run before the first start."""
    sys.argv = ["manage.py", name]  # Huey starts itself with them again if it is told to (SIGHUP)
    try:
        refuse_at_start()
        with no_statement_timeout():
            call_command(name)
    except ImproperlyConfigured as error:
        sys.exit(f"Cannot start: {error}")


def _lacks_answer(host: str, port: int, path: str, host_header: str) -> str:
    """Return what is missing until `path` is answered with status 200, or ""."""
    connection = http.client.HTTPConnection(host, port, timeout=2)
    try:
        connection.request("GET", path, headers={"Host": host_header})
        answer = connection.getresponse()
        if answer.status == http.HTTPStatus.OK:
            return ""
        # The first line is the result; the others are details.
        words = answer.read(200).decode(errors="replace").strip().partition("\n")[0]
        return f"{path} answered {answer.status} {words}"
    except (OSError, http.client.HTTPException):
        return f"no answer on port {port} yet"
    finally:
        connection.close()


def _lacks_taken_message() -> Callable[[int], str]:
    """Return a function that sends one message and then says whether a worker has taken it."""
    at_first: list[int] = []

    def lacks(_pid: int) -> str:
        try:
            if not at_first:
                if not tasks.notify_workers():
                    return "the queue is unavailable"
                at_first.append(tasks.waiting())
            left = tasks.waiting()
        except Exception:  # each storage has errors of its own
            return "the queue is unavailable"
        if left and left >= at_first[0]:
            return "has not taken a message yet"
        HUEY.storage.close()
        return ""

    return lacks


def _lacks_job(pid: int) -> str:
    """Return what is missing until this process, or another machine, does the housekeeping."""
    try:
        job = PeriodicJob.objects.filter(
            clock.ahead("until", clock.now(), housekeeping_job.LOCKED_FOR),
            name=housekeeping_job.NAME,
        ).first()
    except Error:
        return "the database is unavailable"
    mine, here = process_identity.process_name(pid), process_identity.host()
    if job and (job.locked_by == mine or not job.locked_by.startswith(f"{here}:")):
        return ""
    return "has not begun yet"
