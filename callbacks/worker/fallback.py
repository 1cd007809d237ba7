"""The fallback: the housekeeping process places calls itself when no worker does.

That happens in two cases. The queue is unavailable, so no worker can be woken; or workers were
woken and none comes, because all are dead or listen to another storage. The fallback places calls
in the same way as a worker, so pacing, the circuit breaker and *never twice* hold as always.
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
from callbacks.worker.housekeeping import HousekeepingReport

log = structlog.get_logger(__name__)

# Simultaneous calls: enough to keep up with a widget's visitors, few enough for a small machine.
THREADS = 4
# Calls are ready and workers were woken, but no attempt begins for this long: no worker is coming.
NOBODY_COMES_SECONDS = 5.0


class Fallback:
    """Places calls in threads of its own, after each round of housekeeping that shows the need."""

    def __init__(self) -> None:
        self._pool = ThreadPoolExecutor(THREADS, thread_name_prefix="fallback")
        self._at_work: list[Future[None]] = []
        self._is_ending = threading.Event()
        self._last_attempt: int | None = None
        self._waited_since = time.monotonic()

    def look_at(self, report: HousekeepingReport) -> None:
        """Start to place what is ready, if no worker does. Return at once."""
        self._at_work = [work for work in self._at_work if not work.done()]
        calls = report.unwoken or (report.ready if self._nobody_comes(report) else 0)
        for _ in range(calls):
            self._start(_place)

    def end(self) -> None:
        """Return once the calls in hand are recorded. Begin no other call."""
        self._is_ending.set()
        self._pool.shutdown()

    def _nobody_comes(self, report: HousekeepingReport) -> bool:
        """Return whether calls have been ready for too long without a new attempt."""
        now = time.monotonic()
        if not report.ready:
            self._waited_since = now
            return False
        latest = Attempt.objects.order_by("-pk").values_list("pk", flat=True).first()
        if latest != self._last_attempt:
            self._last_attempt, self._waited_since = latest, now
        return now - self._waited_since > NOBODY_COMES_SECONDS

    def _start(self, job: Callable[[], bool]) -> None:
        """Run `job` in a thread of the pool, unless all threads are busy."""
        if len(self._at_work) < THREADS:
            self._at_work.append(self._pool.submit(self._work, job))

    def _work(self, job: Callable[[], bool]) -> None:
        """Run `job` again and again while it returns True: more may be due then."""
        close_old_connections()
        try:
            with availability.database_may_be_away():
                while not self._is_ending.is_set() and job():
                    pass
        except Exception:
            log.exception("fallback_failed")
        finally:
            close_old_connections()


def _place() -> bool:
    """Place one call. Return True if more may be due."""
    return place_next() is PlaceResult.WORKED
