"""Which process does the housekeeping: one at a time, named in the database."""

from datetime import timedelta

from django.db.models import Q

from callbacks.core import clock
from callbacks.models import PeriodicJob

NAME = "housekeeping"
LOCKED_FOR = timedelta(seconds=10)


def take_job(holder: str) -> bool:
    """Return whether `holder` may do the housekeeping now.

    `holder` takes the job if it is free. If `holder` has the job, it renews it once half of
    `LOCKED_FOR` has passed.
    """
    now = clock.now()
    half = LOCKED_FOR / 2
    more_than_half_is_left = clock.ahead("until", now + half, half)
    held = PeriodicJob.objects.filter(more_than_half_is_left, name=NAME, locked_by=holder)
    if held.exists():
        return True
    _, created = PeriodicJob.objects.get_or_create(
        name=NAME, defaults={"locked_by": holder, "until": now + LOCKED_FOR}
    )
    taken = created or (
        PeriodicJob.objects.filter(name=NAME)
        .filter(Q(locked_by=holder) | ~clock.ahead("until", now, LOCKED_FOR))
        .update(locked_by=holder, until=now + LOCKED_FOR, last_run_at=now)
    )
    return bool(taken)


def release_job(holder: str) -> None:
    """Give the job back, so that another process does not have to wait until it expires."""
    PeriodicJob.objects.filter(name=NAME, locked_by=holder).update(until=clock.now())
