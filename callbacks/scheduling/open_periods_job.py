"""Write the open periods of the next day, once a day, for all widgets with opening hours."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import islice
from zoneinfo import ZoneInfoNotFoundError

import structlog
from django.db.models import F

from callbacks.core import clock
from callbacks.models import PeriodicJob, Widget
from callbacks.scheduling import open_periods

log = structlog.get_logger(__name__)

JOB = "open_periods"
EVERY = timedelta(days=1)
BATCH = 50
"""The most widgets that one round of housekeeping renews, because it has other work to do."""


def renew(now: datetime) -> int:
    """Renew the open periods of widgets, and return of how many.

    The widget whose rows end soonest comes first. After `BATCH` widgets, the next round goes on. If
    two processes do this at once, they write the same rows.
    """
    job, _ = PeriodicJob.objects.get_or_create(name=JOB, defaults={"until": now})
    if clock.is_ahead(job.until, now, EVERY):
        return 0
    job.until, job.last_run_at = now + EVERY, now
    job.save()
    # Those that fail do not count, or they would keep others from their turn.
    renewed = sum(islice((1 for widget in _due(now) if _renew(widget, now)), BATCH))
    if renewed == BATCH:
        job.until = now
        job.save()
    return renewed


def _due(now: datetime) -> Iterator[Widget]:
    """Yield the widgets whose open periods end earlier or later than they should.

    The widget whose rows end soonest comes first. Rows end too late if they were written while the
    clock was ahead.
    """
    soonest = F("open_periods_until").asc(nulls_first=True)
    with_hours = Widget.objects.filter(has_hours=True).order_by(soonest, "pk")
    return (widget for widget in with_hours if _is_due(widget, now))


def _is_due(widget: Widget, now: datetime) -> bool:
    try:
        return widget.open_periods_until != open_periods.until_when(widget, now)
    except ZoneInfoNotFoundError:
        return True


def _renew(widget: Widget, now: datetime) -> bool:
    """Renew the open periods of one widget. If that fails, the others are renewed all the same."""
    try:
        open_periods.replace(widget, now)
    except Exception:
        log.exception("open_periods_not_renewed", widget=widget.public_id)
        return False
    return True
