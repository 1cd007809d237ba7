"""What stands on every page of the admin: which service is connected, and whether calls flow."""

from dataclasses import dataclass
from datetime import datetime

from callbacks.call_api import connected_service
from callbacks.dispatch import call_switch
from callbacks.models import CallControl, CircuitState


@dataclass(frozen=True)
class Banner:
    service: connected_service.Service
    stopped_at: datetime | None
    stopped_by: str
    stopped_note: str
    circuit_opened_at: datetime | None
    # A sentence; empty while the circuit is closed.
    circuit_reason: str


def banner() -> Banner:
    """One query."""
    return banner_of(call_switch.current())


def banner_of(row: CallControl) -> Banner:
    is_open = row.circuit != CircuitState.CLOSED
    return Banner(
        service=connected_service.connected(),
        stopped_at=row.stopped_at,
        stopped_by=row.stopped_by,
        stopped_note=row.stopped_note,
        circuit_opened_at=row.opened_at if is_open else None,
        circuit_reason=row.get_opened_reason_display() if is_open else "",
    )
