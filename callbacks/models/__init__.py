"""The database tables, and the values that their columns may have.

Each file holds one table, or a few that belong together. Import all of them from here:
`from callbacks.models import CallRequest`. The rules are in the parts that write the tables, and a
model's docstring names its writer where there is one: `lifecycle` for `CallRequest.status`, for
example.

All other domain packages and every interface may import it. It imports `hours`, `contact` and
`core` only.
"""

from callbacks.models.alert import CIRCUIT_REASONS, Alert, AlertKind
from callbacks.models.api_key import ApiKey, Scope
from callbacks.models.attempt import Attempt, Outcome
from callbacks.models.audit import AuditEntry
from callbacks.models.block import Block, BlockKind
from callbacks.models.call_control import CallControl, CircuitState
from callbacks.models.call_outcome import CallOutcome, OutcomeStatus, RefusedReport
from callbacks.models.call_request import CallRequest
from callbacks.models.consent import ConsentEvent, ConsentProof, ConsentText
from callbacks.models.erasure import Erasure, ErasureCause
from callbacks.models.figures import HourlyFigures, HourlyTotal
from callbacks.models.idempotent_call import IdempotentCall
from callbacks.models.limit_hit import LimitHit
from callbacks.models.look import Look
from callbacks.models.move import Actor, Move
from callbacks.models.note import Note
from callbacks.models.open_period import OpenPeriod
from callbacks.models.outbox import (
    Channel,
    MailEvent,
    MessageKind,
    MessageState,
    OutboxMessage,
)
from callbacks.models.periodic_job import PeriodicJob
from callbacks.models.refusal import Refusal, RefusalKind
from callbacks.models.running_total import RunningTotal
from callbacks.models.status import Reason, Status
from callbacks.models.team_mail import TeamMailEvent, TeamMailRecipient
from callbacks.models.topic import Topic
from callbacks.models.webhook import WebhookEndpoint, WebhookEvent, WebhookSubscription
from callbacks.models.widget import ProofOfWork, Widget
from callbacks.models.widget_hours import WhenClosed
from callbacks.models.widget_text import WidgetText
from callbacks.models.worker_process import WorkerProcess

__all__ = [
    "CIRCUIT_REASONS",
    "Actor",
    "Alert",
    "AlertKind",
    "ApiKey",
    "Attempt",
    "AuditEntry",
    "Block",
    "BlockKind",
    "CallControl",
    "CallOutcome",
    "CallRequest",
    "Channel",
    "CircuitState",
    "ConsentEvent",
    "ConsentProof",
    "ConsentText",
    "Erasure",
    "ErasureCause",
    "HourlyFigures",
    "HourlyTotal",
    "IdempotentCall",
    "LimitHit",
    "Look",
    "MailEvent",
    "MessageKind",
    "MessageState",
    "Move",
    "Note",
    "OpenPeriod",
    "OutboxMessage",
    "Outcome",
    "OutcomeStatus",
    "PeriodicJob",
    "ProofOfWork",
    "Reason",
    "Refusal",
    "RefusalKind",
    "RefusedReport",
    "RunningTotal",
    "Scope",
    "Status",
    "TeamMailEvent",
    "TeamMailRecipient",
    "Topic",
    "WebhookEndpoint",
    "WebhookEvent",
    "WebhookSubscription",
    "WhenClosed",
    "Widget",
    "WidgetText",
    "WorkerProcess",
]
