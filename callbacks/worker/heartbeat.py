"""The workers' heartbeat: one row for each process that runs worker threads, renewed while it runs.

A process that ends deletes its row. A process that is killed leaves its row, which then expires.
"""

import os
import threading
from collections import Counter
from datetime import datetime, timedelta

import structlog
from django.conf import settings
from django.db import Error, close_old_connections, connection, transaction
from django.db.models import QuerySet, Sum

from callbacks import call_api
from callbacks.core import availability, clock, process_identity
from callbacks.models import WorkerProcess
from callbacks.stats import totals

log = structlog.get_logger(__name__)

EVERY_SECONDS = 15.0
# Three beats may be missed: a worker is not dead because its database is busy.
LASTS = timedelta(seconds=60)
FORGOTTEN_AFTER = timedelta(days=1)

_lock = threading.Lock()
_ended: threading.Event | None = None
_worker_threads: set[int] = set()  # the identifiers of those that have started and not ended


def beat() -> None:
    """Record that this process is alive now."""
    now = clock.now()
    WorkerProcess.objects.update_or_create(
        host=process_identity.host(),
        pid=os.getpid(),
        defaults={"seen_at": now, "threads": settings.WORKERS},
        create_defaults={"started_at": now, "seen_at": now, "threads": settings.WORKERS},
    )


def store_token_fetches() -> None:
    """Add the token fetches of this process to the running totals."""
    fetches = call_api.token_fetches()
    if counts := fetches.take():
        try:
            with transaction.atomic():
                totals.add(Counter({("token_fetches", key.value): n for key, n in counts.items()}))
        except Error:
            fetches.put_back(counts)
            raise


def alive(now: datetime) -> QuerySet[WorkerProcess]:
    """Return the processes that are alive at `now`.

    A row in the future is no sign of life: the clock was ahead when it was written.
    """
    return WorkerProcess.objects.filter(seen_at__gt=now - LASTS, seen_at__lte=now + clock.SLACK)


def threads_alive(now: datetime) -> int:
    """Return the number of worker threads in all living processes; 0 if none lives."""
    total: int = alive(now).aggregate(total=Sum("threads", default=0))["total"]
    return total


def forget_dead(now: datetime) -> None:
    """Delete the rows of processes that were killed long ago."""
    WorkerProcess.objects.filter(seen_at__lt=now - FORGOTTEN_AFTER).delete()


def start() -> None:
    """Start the heartbeat of this process, if it does not beat yet.

    Every worker thread calls this function when it starts.
    """
    global _ended
    with _lock:
        _worker_threads.add(threading.get_ident())
        if _ended is None:
            _ended = threading.Event()
            threading.Thread(target=_run, args=(_ended,), name="heartbeat", daemon=True).start()


def stop() -> None:
    """Stop the heartbeat and delete this process's row, if no other worker thread runs.

    Every worker thread calls this function when it ends. One of them may still wait for the answer
    to its call when the others have ended.
    """
    global _ended
    with _lock:
        _worker_threads.discard(threading.get_ident())
        if _worker_threads or _ended is None:
            return
        _ended.set()
        _ended = None
    try:
        WorkerProcess.objects.filter(host=process_identity.host(), pid=os.getpid()).delete()
        store_token_fetches()
    except Error:
        log.warning("heartbeat_left_behind")


def _run(ended: threading.Event) -> None:
    """Beat every `EVERY_SECONDS` seconds until `ended` is set."""
    while True:
        try:
            close_old_connections()
            beat()
            store_token_fetches()
        except Error as error:
            availability.database.failed(error)
        else:
            availability.database.recovered()
        if ended.wait(EVERY_SECONDS):
            break
    connection.close()
