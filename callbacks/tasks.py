"""What wakes a worker. A message says "there is work", and nothing else.

The truth is the request table: a message that is lost, doubled, late or out of order does no
harm, and the sweep finds rows that got none. Huey brings the threads, the storage and the wait.
"""

import time
from collections.abc import Callable

from huey.contrib.djhuey import HUEY, db_task

from callbacks import outage

# After a failure nobody waits for the storage again for so long; the sweep places the calls.
QUIET_SECONDS = 5.0

_quiet_until = 0.0


@db_task(name="work")  # type: ignore[untyped-decorator]
def work() -> None:
    """One turn of a worker. Where it found work, there may be more: it says so.

    While the database is away there is nothing to do: the sweep wakes the workers afterwards.
    """
    from callbacks.dispatch import Turn, place_next

    turn = Turn.IDLE
    with outage.database_may_be_away():
        turn = place_next()
    if turn is Turn.WORKED:
        wake()


@db_task(name="tell_staff")  # type: ignore[untyped-decorator]
def tell_staff() -> None:
    """Sends the alerts that nobody has been told of yet."""
    from callbacks import alerts

    with outage.database_may_be_away():
        alerts.tell_all()


def wake(messages: int = 1) -> bool:
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
        outage.queue_storage.goes_on(error)
        raise
    outage.queue_storage.is_over()
    return answer
