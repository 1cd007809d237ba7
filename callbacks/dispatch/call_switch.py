"""The switch by which staff stop all calls and resume them."""

from datetime import datetime

import structlog
from django.db.models import Q
from django.utils.crypto import get_random_string

from callbacks.core import clock
from callbacks.models import CallControl

log = structlog.get_logger(__name__)


def current() -> CallControl:
    """Return the only row of `CallControl`. Create it if it is missing."""
    return CallControl.objects.get_or_create(pk=1)[0]


def stop(by: str, note: str = "", until: datetime | None = None) -> bool:
    """Stop all calls. `by` is the name of the person; return False if they were stopped already.

    At `until`, calls resume by themselves.
    """
    current()
    now = clock.now()
    stopped = CallControl.objects.filter(
        Q(stopped_at=None) | Q(stopped_until__lte=now), pk=1
    ).update(stopped_at=now, stopped_until=until, stopped_by=by[:150], stopped_note=note[:200])
    if stopped:
        log.warning("calls_stopped", by_staff=bool(by))
    return bool(stopped)


def resume(by: str) -> bool:
    """Resume calls. `by` is the name of the person; return False if calls were not stopped."""
    is_over = Q(stopped_until__isnull=False, stopped_until__lte=clock.now())
    resumed = CallControl.objects.filter(~is_over, pk=1, stopped_at__isnull=False).update(
        stopped_at=None, stopped_until=None, stopped_by="", stopped_note=""
    )
    if resumed:
        log.info("calls_resumed", by_staff=bool(by))
    return bool(resumed)


def note_restore() -> None:
    """Note that a backup was restored, by a new random mark.

    Requests made after the backup are gone from the database. A form shown before the restore may
    have led to one of them, and nobody can know. A mark is compared, and not a time, because the
    clocks of two machines need not agree.
    """
    current()
    CallControl.objects.filter(pk=1).update(restore_mark=get_random_string(16))
