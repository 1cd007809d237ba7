"""The messages that wake a worker. They say "there is work", and nothing else.

The truth is the table of requests. A message that is lost, doubled, late or out of order does no
harm: housekeeping finds requests that got none. Huey supplies the threads, the storage and the
wait.
"""

import time
from collections.abc import Callable

from huey.contrib.djhuey import HUEY, db_task

from callbacks.core import availability
from callbacks.core.process_memory import Pause
from callbacks.dispatch import PlaceResult, place_next
from callbacks.worker import heartbeat

# One message costs about as much as a call's own statements, so one message serves many calls.
# After this time, the worker looks for messages of other kinds.
LONGEST_RUN_SECONDS = 10.0
# After a failure, no thread waits for the storage during this time. Housekeeping places the calls.
QUIET_SECONDS = 5.0

storage_pause = Pause(QUIET_SECONDS)


@db_task(name="work")  # type: ignore[untyped-decorator]
def work() -> None:
    """Place calls until nothing is due.

    After `LONGEST_RUN_SECONDS`, or when the process is told to end, it sends another message for
    the rest and returns once the call in hand is recorded. While the database is away it does
    nothing: housekeeping wakes the workers afterwards.
    """
    end = time.monotonic() + LONGEST_RUN_SECONDS
    with availability.database_may_be_away():
        while place_next() is PlaceResult.WORKED:
            if HUEY.is_ending or time.monotonic() > end:
                notify_workers()
                return


@HUEY.on_startup(name="heartbeat")  # type: ignore[untyped-decorator]
def begin_heartbeat() -> None:
    """Start the heartbeat, so that the site learns that there are workers.

    Huey calls it when a worker thread starts.
    """
    heartbeat.start()


@HUEY.on_shutdown(name="heartbeat")  # type: ignore[untyped-decorator]
def end_heartbeat() -> None:
    """Stop the heartbeat with the last worker thread. Huey calls it when a worker thread ends."""
    heartbeat.stop()


def notify_workers(messages: int = 1) -> bool:
    """Tell the workers that there is work. Never raise.

    Call it after the commit. Return False if the storage could not be reached: the call is then
    placed some seconds later, by housekeeping.
    """
    return send(work, messages)


def send(task: Callable[[], object], messages: int = 1) -> bool:
    """Send this number of messages for `task`. Return False if the storage could not be reached."""

    def put() -> None:
        for _ in range(messages):
            task()

    try:
        _reach(put)
    except Exception:
        return False
    return True


def waiting() -> int:
    """Return how many messages wait. Raise what the storage raises."""
    size: int = _reach(HUEY.pending_count)
    return size


def _reach[T](do: Callable[[], T]) -> T:
    """Return what `do` returns, and note whether the storage answered.

    Raises:
        ConnectionError: the storage was away less than `QUIET_SECONDS` ago, so it was not asked.
        Exception: what `do` raised; each storage has errors of its own.
    """
    if storage_pause.is_on:
        raise ConnectionError("the queue's storage was away a moment ago")
    try:
        answer = do()
    except Exception as error:
        storage_pause.begin()
        availability.queue_storage.failed(error)
        raise
    availability.queue_storage.recovered()
    return answer
