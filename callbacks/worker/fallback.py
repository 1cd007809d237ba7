"""The fallback: the housekeeping process places calls by itself when nobody else does.

That is so while the queue is unavailable and no worker can be woken, and when workers that
were woken don't come (all are dead, or listen to another storage). It takes its turns as a worker
does, so that pacing, the circuit and *never twice* hold as always.
"""

import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor

import structlog
from django.db import close_old_connections

from callbacks.core import availability
from callbacks.dispatch import PlaceResult, place_next
from callbacks.models import Attempt
from callbacks.notifications import alerts
from callbacks.worker.housekeeping import HousekeepingReport

log = structlog.get_logger(__name__)

# Calls at once: enough to keep up with a widget's visitors, few enough for a small machine.
THREADS = 4
# Ready calls of which none is begun for so long, although workers were woken: nobody comes.
NOBODY_COMES_SECONDS = 5.0


class Fallback:
    """Looks at what each round of housekeeping found, and works in threads of its own."""

    def __init__(self) -> None:
        self._pool = ThreadPoolExecutor(THREADS, thread_name_prefix="fallback")
        self._at_work: list[Future[None]] = []
        self._is_ending = threading.Event()
        self._last_attempt: int | None = None
        self._waited_since = time.monotonic()

    def look_at(self, report: HousekeepingReport) -> None:
        """Starts placing what is ready, if nobody else does; returns at once."""
        self._at_work = [work for work in self._at_work if not work.done()]
        if report.untold:
            self._start(_tell_staff)
        calls = report.unwoken or (report.ready if self._nobody_comes(report) else 0)
        for _ in range(calls):
            self._start(_place)

    def end(self) -> None:
        """Returns once the calls in hand are recorded; begins no other."""
        self._is_ending.set()
        self._pool.shutdown()

    def _nobody_comes(self, report: HousekeepingReport) -> bool:
        now = time.monotonic()
        if not report.ready:
            self._waited_since = now
            return False
        latest = Attempt.objects.order_by("-pk").values_list("pk", flat=True).first()
        if latest != self._last_attempt:
            self._last_attempt, self._waited_since = latest, now
        return now - self._waited_since > NOBODY_COMES_SECONDS

    def _start(self, turn: Callable[[], bool]) -> None:
        if len(self._at_work) < THREADS:
            self._at_work.append(self._pool.submit(self._work, turn))

    def _work(self, turn: Callable[[], bool]) -> None:
        """Takes turns while each says that there may be more to do."""
        close_old_connections()
        try:
            with availability.database_may_be_away():
                while not self._is_ending.is_set() and turn():
                    pass
        except Exception:
            log.exception("fallback_failed")
        finally:
            close_old_connections()


def _place() -> bool:
    return place_next() is PlaceResult.WORKED


def _tell_staff() -> bool:
    alerts.tell_all()
    return False
