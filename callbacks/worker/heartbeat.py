"""The workers' heartbeat: a row for each process that runs worker threads, renewed as it runs.

Kept in the table of leases, under `worker:HOST:PID`. A process that ends takes its row away; one
that is killed leaves it, and then it is out of date.
"""

import os
import socket
import threading
from datetime import datetime, timedelta

import structlog
from django.db import Error, close_old_connections, connection
from django.db.models import QuerySet

from callbacks.core import availability, clock
from callbacks.models import Lease

log = structlog.get_logger(__name__)

EVERY_SECONDS = 15.0
# Three beats may be missed: a database that is busy is not a worker that is dead.
LASTS = timedelta(seconds=60)
FORGOTTEN_AFTER = timedelta(days=1)
PREFIX = "worker:"

_lock = threading.Lock()
_ended: threading.Event | None = None


def name() -> str:
    """This process's row."""
    return f"{PREFIX}{socket.gethostname()}:{os.getpid()}"


def beat() -> None:
    """Says that this process is alive."""
    now = clock.now()
    Lease.objects.update_or_create(
        name=name(),
        defaults={"holder": socket.gethostname(), "until": now + LASTS, "done_at": now},
    )


def alive(now: datetime) -> QuerySet[Lease]:
    """The rows of the processes that are alive at `now`."""
    return Lease.objects.filter(clock.ahead("until", now, LASTS), name__startswith=PREFIX)


def forget_dead(now: datetime) -> None:
    """Deletes the rows of processes that were killed long ago."""
    Lease.objects.filter(name__startswith=PREFIX, until__lt=now - FORGOTTEN_AFTER).delete()


def start() -> None:
    """Begins to beat, once a process however often it is called: each worker thread does."""
    global _ended
    with _lock:
        if _ended is None:
            _ended = threading.Event()
            threading.Thread(target=_run, args=(_ended,), name="heartbeat", daemon=True).start()


def stop() -> None:
    """Ends it, and takes the row away."""
    global _ended
    with _lock:
        if _ended is None:
            return
        _ended.set()
        _ended = None
    try:
        Lease.objects.filter(name=name()).delete()
    except Error:
        log.warning("heartbeat_left_behind")


def _run(ended: threading.Event) -> None:
    while True:
        try:
            close_old_connections()
            beat()
        except Error as error:
            availability.database.failed(error)
        else:
            availability.database.recovered()
        if ended.wait(EVERY_SECONDS):
            break
    connection.close()
