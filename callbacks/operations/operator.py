"""Who runs the command, and whether calls are running, in sentences for that person."""

import getpass
import os
from datetime import datetime

from django.utils import timezone

from callbacks.dispatch import call_switch
from callbacks.models import CircuitState
from callbacks.scheduling import pauses


def name() -> str:
    """Return the user name of the operating system. A container may know only its number."""
    try:
        return getpass.getuser()
    except (OSError, KeyError):
        return f"uid {os.getuid()}"


def calling() -> list[str]:
    """Return sentences that say whether calls are running, and if not, since when and why."""
    row = call_switch.current()
    sentences = []
    if row.stopped_at is not None and pauses.is_stopped(row):
        since = _shown(row.stopped_at)
        note = f" ({row.stopped_note})" if row.stopped_note else ""
        sentences.append(f"All calls have been stopped since {since} by {row.stopped_by}{note}.")
        if row.stopped_until is not None:
            sentences.append(f"They resume automatically at {_shown(row.stopped_until)}.")
    elif row.circuit == CircuitState.CLOSED:
        sentences.append("Calls are running.")
    if row.circuit != CircuitState.CLOSED:
        sentences.append(
            f"Calls are paused automatically ({row.get_opened_reason_display()}). They resume "
            "automatically once the call service works again."
        )
    return sentences


def _shown(moment: datetime) -> str:
    return timezone.localtime(moment).strftime("%Y-%m-%d %H:%M:%S %Z")
