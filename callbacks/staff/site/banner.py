"""The banner of each page: which call service is connected, and whether calls are running."""

from dataclasses import dataclass
from datetime import datetime

from callbacks.call_api import connected_service
from callbacks.dispatch import call_switch
from callbacks.models import CallControl, CircuitState
from callbacks.scheduling import pauses


@dataclass(frozen=True)
class Banner:
    """What the banner shows."""

    service: connected_service.Service
    # None while calls are not stopped. A stop without an end has no `stopped_until`.
    stopped_at: datetime | None
    stopped_until: datetime | None
    stopped_by: str
    stopped_note: str
    circuit_opened_at: datetime | None
    # A sentence. Empty while the circuit is closed.
    circuit_reason: str


def banner() -> Banner:
    """Return the banner. One query."""
    return banner_of(call_switch.current())


def banner_of(row: CallControl) -> Banner:
    """Return the banner for a row of the call control that is already read."""
    is_open = row.circuit != CircuitState.CLOSED
    return Banner(
        service=connected_service.connected(),
        stopped_at=row.stopped_at if pauses.is_stopped(row) else None,
        stopped_until=row.stopped_until,
        stopped_by=row.stopped_by,
        stopped_note=row.stopped_note,
        circuit_opened_at=row.opened_at if is_open else None,
        circuit_reason=row.get_opened_reason_display() if is_open else "",
    )
