"""The switch by which staff stop all calls, and let them through again."""

import structlog
from django.utils.crypto import get_random_string

from callbacks.core import clock
from callbacks.models import CallControl

log = structlog.get_logger(__name__)


def current() -> CallControl:
    """Return the one row; make it if it is missing."""
    return CallControl.objects.get_or_create(pk=1)[0]


def stop(by: str, note: str = "") -> bool:
    """Stops all calls. In: the name of who does it. Out: False when they were stopped already."""
    current()
    stopped = CallControl.objects.filter(pk=1, stopped_at=None).update(
        stopped_at=clock.now(), stopped_by=by[:150], stopped_note=note[:200]
    )
    if stopped:
        log.warning("calls_stopped", by_staff=bool(by))
    return bool(stopped)


def resume(by: str) -> bool:
    """Lets calls through again. Out: False when they were not stopped."""
    resumed = CallControl.objects.filter(pk=1, stopped_at__isnull=False).update(
        stopped_at=None, stopped_by="", stopped_note=""
    )
    if resumed:
        log.info("calls_resumed", by_staff=bool(by))
    return bool(resumed)


def restored() -> None:
    """A backup was restored: forms that were shown before may have been taken, and nobody knows.

    A mark and not a time, because no two clocks need agree on it.
    """
    current()
    CallControl.objects.filter(pk=1).update(restore_mark=get_random_string(16))
