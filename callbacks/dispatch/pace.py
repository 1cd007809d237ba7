"""How many calls may start: `PACE_CALLS` in any `PACE_SECONDS`, over all workers and machines.

Counted from the attempts themselves, under a lock, and so exact.
"""

from datetime import datetime, timedelta

from django.conf import settings

from callbacks import db
from callbacks.models import Attempt


def is_on() -> bool:
    return settings.PACE_CALLS > 0


def lock() -> None:
    """Lets one claim at a time count and start. Inside the claim's transaction."""
    if is_on():
        db.lock(["pace"])


def room(now: datetime) -> int | None:
    """How many calls may start at `now`; None when there is no limit."""
    if not is_on():
        return None
    since = now - timedelta(seconds=settings.PACE_SECONDS)
    started = Attempt.objects.filter(started_at__gt=since).count()
    return max(settings.PACE_CALLS - started, 0)
