"""The tables. Rules live in the modules that are named after them, not here."""

from callbacks.models.alert import Alert, AlertKind
from callbacks.models.attempt import Attempt, Outcome
from callbacks.models.call_request import CallRequest, Reason, Status
from callbacks.models.gate import CircuitReason, CircuitState, Gate
from callbacks.models.lease import Lease
from callbacks.models.limit_hit import LimitHit
from callbacks.models.move import Actor, Move
from callbacks.models.widget import Widget, WidgetText

__all__ = [
    "Actor",
    "Alert",
    "AlertKind",
    "Attempt",
    "CallRequest",
    "CircuitReason",
    "CircuitState",
    "Gate",
    "Lease",
    "LimitHit",
    "Move",
    "Outcome",
    "Reason",
    "Status",
    "Widget",
    "WidgetText",
]
