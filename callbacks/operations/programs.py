"""The processes that the site consists of, and by which sign each is known to serve."""

import http.client
import os
import socket
import sys
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlsplit

from django.conf import settings
from django.db import Error
from huey.contrib.djhuey import HUEY

from callbacks.core import clock
from callbacks.models import Lease
from callbacks.operations.process import Program
from callbacks.worker import housekeeping, tasks

# All that the sandbox and the shop, which are no part of the site, get of our environment.
SANDBOX_NEEDS = ("PATH", "LANG", "PYTHONUTF8", "PYTHONUNBUFFERED")
# A little longer than both wait for the calls in hand.
_FINISHES_CALLS = settings.LONGEST_TURN_SECONDS + 5
READY, HEALTHY = "/readyz", "/sandbox/healthz"


def web(log: Path | None = None) -> Program:
    """gunicorn. It serves once `/readyz` says so."""
    host = {"0.0.0.0": "127.0.0.1", "::": "::1", "": "127.0.0.1"}.get(  # noqa: S104
        settings.BIND, settings.BIND
    )
    return Program(
        "web",
        [sys.executable, "-m", "gunicorn", "--config", "deploy/gunicorn.conf.py"],
        lambda _pid: _lacks_answer(
            host, settings.PORT, READY, urlsplit(settings.PUBLIC_URL).netloc
        ),
        log=log,
    )


def worker(log: Path | None = None) -> Program:
    """Huey's consumer. It serves once it has taken a message that we sent."""
    return Program(
        "worker", _manage("run_huey"), _lacks_taken_message(), log=log, ends_in=_FINISHES_CALLS
    )


def sweeper(log: Path | None = None) -> Program:
    """The sweep. It serves once it holds its lease, or stands by for another machine's."""
    return Program("sweep", _manage("run_sweep"), _lacks_lease, log=log, ends_in=_FINISHES_CALLS)


def sandbox(port: int, client_id: str, client_secret: str, log: Path) -> Program:
    """The stand-in for the call service; its secret travels in its environment."""
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
    """The demo's shop, a site of somebody else's that shows the widget."""
    options = ["--port", str(port), "--site", settings.PUBLIC_URL, "--widget", widget]
    return Program(
        "shop",
        [sys.executable, "deploy/shop.py", *options],
        lambda _pid: _lacks_answer("127.0.0.1", port, "/", f"shop.localhost:{port}"),
        environment={name: os.environ[name] for name in SANDBOX_NEEDS if name in os.environ},
        log=log,
    )


def sweep_holder(pid: int) -> str:
    """The name under which the process `pid` of this machine holds the sweep's lease."""
    return f"{socket.gethostname()}:{pid}"


def _manage(command: str) -> list[str]:
    return [sys.executable, "manage.py", command]


def _lacks_answer(host: str, port: int, path: str, host_header: str) -> str:
    connection = http.client.HTTPConnection(host, port, timeout=2)
    try:
        connection.request("GET", path, headers={"Host": host_header})
        answer = connection.getresponse()
        if answer.status == http.HTTPStatus.OK:
            return ""
        words = answer.read(100).decode(errors="replace").strip()
        return f"{path} answered {answer.status} {words}"
    except (OSError, http.client.HTTPException):
        return f"no answer on port {port} yet"
    finally:
        connection.close()


def _lacks_taken_message() -> Callable[[int], str]:
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


def _lacks_lease(pid: int) -> str:
    try:
        lease = Lease.objects.filter(
            clock.ahead("until", clock.now(), housekeeping.LEASE_TIME), name=housekeeping.LEASE
        ).first()
    except Error:
        return "the database is unavailable"
    here, _, _ = sweep_holder(pid).rpartition(":")
    if lease and (lease.holder == sweep_holder(pid) or not lease.holder.startswith(f"{here}:")):
        return ""
    return "has not begun yet"
