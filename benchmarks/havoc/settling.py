"""Wait until all requests of a chaos run are over."""

import time
from collections.abc import Iterable

from django.db import DatabaseError, InterfaceError, connection

from benchmarks.havoc.clocks import real_monotonic
from benchmarks.havoc.world import World
from callbacks.core import clock
from callbacks.models import CallRequest, Status


def settle(world: World, patience_minutes: int, widgets: Iterable[str]) -> list[str]:
    """Wait until every request of these widgets is over; return a sentence for each that is not."""
    end = real_monotonic() + 60 * (patience_minutes + 1)
    unfinished = CallRequest.objects.filter(
        widget__public_id__in=list(widgets), status__in=[Status.QUEUED, Status.CALLING]
    )
    while real_monotonic() < end:
        world.restart_what_ended()
        try:
            if not unfinished.exists():
                return []
        except (DatabaseError, InterfaceError):
            connection.close()
        time.sleep(0.5)
    now = clock.now()
    return [
        f"#{pk} was not over in time: {status}, due in {due_at - now}"
        for pk, status, due_at in unfinished.values_list("pk", "status", "due_at")
    ]
