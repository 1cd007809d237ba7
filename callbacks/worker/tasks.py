"""What wakes a worker. A message says "there is work", and nothing else.

The truth is the request table: a message that is lost, doubled, late or out of order does no
harm, and housekeeping finds rows that got none. Huey brings the threads, the storage and the wait.
"""

import time
from collections.abc import Callable

from huey.contrib.djhuey import HUEY, db_task

from callbacks.core import availability

# A message costs about as much as a call's own statements: one is sent for many calls. Now and then
# it is the turn of messages that say something else.
LONGEST_RUN_SECONDS = 10.0
# After a failure nobody waits for the storage again for so long; housekeeping places the calls.
QUIET_SECONDS = 5.0

_quiet_until = 0.0


@db_task(name="work")  # type: ignore[untyped-decorator]
def work() -> None:
    """Places calls until nothing is due. After a while it leaves the rest to another message; and
    after the call in hand when the process is told to end.

    While the database is away there is nothing to do: housekeeping wakes the workers afterwards.
    """
    from callbacks.dispatch import PlaceResult, place_next

    end = time.monotonic() + LONGEST_RUN_SECONDS
    with availability.database_may_be_away():
        while place_next() is PlaceResult.WORKED:
            if HUEY.is_ending or time.monotonic() > end:
                notify_workers()
                return


@db_task(name="tell_staff")  # type: ignore[untyped-decorator]
def tell_staff() -> None:
    """Sends the alerts that nobody has been told of yet."""
    from callbacks.notifications import alerts

    with availability.database_may_be_away():
        alerts.tell_all()


@HUEY.on_startup(name="heartbeat")  # type: ignore[untyped-decorator]
def begin_heartbeat() -> None:
    """Each worker thread calls it when it starts; the site learns that there are workers."""
    from callbacks.worker import heartbeat

    heartbeat.start()


@HUEY.on_shutdown(name="heartbeat")  # type: ignore[untyped-decorator]
def end_heartbeat() -> None:
    from callbacks.worker import heartbeat

    heartbeat.stop()


def notify_workers(messages: int = 1) -> bool:
    """Tells the workers that there is work; never raises.

    To be called after the commit. Out: False when the storage could not be reached, which costs
    seconds and not the call.
    """
    return send(work, messages)


def send(task: Callable[[], object], messages: int = 1) -> bool:
    """Puts so many messages for `task` into the storage; False when it could not be reached."""

    def put() -> None:
        for _ in range(messages):
            task()

    try:
        _reach(put)
    except Exception:
        return False
    return True


def waiting() -> int:
    """How many messages wait; raises what the storage raises."""
    size: int = _reach(HUEY.pending_count)
    return size


def _reach[T](do: Callable[[], T]) -> T:
    """What `do` gives, unless the storage is away or was so a moment ago."""
    global _quiet_until
    if time.monotonic() < _quiet_until:
        raise ConnectionError("the queue's storage was away a moment ago")
    try:
        answer = do()
    except Exception as error:
        _quiet_until = time.monotonic() + QUIET_SECONDS
        availability.queue_storage.failed(error)
        raise
    availability.queue_storage.recovered()
    return answer
